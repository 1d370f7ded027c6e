;; golden
(module
  (import "env" "memory" (memory 1))
  ;; shuffle[n=10]: 10 -> 10
  (func $shuffle10
    (export "shuffle10")
    ;; x: input [batch, 10]
    (param $x i32)
    ;; y: output [batch, 10]
    (param $y i32)
    (param $batch i32)
    (local $tile i32)
    (local $rows i32)
    (local $i i32)
    (local $row i32)
    (local.set $tile (i32.const 0))
    (if
      (i32.lt_s (local.get $tile) (local.get $batch))
      (then
        (loop $tile.next
          (local.set $rows
            (select
              (i32.const 8)
              (i32.sub (local.get $batch) (local.get $tile))
              (i32.lt_s (i32.const 8) (i32.sub (local.get $batch) (local.get $tile)))))
          ;; y = x, reordered
          (local.set $i (i32.const 0))
          (loop $i.next
            (local.set $row (i32.const 0))
            (if
              (i32.lt_s (local.get $row) (local.get $rows))
              (then
                (loop $row.next
                  (f32.store
                    (i32.add
                      (i32.add
                        (i32.add (local.get $y) (i32.mul (local.get $tile) (i32.const 40)))
                        (i32.mul (local.get $row) (i32.const 40)))
                      (i32.shl (local.get $i) (i32.const 2)))
                    (f32.load
                      (i32.add
                        (i32.add
                          (i32.add
                            (i32.add
                              (i32.add (local.get $x) (i32.mul (local.get $tile) (i32.const 40)))
                              (i32.mul (local.get $row) (i32.const 40)))
                            (i32.mul
                              (i32.rem_u (i32.add (local.get $i) (i32.const 3)) (i32.const 5))
                              (i32.const -8)))
                          (i32.mul
                            (i32.div_u (i32.add (local.get $i) (i32.const 3)) (i32.const 5))
                            (i32.const -4)))
                        (i32.const 36))))
                  (br_if $row.next
                    (i32.lt_s
                      (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                      (local.get $rows))))))
            (br_if $i.next
              (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 7))))
          ;; y = x, reordered
          (local.set $i (i32.const 0))
          (loop $i_1.next
            (local.set $row (i32.const 0))
            (if
              (i32.lt_s (local.get $row) (local.get $rows))
              (then
                (loop $row_1.next
                  (f32.store offset=28
                    (i32.add
                      (i32.add
                        (i32.add (local.get $y) (i32.mul (local.get $tile) (i32.const 40)))
                        (i32.mul (local.get $row) (i32.const 40)))
                      (i32.shl (local.get $i) (i32.const 2)))
                    (f32.load
                      (i32.add
                        (i32.add
                          (i32.add
                            (i32.add (local.get $x) (i32.mul (local.get $tile) (i32.const 40)))
                            (i32.mul (local.get $row) (i32.const 40)))
                          (i32.mul (local.get $i) (i32.const -8)))
                        (i32.const 36))))
                  (br_if $row_1.next
                    (i32.lt_s
                      (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                      (local.get $rows))))))
            (br_if $i_1.next
              (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
          (br_if $tile.next
            (i32.lt_s
              (local.tee $tile (i32.add (local.get $tile) (i32.const 8)))
              (local.get $batch))))))))
