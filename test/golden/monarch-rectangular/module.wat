;; golden
(module
  (import "env" "memory" (memory 1))
  ;; monarch_rect[k=2, q=6, p=3, l=4, s=5, r=3]: 6 -> 20
  (func $rectangular
    (export "rectangular")
    ;; x: input [batch, 6]
    (param $x i32)
    ;; y: output [batch, 20]
    (param $y i32)
    ;; t0: scratch [8, 12]
    (param $t0 i32)
    ;; w0: blockdiag [2, 6, 3]
    (param $w0 i32)
    ;; w1: blockdiag [4, 5, 3]
    (param $w1 i32)
    (param $batch i32)
    (local $tile i32)
    (local $rows i32)
    (local $fullRows i32)
    (local $q i32)
    (local $from i32)
    (local $row i32)
    (local $at i32)
    (local $at_1 i32)
    (local $w i32)
    (local $in i32)
    (local $out i32)
    (local $sum00 v128)
    (local $sum01 v128)
    (local $sum10 v128)
    (local $sum11 v128)
    (local $sum20 v128)
    (local $sum21 v128)
    (local $sum30 v128)
    (local $sum31 v128)
    (local $p i32)
    (local $inAt i32)
    (local $wAt i32)
    (local $weight v128)
    (local $weight_1 v128)
    (local $x_9 v128)
    (local $t0_1 v128)
    (local $from_4 i32)
    (local $from_5 i32)
    (local $at_8 i32)
    (local $at_9 i32)
    (local $out_4 i32)
    (local $out_5 i32)
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
          ;; t0 = blockdiag [2, 6, 3] * x
          (if
            (i32.lt_s (i32.const 0) (local.get $fullRows))
            (then
              (local.set $q (i32.const 0))
              (loop $q.next
                (local.set $from
                  (i32.add
                    (local.get $t0)
                    (i32.shl
                      (select
                        (i32.mul (local.get $q) (i32.const 4))
                        (i32.const 2)
                        (i32.lt_s (i32.mul (local.get $q) (i32.const 4)) (i32.const 2)))
                      (i32.const 2))))
                (local.set $row (i32.const 0))
                (if
                  (i32.lt_s (local.get $row) (local.get $fullRows))
                  (then
                    (local.set $at (local.get $x))
                    (local.set $at_1 (local.get $from))
                    (local.set $w (i32.add (local.get $w0) (i32.mul (local.get $q) (i32.const 96))))
                    (loop $row.next
                      (local.set $in
                        (i32.add
                          (i32.add (local.get $at) (i32.mul (local.get $tile) (i32.const 24)))
                          (i32.mul (local.get $row) (i32.const 24))))
                      (local.set $out
                        (i32.add (local.get $at_1) (i32.shl (local.get $row) (i32.const 6))))
                      (local.set $sum00
                        (local.tee $sum01
                          (local.tee $sum10
                            (local.tee $sum11
                              (local.tee $sum20
                                (local.tee $sum21
                                  (local.tee $sum30 (local.tee $sum31 (v128.const f32x4 0 0 0 0)))))))))
                      (local.set $p (i32.const 0))
                      (local.set $inAt (local.get $in))
                      (local.set $wAt (local.get $w))
                      (loop $p.next
                        (local.set $weight (v128.load (local.get $wAt)))
                        (local.set $weight_1 (v128.load offset=16 (local.get $wAt)))
                        (local.set $sum00
                          (f32x4.add
                            (local.get $sum00)
                            (f32x4.mul (v128.load32_splat (local.get $inAt)) (local.get $weight))))
                        (local.set $sum01
                          (f32x4.add
                            (local.get $sum01)
                            (f32x4.mul
                              (v128.load32_splat offset=12 (local.get $inAt))
                              (local.get $weight_1))))
                        (local.set $sum10
                          (f32x4.add
                            (local.get $sum10)
                            (f32x4.mul
                              (v128.load32_splat offset=24 (local.get $inAt))
                              (local.get $weight))))
                        (local.set $sum11
                          (f32x4.add
                            (local.get $sum11)
                            (f32x4.mul
                              (v128.load32_splat offset=36 (local.get $inAt))
                              (local.get $weight_1))))
                        (local.set $sum20
                          (f32x4.add
                            (local.get $sum20)
                            (f32x4.mul
                              (v128.load32_splat offset=48 (local.get $inAt))
                              (local.get $weight))))
                        (local.set $sum21
                          (f32x4.add
                            (local.get $sum21)
                            (f32x4.mul
                              (v128.load32_splat offset=60 (local.get $inAt))
                              (local.get $weight_1))))
                        (local.set $sum30
                          (f32x4.add
                            (local.get $sum30)
                            (f32x4.mul
                              (v128.load32_splat offset=72 (local.get $inAt))
                              (local.get $weight))))
                        (local.set $sum31
                          (f32x4.add
                            (local.get $sum31)
                            (f32x4.mul
                              (v128.load32_splat offset=84 (local.get $inAt))
                              (local.get $weight_1))))
                        (local.set $inAt (i32.add (local.get $inAt) (i32.const 4)))
                        (local.set $wAt (i32.add (local.get $wAt) (i32.const 32)))
                        (br_if $p.next
                          (i32.lt_s
                            (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                            (i32.const 3))))
                      (v128.store (local.get $out) (local.get $sum00))
                      (v128.store offset=24 (local.get $out) (local.get $sum01))
                      (v128.store offset=64 (local.get $out) (local.get $sum10))
                      (v128.store offset=88 (local.get $out) (local.get $sum11))
                      (v128.store offset=128 (local.get $out) (local.get $sum20))
                      (v128.store offset=152 (local.get $out) (local.get $sum21))
                      (v128.store offset=192 (local.get $out) (local.get $sum30))
                      (v128.store offset=216 (local.get $out) (local.get $sum31))
                      (br_if $row.next
                        (i32.lt_s
                          (local.tee $row (i32.add (local.get $row) (i32.const 4)))
                          (local.get $fullRows))))))
                (br_if $q.next
                  (i32.lt_s (local.tee $q (i32.add (local.get $q) (i32.const 1))) (i32.const 2))))))
          (if
            (i32.lt_s (local.get $fullRows) (local.get $rows))
            (then
              (local.set $q (i32.const 0))
              (loop $q_1.next
                (local.set $from
                  (i32.add
                    (local.get $t0)
                    (i32.shl
                      (select
                        (i32.mul (local.get $q) (i32.const 4))
                        (i32.const 2)
                        (i32.lt_s (i32.mul (local.get $q) (i32.const 4)) (i32.const 2)))
                      (i32.const 2))))
                (local.set $row (local.get $fullRows))
                (if
                  (i32.lt_s (local.get $row) (local.get $rows))
                  (then
                    (local.set $at (local.get $x))
                    (local.set $at_1 (local.get $from))
                    (local.set $w (i32.add (local.get $w0) (i32.mul (local.get $q) (i32.const 96))))
                    (loop $row_1.next
                      (local.set $in
                        (i32.add
                          (i32.add (local.get $at) (i32.mul (local.get $tile) (i32.const 24)))
                          (i32.mul (local.get $row) (i32.const 24))))
                      (local.set $out
                        (i32.add (local.get $at_1) (i32.shl (local.get $row) (i32.const 6))))
                      (local.set $sum00 (local.tee $sum01 (v128.const f32x4 0 0 0 0)))
                      (local.set $p (i32.const 0))
                      (local.set $inAt (local.get $in))
                      (local.set $wAt (local.get $w))
                      (loop $p_1.next
                        (local.set $x_9 (v128.load32_splat (local.get $inAt)))
                        (local.set $sum00
                          (f32x4.add
                            (local.get $sum00)
                            (f32x4.mul (local.get $x_9) (v128.load (local.get $wAt)))))
                        (local.set $x_9 (v128.load32_splat offset=12 (local.get $inAt)))
                        (local.set $sum01
                          (f32x4.add
                            (local.get $sum01)
                            (f32x4.mul (local.get $x_9) (v128.load offset=16 (local.get $wAt)))))
                        (local.set $inAt (i32.add (local.get $inAt) (i32.const 4)))
                        (local.set $wAt (i32.add (local.get $wAt) (i32.const 32)))
                        (br_if $p_1.next
                          (i32.lt_s
                            (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                            (i32.const 3))))
                      (v128.store (local.get $out) (local.get $sum00))
                      (v128.store offset=24 (local.get $out) (local.get $sum01))
                      (br_if $row_1.next
                        (i32.lt_s
                          (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                          (local.get $rows))))))
                (br_if $q_1.next
                  (i32.lt_s (local.tee $q (i32.add (local.get $q) (i32.const 1))) (i32.const 2))))))
          ;; y = blockdiag [4, 5, 3] * t0
          (if
            (i32.lt_s (i32.const 0) (local.get $fullRows))
            (then
              (local.set $q (i32.const 0))
              (loop $q_2.next
                (local.set $from
                  (select
                    (i32.mul (local.get $q) (i32.const 2))
                    (i32.const 3)
                    (i32.lt_s (i32.mul (local.get $q) (i32.const 2)) (i32.const 3))))
                (local.set $row (i32.const 0))
                (if
                  (i32.lt_s (local.get $row) (local.get $fullRows))
                  (then
                    (local.set $at (local.get $t0))
                    (local.set $at_1
                      (i32.add (local.get $y) (i32.shl (local.get $from) (i32.const 4))))
                    (local.set $w (i32.add (local.get $w1) (i32.mul (local.get $q) (i32.const 96))))
                    (loop $row_2.next
                      (local.set $in
                        (i32.add (local.get $at) (i32.shl (local.get $row) (i32.const 6))))
                      (local.set $out
                        (i32.add
                          (i32.add (local.get $at_1) (i32.mul (local.get $tile) (i32.const 80)))
                          (i32.mul (local.get $row) (i32.const 80))))
                      (local.set $sum00
                        (local.tee $sum01
                          (local.tee $sum10
                            (local.tee $sum11
                              (local.tee $sum20
                                (local.tee $sum21
                                  (local.tee $sum30 (local.tee $sum31 (v128.const f32x4 0 0 0 0)))))))))
                      (local.set $p (i32.const 0))
                      (local.set $inAt (local.get $in))
                      (local.set $wAt (local.get $w))
                      (loop $p_2.next
                        (local.set $weight (v128.load (local.get $wAt)))
                        (local.set $weight_1 (v128.load offset=16 (local.get $wAt)))
                        (local.set $sum00
                          (f32x4.add
                            (local.get $sum00)
                            (f32x4.mul
                              (local.tee $t0_1 (v128.load (local.get $inAt)))
                              (local.get $weight))))
                        (local.set $sum01
                          (f32x4.add
                            (local.get $sum01)
                            (f32x4.mul (local.get $t0_1) (local.get $weight_1))))
                        (local.set $sum10
                          (f32x4.add
                            (local.get $sum10)
                            (f32x4.mul
                              (local.tee $t0_1 (v128.load offset=64 (local.get $inAt)))
                              (local.get $weight))))
                        (local.set $sum11
                          (f32x4.add
                            (local.get $sum11)
                            (f32x4.mul (local.get $t0_1) (local.get $weight_1))))
                        (local.set $sum20
                          (f32x4.add
                            (local.get $sum20)
                            (f32x4.mul
                              (local.tee $t0_1 (v128.load offset=128 (local.get $inAt)))
                              (local.get $weight))))
                        (local.set $sum21
                          (f32x4.add
                            (local.get $sum21)
                            (f32x4.mul (local.get $t0_1) (local.get $weight_1))))
                        (local.set $sum30
                          (f32x4.add
                            (local.get $sum30)
                            (f32x4.mul
                              (local.tee $t0_1 (v128.load offset=192 (local.get $inAt)))
                              (local.get $weight))))
                        (local.set $sum31
                          (f32x4.add
                            (local.get $sum31)
                            (f32x4.mul (local.get $t0_1) (local.get $weight_1))))
                        (local.set $inAt (i32.add (local.get $inAt) (i32.const 16)))
                        (local.set $wAt (i32.add (local.get $wAt) (i32.const 32)))
                        (br_if $p_2.next
                          (i32.lt_s
                            (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                            (i32.const 3))))
                      (v128.store (local.get $out) (local.get $sum00))
                      (v128.store offset=16 (local.get $out) (local.get $sum01))
                      (v128.store offset=80 (local.get $out) (local.get $sum10))
                      (v128.store offset=96 (local.get $out) (local.get $sum11))
                      (v128.store offset=160 (local.get $out) (local.get $sum20))
                      (v128.store offset=176 (local.get $out) (local.get $sum21))
                      (v128.store offset=240 (local.get $out) (local.get $sum30))
                      (v128.store offset=256 (local.get $out) (local.get $sum31))
                      (br_if $row_2.next
                        (i32.lt_s
                          (local.tee $row (i32.add (local.get $row) (i32.const 4)))
                          (local.get $fullRows))))))
                (br_if $q_2.next
                  (i32.lt_s (local.tee $q (i32.add (local.get $q) (i32.const 1))) (i32.const 3))))))
          (if
            (i32.lt_s (local.get $fullRows) (local.get $rows))
            (then
              (local.set $from (i32.const 0))
              (local.set $from_4 (i32.const 2))
              (local.set $from_5 (i32.const 3))
              (local.set $row (local.get $fullRows))
              (if
                (i32.lt_s (local.get $row) (local.get $rows))
                (then
                  (local.set $at (local.get $t0))
                  (local.set $at_1
                    (i32.add (local.get $y) (i32.shl (local.get $from) (i32.const 4))))
                  (local.set $at_8
                    (i32.add (local.get $y) (i32.shl (local.get $from_4) (i32.const 4))))
                  (local.set $at_9
                    (i32.add (local.get $y) (i32.shl (local.get $from_5) (i32.const 4))))
                  (local.set $w (local.get $w1))
                  (loop $row_3.next
                    (local.set $in
                      (i32.add (local.get $at) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $out
                      (i32.add
                        (i32.add (local.get $at_1) (i32.mul (local.get $tile) (i32.const 80)))
                        (i32.mul (local.get $row) (i32.const 80))))
                    (local.set $out_4
                      (i32.add
                        (i32.add (local.get $at_8) (i32.mul (local.get $tile) (i32.const 80)))
                        (i32.mul (local.get $row) (i32.const 80))))
                    (local.set $out_5
                      (i32.add
                        (i32.add (local.get $at_9) (i32.mul (local.get $tile) (i32.const 80)))
                        (i32.mul (local.get $row) (i32.const 80))))
                    (local.set $sum00
                      (local.tee $sum01
                        (local.tee $sum10
                          (local.tee $sum11
                            (local.tee $sum20 (local.tee $sum21 (v128.const f32x4 0 0 0 0)))))))
                    (local.set $p (i32.const 0))
                    (local.set $inAt (local.get $in))
                    (local.set $wAt (local.get $w))
                    (loop $p_3.next
                      (local.set $t0_1 (v128.load (local.get $inAt)))
                      (local.set $sum00
                        (f32x4.add
                          (local.get $sum00)
                          (f32x4.mul (local.get $t0_1) (v128.load (local.get $wAt)))))
                      (local.set $sum01
                        (f32x4.add
                          (local.get $sum01)
                          (f32x4.mul (local.get $t0_1) (v128.load offset=16 (local.get $wAt)))))
                      (local.set $sum10
                        (f32x4.add
                          (local.get $sum10)
                          (f32x4.mul (local.get $t0_1) (v128.load offset=96 (local.get $wAt)))))
                      (local.set $sum11
                        (f32x4.add
                          (local.get $sum11)
                          (f32x4.mul (local.get $t0_1) (v128.load offset=112 (local.get $wAt)))))
                      (local.set $sum20
                        (f32x4.add
                          (local.get $sum20)
                          (f32x4.mul (local.get $t0_1) (v128.load offset=192 (local.get $wAt)))))
                      (local.set $sum21
                        (f32x4.add
                          (local.get $sum21)
                          (f32x4.mul (local.get $t0_1) (v128.load offset=208 (local.get $wAt)))))
                      (local.set $inAt (i32.add (local.get $inAt) (i32.const 16)))
                      (local.set $wAt (i32.add (local.get $wAt) (i32.const 32)))
                      (br_if $p_3.next
                        (i32.lt_s
                          (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                          (i32.const 3))))
                    (v128.store (local.get $out) (local.get $sum00))
                    (v128.store offset=16 (local.get $out) (local.get $sum01))
                    (v128.store (local.get $out_4) (local.get $sum10))
                    (v128.store offset=16 (local.get $out_4) (local.get $sum11))
                    (v128.store (local.get $out_5) (local.get $sum20))
                    (v128.store offset=16 (local.get $out_5) (local.get $sum21))
                    (br_if $row_3.next
                      (i32.lt_s
                        (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                        (local.get $rows))))))))
          (br_if $tile.next
            (i32.lt_s
              (local.tee $tile (i32.add (local.get $tile) (i32.const 8)))
              (local.get $batch))))))))
