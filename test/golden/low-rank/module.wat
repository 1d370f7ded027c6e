;; golden
(module
  (import "env" "memory" (memory 1))
  ;; adapted[n=256, k=4]: 256 -> 256
  (func $adapted256
    (export "adapted256")
    ;; x: input [batch, 256]
    (param $x i32)
    ;; y: output [batch, 256]
    (param $y i32)
    ;; t0: scratch [8, 4]
    (param $t0 i32)
    ;; w0: dense [4, 256]
    (param $w0 i32)
    ;; w1: dense [256, 4]
    (param $w1 i32)
    ;; w2: diagonal
    (param $w2 i32)
    (param $batch i32)
    (local $tile i32)
    (local $rows i32)
    (local $fullRows i32)
    (local $row i32)
    (local $at i32)
    (local $at_1 i32)
    (local $w i32)
    (local $in i32)
    (local $out i32)
    (local $sum00 v128)
    (local $sum10 v128)
    (local $sum20 v128)
    (local $sum30 v128)
    (local $p i32)
    (local $inAt i32)
    (local $wAt i32)
    (local $weight v128)
    (local $x_5 v128)
    (local $q i32)
    (local $at_6 i32)
    (local $at_7 i32)
    (local $sum20_1 v128)
    (local $sum21 v128)
    (local $sum30_1 v128)
    (local $sum31 v128)
    (local $weight_3 v128)
    (local $t0_1 v128)
    (local $from i32)
    (local $dAt i32)
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
          (local.set $fullRows
            (i32.sub (local.get $rows) (i32.rem_u (local.get $rows) (i32.const 4))))
          ;; t0 = dense [4, 256] * x
          (if
            (i32.lt_s (i32.const 0) (local.get $fullRows))
            (then
              (local.set $row (i32.const 0))
              (if
                (i32.lt_s (local.get $row) (local.get $fullRows))
                (then
                  (local.set $at (local.get $x))
                  (local.set $at_1 (local.get $t0))
                  (local.set $w (local.get $w0))
                  (loop $row.next
                    (local.set $in
                      (i32.add
                        (i32.add (local.get $at) (i32.shl (local.get $tile) (i32.const 10)))
                        (i32.shl (local.get $row) (i32.const 10))))
                    (local.set $out
                      (i32.add (local.get $at_1) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $sum00
                      (local.tee $sum10
                        (local.tee $sum20 (local.tee $sum30 (v128.const f32x4 0 0 0 0)))))
                    (local.set $p (i32.const 0))
                    (local.set $inAt (local.get $in))
                    (local.set $wAt (local.get $w))
                    (loop $p.next
                      (local.set $weight (v128.load (local.get $wAt)))
                      (local.set $sum00
                        (f32x4.add
                          (local.get $sum00)
                          (f32x4.mul (v128.load32_splat (local.get $inAt)) (local.get $weight))))
                      (local.set $sum10
                        (f32x4.add
                          (local.get $sum10)
                          (f32x4.mul
                            (v128.load32_splat offset=1024 (local.get $inAt))
                            (local.get $weight))))
                      (local.set $sum20
                        (f32x4.add
                          (local.get $sum20)
                          (f32x4.mul
                            (v128.load32_splat offset=2048 (local.get $inAt))
                            (local.get $weight))))
                      (local.set $sum30
                        (f32x4.add
                          (local.get $sum30)
                          (f32x4.mul
                            (v128.load32_splat offset=3072 (local.get $inAt))
                            (local.get $weight))))
                      (local.set $inAt (i32.add (local.get $inAt) (i32.const 4)))
                      (local.set $wAt (i32.add (local.get $wAt) (i32.const 16)))
                      (br_if $p.next
                        (i32.lt_s
                          (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                          (i32.const 256))))
                    (v128.store (local.get $out) (local.get $sum00))
                    (v128.store offset=64 (local.get $out) (local.get $sum10))
                    (v128.store offset=128 (local.get $out) (local.get $sum20))
                    (v128.store offset=192 (local.get $out) (local.get $sum30))
                    (br_if $row.next
                      (i32.lt_s
                        (local.tee $row (i32.add (local.get $row) (i32.const 4)))
                        (local.get $fullRows))))))))
          (if
            (i32.lt_s (local.get $fullRows) (local.get $rows))
            (then
              (local.set $row (local.get $fullRows))
              (if
                (i32.lt_s (local.get $row) (local.get $rows))
                (then
                  (local.set $at (local.get $x))
                  (local.set $at_1 (local.get $t0))
                  (local.set $w (local.get $w0))
                  (loop $row_1.next
                    (local.set $in
                      (i32.add
                        (i32.add (local.get $at) (i32.shl (local.get $tile) (i32.const 10)))
                        (i32.shl (local.get $row) (i32.const 10))))
                    (local.set $out
                      (i32.add (local.get $at_1) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $sum00 (v128.const f32x4 0 0 0 0))
                    (local.set $p (i32.const 0))
                    (local.set $inAt (local.get $in))
                    (local.set $wAt (local.get $w))
                    (loop $p_1.next
                      (local.set $x_5 (v128.load32_splat (local.get $inAt)))
                      (local.set $sum00
                        (f32x4.add
                          (local.get $sum00)
                          (f32x4.mul (local.get $x_5) (v128.load (local.get $wAt)))))
                      (local.set $inAt (i32.add (local.get $inAt) (i32.const 4)))
                      (local.set $wAt (i32.add (local.get $wAt) (i32.const 16)))
                      (br_if $p_1.next
                        (i32.lt_s
                          (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                          (i32.const 256))))
                    (v128.store (local.get $out) (local.get $sum00))
                    (br_if $row_1.next
                      (i32.lt_s
                        (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                        (local.get $rows))))))))
          ;; y = dense [256, 4] * t0 + diagonal * x
          (if
            (i32.lt_s (i32.const 0) (local.get $fullRows))
            (then
              (local.set $q (i32.const 0))
              (loop $q.next
                (local.set $row (i32.const 0))
                (if
                  (i32.lt_s (local.get $row) (local.get $fullRows))
                  (then
                    (local.set $at (local.get $t0))
                    (local.set $at_1
                      (i32.add (local.get $y) (i32.shl (local.get $q) (i32.const 5))))
                    (local.set $w (i32.add (local.get $w1) (i32.shl (local.get $q) (i32.const 7))))
                    (local.set $at_6
                      (i32.add (local.get $x) (i32.shl (local.get $q) (i32.const 5))))
                    (local.set $at_7
                      (i32.add (local.get $w2) (i32.shl (local.get $q) (i32.const 5))))
                    (loop $row_2.next
                      (local.set $in
                        (i32.add (local.get $at) (i32.shl (local.get $row) (i32.const 6))))
                      (local.set $out
                        (i32.add
                          (i32.add (local.get $at_1) (i32.shl (local.get $tile) (i32.const 10)))
                          (i32.shl (local.get $row) (i32.const 10))))
                      (local.set $sum00
                        (local.tee $sum10
                          (local.tee $sum20
                            (local.tee $sum30
                              (local.tee $sum20_1
                                (local.tee $sum21
                                  (local.tee $sum30_1 (local.tee $sum31 (v128.const f32x4 0 0 0 0)))))))))
                      (local.set $p (i32.const 0))
                      (local.set $inAt (local.get $in))
                      (local.set $wAt (local.get $w))
                      (loop $p_2.next
                        (local.set $weight (v128.load (local.get $wAt)))
                        (local.set $weight_3 (v128.load offset=16 (local.get $wAt)))
                        (local.set $sum00
                          (f32x4.add
                            (local.get $sum00)
                            (f32x4.mul
                              (local.tee $t0_1 (v128.load32_splat (local.get $inAt)))
                              (local.get $weight))))
                        (local.set $sum10
                          (f32x4.add
                            (local.get $sum10)
                            (f32x4.mul (local.get $t0_1) (local.get $weight_3))))
                        (local.set $sum20
                          (f32x4.add
                            (local.get $sum20)
                            (f32x4.mul
                              (local.tee $t0_1 (v128.load32_splat offset=64 (local.get $inAt)))
                              (local.get $weight))))
                        (local.set $sum30
                          (f32x4.add
                            (local.get $sum30)
                            (f32x4.mul (local.get $t0_1) (local.get $weight_3))))
                        (local.set $sum20_1
                          (f32x4.add
                            (local.get $sum20_1)
                            (f32x4.mul
                              (local.tee $t0_1 (v128.load32_splat offset=128 (local.get $inAt)))
                              (local.get $weight))))
                        (local.set $sum21
                          (f32x4.add
                            (local.get $sum21)
                            (f32x4.mul (local.get $t0_1) (local.get $weight_3))))
                        (local.set $sum30_1
                          (f32x4.add
                            (local.get $sum30_1)
                            (f32x4.mul
                              (local.tee $t0_1 (v128.load32_splat offset=192 (local.get $inAt)))
                              (local.get $weight))))
                        (local.set $sum31
                          (f32x4.add
                            (local.get $sum31)
                            (f32x4.mul (local.get $t0_1) (local.get $weight_3))))
                        (local.set $inAt (i32.add (local.get $inAt) (i32.const 4)))
                        (local.set $wAt (i32.add (local.get $wAt) (i32.const 32)))
                        (br_if $p_2.next
                          (i32.lt_s
                            (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                            (i32.const 4))))
                      (local.set $from
                        (i32.add
                          (i32.add (local.get $at_6) (i32.shl (local.get $tile) (i32.const 10)))
                          (i32.shl (local.get $row) (i32.const 10))))
                      (local.set $dAt (local.get $at_7))
                      (local.set $weight (v128.load (local.get $dAt)))
                      (local.set $sum00
                        (f32x4.add
                          (local.get $sum00)
                          (f32x4.mul (v128.load (local.get $from)) (local.get $weight))))
                      (local.set $sum20
                        (f32x4.add
                          (local.get $sum20)
                          (f32x4.mul (v128.load offset=1024 (local.get $from)) (local.get $weight))))
                      (local.set $sum20_1
                        (f32x4.add
                          (local.get $sum20_1)
                          (f32x4.mul (v128.load offset=2048 (local.get $from)) (local.get $weight))))
                      (local.set $sum30_1
                        (f32x4.add
                          (local.get $sum30_1)
                          (f32x4.mul (v128.load offset=3072 (local.get $from)) (local.get $weight))))
                      (local.set $weight (v128.load offset=16 (local.get $dAt)))
                      (local.set $sum10
                        (f32x4.add
                          (local.get $sum10)
                          (f32x4.mul (v128.load offset=16 (local.get $from)) (local.get $weight))))
                      (local.set $sum30
                        (f32x4.add
                          (local.get $sum30)
                          (f32x4.mul (v128.load offset=1040 (local.get $from)) (local.get $weight))))
                      (local.set $sum21
                        (f32x4.add
                          (local.get $sum21)
                          (f32x4.mul (v128.load offset=2064 (local.get $from)) (local.get $weight))))
                      (local.set $sum31
                        (f32x4.add
                          (local.get $sum31)
                          (f32x4.mul (v128.load offset=3088 (local.get $from)) (local.get $weight))))
                      (v128.store (local.get $out) (local.get $sum00))
                      (v128.store offset=16 (local.get $out) (local.get $sum10))
                      (v128.store offset=1024 (local.get $out) (local.get $sum20))
                      (v128.store offset=1040 (local.get $out) (local.get $sum30))
                      (v128.store offset=2048 (local.get $out) (local.get $sum20_1))
                      (v128.store offset=2064 (local.get $out) (local.get $sum21))
                      (v128.store offset=3072 (local.get $out) (local.get $sum30_1))
                      (v128.store offset=3088 (local.get $out) (local.get $sum31))
                      (br_if $row_2.next
                        (i32.lt_s
                          (local.tee $row (i32.add (local.get $row) (i32.const 4)))
                          (local.get $fullRows))))))
                (br_if $q.next
                  (i32.lt_s (local.tee $q (i32.add (local.get $q) (i32.const 1))) (i32.const 32))))))
          (if
            (i32.lt_s (local.get $fullRows) (local.get $rows))
            (then
              (local.set $q (i32.const 0))
              (loop $q_1.next
                (local.set $row (local.get $fullRows))
                (if
                  (i32.lt_s (local.get $row) (local.get $rows))
                  (then
                    (local.set $at (local.get $t0))
                    (local.set $at_1
                      (i32.add (local.get $y) (i32.shl (local.get $q) (i32.const 7))))
                    (local.set $w (i32.add (local.get $w1) (i32.shl (local.get $q) (i32.const 9))))
                    (local.set $at_6
                      (i32.add (local.get $x) (i32.shl (local.get $q) (i32.const 7))))
                    (local.set $at_7
                      (i32.add (local.get $w2) (i32.shl (local.get $q) (i32.const 7))))
                    (loop $row_3.next
                      (local.set $in
                        (i32.add (local.get $at) (i32.shl (local.get $row) (i32.const 6))))
                      (local.set $out
                        (i32.add
                          (i32.add (local.get $at_1) (i32.shl (local.get $tile) (i32.const 10)))
                          (i32.shl (local.get $row) (i32.const 10))))
                      (local.set $sum00
                        (local.tee $sum10
                          (local.tee $sum20
                            (local.tee $sum30
                              (local.tee $sum20_1
                                (local.tee $sum21
                                  (local.tee $sum30_1 (local.tee $sum31 (v128.const f32x4 0 0 0 0)))))))))
                      (local.set $p (i32.const 0))
                      (local.set $inAt (local.get $in))
                      (local.set $wAt (local.get $w))
                      (loop $p_3.next
                        (local.set $t0_1 (v128.load32_splat (local.get $inAt)))
                        (local.set $sum00
                          (f32x4.add
                            (local.get $sum00)
                            (f32x4.mul (local.get $t0_1) (v128.load (local.get $wAt)))))
                        (local.set $sum10
                          (f32x4.add
                            (local.get $sum10)
                            (f32x4.mul (local.get $t0_1) (v128.load offset=16 (local.get $wAt)))))
                        (local.set $sum20
                          (f32x4.add
                            (local.get $sum20)
                            (f32x4.mul (local.get $t0_1) (v128.load offset=128 (local.get $wAt)))))
                        (local.set $sum30
                          (f32x4.add
                            (local.get $sum30)
                            (f32x4.mul (local.get $t0_1) (v128.load offset=144 (local.get $wAt)))))
                        (local.set $sum20_1
                          (f32x4.add
                            (local.get $sum20_1)
                            (f32x4.mul (local.get $t0_1) (v128.load offset=256 (local.get $wAt)))))
                        (local.set $sum21
                          (f32x4.add
                            (local.get $sum21)
                            (f32x4.mul (local.get $t0_1) (v128.load offset=272 (local.get $wAt)))))
                        (local.set $sum30_1
                          (f32x4.add
                            (local.get $sum30_1)
                            (f32x4.mul (local.get $t0_1) (v128.load offset=384 (local.get $wAt)))))
                        (local.set $sum31
                          (f32x4.add
                            (local.get $sum31)
                            (f32x4.mul (local.get $t0_1) (v128.load offset=400 (local.get $wAt)))))
                        (local.set $inAt (i32.add (local.get $inAt) (i32.const 4)))
                        (local.set $wAt (i32.add (local.get $wAt) (i32.const 32)))
                        (br_if $p_3.next
                          (i32.lt_s
                            (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                            (i32.const 4))))
                      (local.set $from
                        (i32.add
                          (i32.add (local.get $at_6) (i32.shl (local.get $tile) (i32.const 10)))
                          (i32.shl (local.get $row) (i32.const 10))))
                      (local.set $dAt (local.get $at_7))
                      (local.set $weight (v128.load (local.get $dAt)))
                      (local.set $sum00
                        (f32x4.add
                          (local.get $sum00)
                          (f32x4.mul (v128.load (local.get $from)) (local.get $weight))))
                      (local.set $weight (v128.load offset=16 (local.get $dAt)))
                      (local.set $sum10
                        (f32x4.add
                          (local.get $sum10)
                          (f32x4.mul (v128.load offset=16 (local.get $from)) (local.get $weight))))
                      (local.set $weight (v128.load offset=32 (local.get $dAt)))
                      (local.set $sum20
                        (f32x4.add
                          (local.get $sum20)
                          (f32x4.mul (v128.load offset=32 (local.get $from)) (local.get $weight))))
                      (local.set $weight (v128.load offset=48 (local.get $dAt)))
                      (local.set $sum30
                        (f32x4.add
                          (local.get $sum30)
                          (f32x4.mul (v128.load offset=48 (local.get $from)) (local.get $weight))))
                      (local.set $weight (v128.load offset=64 (local.get $dAt)))
                      (local.set $sum20_1
                        (f32x4.add
                          (local.get $sum20_1)
                          (f32x4.mul (v128.load offset=64 (local.get $from)) (local.get $weight))))
                      (local.set $weight (v128.load offset=80 (local.get $dAt)))
                      (local.set $sum21
                        (f32x4.add
                          (local.get $sum21)
                          (f32x4.mul (v128.load offset=80 (local.get $from)) (local.get $weight))))
                      (local.set $weight (v128.load offset=96 (local.get $dAt)))
                      (local.set $sum30_1
                        (f32x4.add
                          (local.get $sum30_1)
                          (f32x4.mul (v128.load offset=96 (local.get $from)) (local.get $weight))))
                      (local.set $weight (v128.load offset=112 (local.get $dAt)))
                      (local.set $sum31
                        (f32x4.add
                          (local.get $sum31)
                          (f32x4.mul (v128.load offset=112 (local.get $from)) (local.get $weight))))
                      (v128.store (local.get $out) (local.get $sum00))
                      (v128.store offset=16 (local.get $out) (local.get $sum10))
                      (v128.store offset=32 (local.get $out) (local.get $sum20))
                      (v128.store offset=48 (local.get $out) (local.get $sum30))
                      (v128.store offset=64 (local.get $out) (local.get $sum20_1))
                      (v128.store offset=80 (local.get $out) (local.get $sum21))
                      (v128.store offset=96 (local.get $out) (local.get $sum30_1))
                      (v128.store offset=112 (local.get $out) (local.get $sum31))
                      (br_if $row_3.next
                        (i32.lt_s
                          (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                          (local.get $rows))))))
                (br_if $q_1.next
                  (i32.lt_s (local.tee $q (i32.add (local.get $q) (i32.const 1))) (i32.const 8))))))
          (br_if $tile.next
            (i32.lt_s
              (local.tee $tile (i32.add (local.get $tile) (i32.const 8)))
              (local.get $batch))))))))
