;; golden
(module
  (import "env" "memory" (memory 1))
  ;; solve[n=4]: 4 -> 4
  (func $solve4
    (export "solve4")
    ;; x: input [batch, 4]
    (param $x i32)
    ;; y: output [batch, 4]
    (param $y i32)
    ;; w0: triangle [4, 4]
    (param $w0 i32)
    (param $batch i32)
    (local $tile i32)
    (local $rows i32)
    (local $row i32)
    (local $step i32)
    (local $i i32)
    (local $sum f32)
    (local $before i32)
    (local $j i32)
    (local $weight f32)
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
          ;; y = triangle^-1 x, forward substitution
          (local.set $row (i32.const 0))
          (if
            (i32.lt_s (local.get $row) (local.get $rows))
            (then
              (loop $row.next
                (local.set $step (i32.const 0))
                (loop $step.next
                  (local.set $i (local.get $step))
                  (local.set $sum
                    (f32.load
                      (i32.add
                        (i32.add
                          (i32.add (local.get $x) (i32.shl (local.get $tile) (i32.const 4)))
                          (i32.shl (local.get $row) (i32.const 4)))
                        (i32.shl (local.get $i) (i32.const 2)))))
                  (local.set $before (i32.const 0))
                  (if
                    (i32.lt_s (local.get $before) (local.get $step))
                    (then
                      (loop $before.next
                        (local.set $j (local.get $before))
                        (local.set $weight
                          (f32.load
                            (i32.add
                              (i32.add (local.get $w0) (i32.shl (local.get $i) (i32.const 4)))
                              (i32.shl (local.get $j) (i32.const 2)))))
                        (local.set $sum
                          (f32.sub
                            (local.get $sum)
                            (f32.mul
                              (local.get $weight)
                              (f32.load
                                (i32.add
                                  (i32.add
                                    (i32.add
                                      (local.get $y)
                                      (i32.shl (local.get $tile) (i32.const 4)))
                                    (i32.shl (local.get $row) (i32.const 4)))
                                  (i32.shl (local.get $j) (i32.const 2)))))))
                        (br_if $before.next
                          (i32.lt_s
                            (local.tee $before (i32.add (local.get $before) (i32.const 1)))
                            (local.get $step))))))
                  (local.set $sum
                    (f32.div
                      (local.get $sum)
                      (f32.load (i32.add (local.get $w0) (i32.mul (local.get $i) (i32.const 20))))))
                  (f32.store
                    (i32.add
                      (i32.add
                        (i32.add (local.get $y) (i32.shl (local.get $tile) (i32.const 4)))
                        (i32.shl (local.get $row) (i32.const 4)))
                      (i32.shl (local.get $i) (i32.const 2)))
                    (local.get $sum))
                  (br_if $step.next
                    (i32.lt_s
                      (local.tee $step (i32.add (local.get $step) (i32.const 1)))
                      (i32.const 4))))
                (br_if $row.next
                  (i32.lt_s
                    (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                    (local.get $rows))))))
          (br_if $tile.next
            (i32.lt_s
              (local.tee $tile (i32.add (local.get $tile) (i32.const 8)))
              (local.get $batch))))))))
