;; golden
(module
  (import "env" "memory" (memory 1))
  ;; feed_forward[n=5, m=7, r=2]: 5 -> 7
  (func $feed_forward5
    (export "feed_forward5")
    ;; x: input [batch, 5]
    (param $x i32)
    ;; y: output [batch, 7]
    (param $y i32)
    ;; t0: scratch [8, 7]
    (param $t0 i32)
    ;; t1: scratch [8, 2]
    (param $t1 i32)
    ;; w0: dense [7, 5]
    (param $w0 i32)
    ;; w1: dense [2, 5]
    (param $w1 i32)
    ;; w2: dense [7, 2]
    (param $w2 i32)
    ;; w3: bias
    (param $w3 i32)
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
    (local $sum10 v128)
    (local $sum20 v128)
    (local $sum30 v128)
    (local $p i32)
    (local $inAt i32)
    (local $wAt i32)
    (local $weight v128)
    (local $x_5 v128)
    (local $sum00_2 f32)
    (local $sum01 f32)
    (local $sum10_1 f32)
    (local $sum11 f32)
    (local $sum20_1 f32)
    (local $sum21 f32)
    (local $sum30_1 f32)
    (local $sum31 f32)
    (local $weight_2 f32)
    (local $weight_3 f32)
    (local $x_6 f32)
    (local $value v128)
    (local $t0_1 v128)
    (local $erf0 v128)
    (local $erf1 v128)
    (local $erf2 v128)
    (local $erf3 v128)
    (local $erf5 v128)
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
          ;; t0 = dense [7, 5] * x
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
                        (i32.const 3)
                        (i32.lt_s (i32.mul (local.get $q) (i32.const 4)) (i32.const 3)))
                      (i32.const 2))))
                (local.set $row (i32.const 0))
                (if
                  (i32.lt_s (local.get $row) (local.get $fullRows))
                  (then
                    (local.set $at (local.get $x))
                    (local.set $at_1 (local.get $from))
                    (local.set $w (i32.add (local.get $w0) (i32.mul (local.get $q) (i32.const 80))))
                    (loop $row.next
                      (local.set $in
                        (i32.add
                          (i32.add (local.get $at) (i32.mul (local.get $tile) (i32.const 20)))
                          (i32.mul (local.get $row) (i32.const 20))))
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
                              (v128.load32_splat offset=20 (local.get $inAt))
                              (local.get $weight))))
                        (local.set $sum20
                          (f32x4.add
                            (local.get $sum20)
                            (f32x4.mul
                              (v128.load32_splat offset=40 (local.get $inAt))
                              (local.get $weight))))
                        (local.set $sum30
                          (f32x4.add
                            (local.get $sum30)
                            (f32x4.mul
                              (v128.load32_splat offset=60 (local.get $inAt))
                              (local.get $weight))))
                        (local.set $inAt (i32.add (local.get $inAt) (i32.const 4)))
                        (local.set $wAt (i32.add (local.get $wAt) (i32.const 16)))
                        (br_if $p.next
                          (i32.lt_s
                            (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                            (i32.const 5))))
                      (v128.store (local.get $out) (local.get $sum00))
                      (v128.store offset=64 (local.get $out) (local.get $sum10))
                      (v128.store offset=128 (local.get $out) (local.get $sum20))
                      (v128.store offset=192 (local.get $out) (local.get $sum30))
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
                        (i32.const 3)
                        (i32.lt_s (i32.mul (local.get $q) (i32.const 4)) (i32.const 3)))
                      (i32.const 2))))
                (local.set $row (local.get $fullRows))
                (if
                  (i32.lt_s (local.get $row) (local.get $rows))
                  (then
                    (local.set $at (local.get $x))
                    (local.set $at_1 (local.get $from))
                    (local.set $w (i32.add (local.get $w0) (i32.mul (local.get $q) (i32.const 80))))
                    (loop $row_1.next
                      (local.set $in
                        (i32.add
                          (i32.add (local.get $at) (i32.mul (local.get $tile) (i32.const 20)))
                          (i32.mul (local.get $row) (i32.const 20))))
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
                            (i32.const 5))))
                      (v128.store (local.get $out) (local.get $sum00))
                      (br_if $row_1.next
                        (i32.lt_s
                          (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                          (local.get $rows))))))
                (br_if $q_1.next
                  (i32.lt_s (local.tee $q (i32.add (local.get $q) (i32.const 1))) (i32.const 2))))))
          ;; t1 = dense [2, 5] * x
          (if
            (i32.lt_s (i32.const 0) (local.get $fullRows))
            (then
              (local.set $row (i32.const 0))
              (if
                (i32.lt_s (local.get $row) (local.get $fullRows))
                (then
                  (local.set $at (local.get $x))
                  (local.set $at_1 (local.get $t1))
                  (local.set $w (local.get $w1))
                  (loop $row_2.next
                    (local.set $in
                      (i32.add
                        (i32.add (local.get $at) (i32.mul (local.get $tile) (i32.const 20)))
                        (i32.mul (local.get $row) (i32.const 20))))
                    (local.set $out
                      (i32.add (local.get $at_1) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $sum00_2 (f32.const 0))
                    (local.set $sum01 (f32.const 0))
                    (local.set $sum10_1 (f32.const 0))
                    (local.set $sum11 (f32.const 0))
                    (local.set $sum20_1 (f32.const 0))
                    (local.set $sum21 (f32.const 0))
                    (local.set $sum30_1 (f32.const 0))
                    (local.set $sum31 (f32.const 0))
                    (local.set $p (i32.const 0))
                    (local.set $inAt (local.get $in))
                    (local.set $wAt (local.get $w))
                    (loop $p_2.next
                      (local.set $weight_2 (f32.load (local.get $wAt)))
                      (local.set $weight_3 (f32.load offset=4 (local.get $wAt)))
                      (local.set $sum00_2
                        (f32.add
                          (local.get $sum00_2)
                          (f32.mul
                            (local.tee $x_6 (f32.load (local.get $inAt)))
                            (local.get $weight_2))))
                      (local.set $sum01
                        (f32.add
                          (local.get $sum01)
                          (f32.mul (local.get $x_6) (local.get $weight_3))))
                      (local.set $sum10_1
                        (f32.add
                          (local.get $sum10_1)
                          (f32.mul
                            (local.tee $x_6 (f32.load offset=20 (local.get $inAt)))
                            (local.get $weight_2))))
                      (local.set $sum11
                        (f32.add
                          (local.get $sum11)
                          (f32.mul (local.get $x_6) (local.get $weight_3))))
                      (local.set $sum20_1
                        (f32.add
                          (local.get $sum20_1)
                          (f32.mul
                            (local.tee $x_6 (f32.load offset=40 (local.get $inAt)))
                            (local.get $weight_2))))
                      (local.set $sum21
                        (f32.add
                          (local.get $sum21)
                          (f32.mul (local.get $x_6) (local.get $weight_3))))
                      (local.set $sum30_1
                        (f32.add
                          (local.get $sum30_1)
                          (f32.mul
                            (local.tee $x_6 (f32.load offset=60 (local.get $inAt)))
                            (local.get $weight_2))))
                      (local.set $sum31
                        (f32.add
                          (local.get $sum31)
                          (f32.mul (local.get $x_6) (local.get $weight_3))))
                      (local.set $inAt (i32.add (local.get $inAt) (i32.const 4)))
                      (local.set $wAt (i32.add (local.get $wAt) (i32.const 8)))
                      (br_if $p_2.next
                        (i32.lt_s
                          (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                          (i32.const 5))))
                    (f32.store (local.get $out) (local.get $sum00_2))
                    (f32.store offset=4 (local.get $out) (local.get $sum01))
                    (f32.store offset=64 (local.get $out) (local.get $sum10_1))
                    (f32.store offset=68 (local.get $out) (local.get $sum11))
                    (f32.store offset=128 (local.get $out) (local.get $sum20_1))
                    (f32.store offset=132 (local.get $out) (local.get $sum21))
                    (f32.store offset=192 (local.get $out) (local.get $sum30_1))
                    (f32.store offset=196 (local.get $out) (local.get $sum31))
                    (br_if $row_2.next
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
                  (local.set $at_1 (local.get $t1))
                  (local.set $w (local.get $w1))
                  (loop $row_3.next
                    (local.set $in
                      (i32.add
                        (i32.add (local.get $at) (i32.mul (local.get $tile) (i32.const 20)))
                        (i32.mul (local.get $row) (i32.const 20))))
                    (local.set $out
                      (i32.add (local.get $at_1) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $sum00_2 (f32.const 0))
                    (local.set $sum01 (f32.const 0))
                    (local.set $p (i32.const 0))
                    (local.set $inAt (local.get $in))
                    (local.set $wAt (local.get $w))
                    (loop $p_3.next
                      (local.set $x_6 (f32.load (local.get $inAt)))
                      (local.set $sum00_2
                        (f32.add
                          (local.get $sum00_2)
                          (f32.mul (local.get $x_6) (f32.load (local.get $wAt)))))
                      (local.set $sum01
                        (f32.add
                          (local.get $sum01)
                          (f32.mul (local.get $x_6) (f32.load offset=4 (local.get $wAt)))))
                      (local.set $inAt (i32.add (local.get $inAt) (i32.const 4)))
                      (local.set $wAt (i32.add (local.get $wAt) (i32.const 8)))
                      (br_if $p_3.next
                        (i32.lt_s
                          (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                          (i32.const 5))))
                    (f32.store (local.get $out) (local.get $sum00_2))
                    (f32.store offset=4 (local.get $out) (local.get $sum01))
                    (br_if $row_3.next
                      (i32.lt_s
                        (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                        (local.get $rows))))))))
          ;; y = dense [7, 2] * t1
          (if
            (i32.lt_s (i32.const 0) (local.get $fullRows))
            (then
              (local.set $q (i32.const 0))
              (loop $q_4.next
                (local.set $from
                  (select
                    (i32.mul (local.get $q) (i32.const 4))
                    (i32.const 3)
                    (i32.lt_s (i32.mul (local.get $q) (i32.const 4)) (i32.const 3))))
                (local.set $row (i32.const 0))
                (if
                  (i32.lt_s (local.get $row) (local.get $fullRows))
                  (then
                    (local.set $at (local.get $t1))
                    (local.set $w (i32.add (local.get $w2) (i32.shl (local.get $q) (i32.const 5))))
                    (loop $row_4.next
                      (local.set $in
                        (i32.add (local.get $at) (i32.shl (local.get $row) (i32.const 6))))
                      (local.set $at_1 (local.get $from))
                      (local.set $out
                        (i32.add
                          (i32.add
                            (i32.add (local.get $y) (i32.mul (local.get $tile) (i32.const 28)))
                            (i32.mul (local.get $row) (i32.const 28)))
                          (i32.shl (local.get $at_1) (i32.const 2))))
                      (local.set $sum00
                        (local.tee $sum10
                          (local.tee $sum20 (local.tee $sum30 (v128.const f32x4 0 0 0 0)))))
                      (local.set $weight (v128.load (local.get $w)))
                      (local.set $sum00
                        (f32x4.add
                          (local.get $sum00)
                          (f32x4.mul (v128.load32_splat (local.get $in)) (local.get $weight))))
                      (local.set $sum10
                        (f32x4.add
                          (local.get $sum10)
                          (f32x4.mul
                            (v128.load32_splat offset=64 (local.get $in))
                            (local.get $weight))))
                      (local.set $sum20
                        (f32x4.add
                          (local.get $sum20)
                          (f32x4.mul
                            (v128.load32_splat offset=128 (local.get $in))
                            (local.get $weight))))
                      (local.set $sum30
                        (f32x4.add
                          (local.get $sum30)
                          (f32x4.mul
                            (v128.load32_splat offset=192 (local.get $in))
                            (local.get $weight))))
                      (local.set $weight (v128.load offset=16 (local.get $w)))
                      (local.set $sum00
                        (f32x4.add
                          (local.get $sum00)
                          (f32x4.mul
                            (v128.load32_splat offset=4 (local.get $in))
                            (local.get $weight))))
                      (local.set $sum10
                        (f32x4.add
                          (local.get $sum10)
                          (f32x4.mul
                            (v128.load32_splat offset=68 (local.get $in))
                            (local.get $weight))))
                      (local.set $sum20
                        (f32x4.add
                          (local.get $sum20)
                          (f32x4.mul
                            (v128.load32_splat offset=132 (local.get $in))
                            (local.get $weight))))
                      (local.set $sum30
                        (f32x4.add
                          (local.get $sum30)
                          (f32x4.mul
                            (v128.load32_splat offset=196 (local.get $in))
                            (local.get $weight))))
                      (local.set $value
                        (f32x4.add
                          (local.get $sum00)
                          (v128.load
                            (i32.add (local.get $w3) (i32.shl (local.get $at_1) (i32.const 2))))))
                      (local.set $t0_1
                        (v128.load
                          (i32.add
                            (i32.add (local.get $t0) (i32.shl (local.get $row) (i32.const 6)))
                            (i32.shl (local.get $at_1) (i32.const 2)))))
                      (local.set $erf0
                        (f32x4.min
                          (f32x4.abs
                            (f32x4.mul
                              (local.get $value)
                              (v128.const f32x4 0.7071067811865476 0.7071067811865476 0.7071067811865476 0.7071067811865476)))
                          (v128.const f32x4 4 4 4 4)))
                      (local.set $erf1 (f32x4.mul (local.get $erf0) (local.get $erf0)))
                      (local.set $erf2
                        (f32x4.max
                          (f32x4.min
                            (f32x4.add
                              (f32x4.mul
                                (f32x4.add
                                  (f32x4.mul
                                    (f32x4.add
                                      (f32x4.mul
                                        (f32x4.add
                                          (f32x4.mul
                                            (f32x4.add
                                              (f32x4.mul
                                                (f32x4.add
                                                  (f32x4.mul
                                                    (f32x4.add
                                                      (f32x4.mul
                                                        (f32x4.add
                                                          (f32x4.mul
                                                            (f32x4.add
                                                              (f32x4.mul
                                                                (v128.const f32x4 -4.98672821e-8 -4.98672821e-8 -4.98672821e-8 -4.98672821e-8)
                                                                (local.get $erf0))
                                                              (v128.const f32x4 0.00000272583874 0.00000272583874 0.00000272583874 0.00000272583874))
                                                            (local.get $erf0))
                                                          (v128.const f32x4 -0.0000563469406 -0.0000563469406 -0.0000563469406 -0.0000563469406))
                                                        (local.get $erf0))
                                                      (v128.const f32x4 0.000651936629 0.000651936629 0.000651936629 0.000651936629))
                                                    (local.get $erf0))
                                                  (v128.const f32x4 -0.00494377565 -0.00494377565 -0.00494377565 -0.00494377565))
                                                (local.get $erf0))
                                              (v128.const f32x4 0.0268181141 0.0268181141 0.0268181141 0.0268181141))
                                            (local.get $erf0))
                                          (v128.const f32x4 -0.110631016 -0.110631016 -0.110631016 -0.110631016))
                                        (local.get $erf0))
                                      (v128.const f32x4 -0.631352146 -0.631352146 -0.631352146 -0.631352146))
                                    (local.get $erf0))
                                  (v128.const f32x4 -1.13046241 -1.13046241 -1.13046241 -1.13046241))
                                (local.get $erf0))
                              (v128.const f32x4 0.000367446915 0.000367446915 0.000367446915 0.000367446915))
                            (v128.const f32x4 89 89 89 89))
                          (v128.const f32x4 -104 -104 -104 -104)))
                      (local.set $erf3
                        (f32x4.sub
                          (f32x4.add
                            (f32x4.mul
                              (local.get $erf2)
                              (v128.const f32x4 1.4426950408889634 1.4426950408889634 1.4426950408889634 1.4426950408889634))
                            (v128.const f32x4 12582912 12582912 12582912 12582912))
                          (v128.const f32x4 12582912 12582912 12582912 12582912)))
                      (local.set $erf2
                        (f32x4.sub
                          (f32x4.sub
                            (local.get $erf2)
                            (f32x4.mul
                              (local.get $erf3)
                              (v128.const f32x4 0.6923828125 0.6923828125 0.6923828125 0.6923828125)))
                          (f32x4.mul
                            (local.get $erf3)
                            (v128.const f32x4 0.0007643680599452862 0.0007643680599452862 0.0007643680599452862 0.0007643680599452862))))
                      (local.set $erf5
                        (f32x4.add
                          (f32x4.mul (local.get $erf3) (v128.const f32x4 0.5 0.5 0.5 0.5))
                          (v128.const f32x4 12582912 12582912 12582912 12582912)))
                      (v128.store
                        (local.get $out)
                        (f32x4.mul
                          (f32x4.mul
                            (f32x4.mul (local.get $value) (v128.const f32x4 0.5 0.5 0.5 0.5))
                            (f32x4.add
                              (v128.const f32x4 1 1 1 1)
                              (v128.or
                                (v128.bitselect
                                  (f32x4.mul
                                    (local.get $erf0)
                                    (f32x4.add
                                      (f32x4.mul
                                        (f32x4.add
                                          (f32x4.mul
                                            (f32x4.add
                                              (f32x4.mul
                                                (f32x4.add
                                                  (f32x4.mul
                                                    (f32x4.add
                                                      (f32x4.mul
                                                        (f32x4.add
                                                          (f32x4.mul
                                                            (v128.const f32x4 0.0000788249712 0.0000788249712 0.0000788249712 0.0000788249712)
                                                            (local.get $erf1))
                                                          (v128.const f32x4 -0.000801885499 -0.000801885499 -0.000801885499 -0.000801885499))
                                                        (local.get $erf1))
                                                      (v128.const f32x4 0.00518931194 0.00518931194 0.00518931194 0.00518931194))
                                                    (local.get $erf1))
                                                  (v128.const f32x4 -0.0268543288 -0.0268543288 -0.0268543288 -0.0268543288))
                                                (local.get $erf1))
                                              (v128.const f32x4 0.112835975 0.112835975 0.112835975 0.112835975))
                                            (local.get $erf1))
                                          (v128.const f32x4 -0.376126269 -0.376126269 -0.376126269 -0.376126269))
                                        (local.get $erf1))
                                      (v128.const f32x4 1.12837917 1.12837917 1.12837917 1.12837917)))
                                  (f32x4.sub
                                    (v128.const f32x4 1 1 1 1)
                                    (f32x4.mul
                                      (f32x4.mul
                                        (f32x4.add
                                          (v128.const f32x4 1 1 1 1)
                                          (f32x4.add
                                            (local.get $erf2)
                                            (f32x4.mul
                                              (f32x4.mul (local.get $erf2) (local.get $erf2))
                                              (f32x4.add
                                                (f32x4.mul
                                                  (f32x4.add
                                                    (f32x4.mul
                                                      (f32x4.add
                                                        (f32x4.mul
                                                          (f32x4.add
                                                            (f32x4.mul
                                                              (f32x4.add
                                                                (f32x4.mul
                                                                  (v128.const f32x4 0.000198993925 0.000198993925 0.000198993925 0.000198993925)
                                                                  (local.get $erf2))
                                                                (v128.const f32x4 0.00139337332 0.00139337332 0.00139337332 0.00139337332))
                                                              (local.get $erf2))
                                                            (v128.const f32x4 0.00833329834 0.00833329834 0.00833329834 0.00833329834))
                                                          (local.get $erf2))
                                                        (v128.const f32x4 0.0416664642 0.0416664642 0.0416664642 0.0416664642))
                                                      (local.get $erf2))
                                                    (v128.const f32x4 0.166666667 0.166666667 0.166666667 0.166666667))
                                                  (local.get $erf2))
                                                (v128.const f32x4 0.500000001 0.500000001 0.500000001 0.500000001)))))
                                        (i32x4.shl
                                          (i32x4.add
                                            (local.get $erf5)
                                            (v128.const i32x4 127 127 127 127))
                                          (i32.const 23)))
                                      (i32x4.shl
                                        (i32x4.add
                                          (f32x4.add
                                            (f32x4.sub
                                              (local.get $erf3)
                                              (f32x4.sub
                                                (local.get $erf5)
                                                (v128.const f32x4 12582912 12582912 12582912 12582912)))
                                            (v128.const f32x4 12582912 12582912 12582912 12582912))
                                          (v128.const i32x4 127 127 127 127))
                                        (i32.const 23))))
                                  (f32x4.lt (local.get $erf0) (v128.const f32x4 1 1 1 1)))
                                (v128.and
                                  (f32x4.mul
                                    (local.get $value)
                                    (v128.const f32x4 0.7071067811865476 0.7071067811865476 0.7071067811865476 0.7071067811865476))
                                  (v128.const i32x4 -2147483648 -2147483648 -2147483648 -2147483648)))))
                          (local.get $t0_1)))
                      (local.set $value
                        (f32x4.add
                          (local.get $sum10)
                          (v128.load
                            (i32.add (local.get $w3) (i32.shl (local.get $at_1) (i32.const 2))))))
                      (local.set $t0_1
                        (v128.load offset=64
                          (i32.add
                            (i32.add (local.get $t0) (i32.shl (local.get $row) (i32.const 6)))
                            (i32.shl (local.get $at_1) (i32.const 2)))))
                      (local.set $erf0
                        (f32x4.min
                          (f32x4.abs
                            (f32x4.mul
                              (local.get $value)
                              (v128.const f32x4 0.7071067811865476 0.7071067811865476 0.7071067811865476 0.7071067811865476)))
                          (v128.const f32x4 4 4 4 4)))
                      (local.set $erf1 (f32x4.mul (local.get $erf0) (local.get $erf0)))
                      (local.set $erf2
                        (f32x4.max
                          (f32x4.min
                            (f32x4.add
                              (f32x4.mul
                                (f32x4.add
                                  (f32x4.mul
                                    (f32x4.add
                                      (f32x4.mul
                                        (f32x4.add
                                          (f32x4.mul
                                            (f32x4.add
                                              (f32x4.mul
                                                (f32x4.add
                                                  (f32x4.mul
                                                    (f32x4.add
                                                      (f32x4.mul
                                                        (f32x4.add
                                                          (f32x4.mul
                                                            (f32x4.add
                                                              (f32x4.mul
                                                                (v128.const f32x4 -4.98672821e-8 -4.98672821e-8 -4.98672821e-8 -4.98672821e-8)
                                                                (local.get $erf0))
                                                              (v128.const f32x4 0.00000272583874 0.00000272583874 0.00000272583874 0.00000272583874))
                                                            (local.get $erf0))
                                                          (v128.const f32x4 -0.0000563469406 -0.0000563469406 -0.0000563469406 -0.0000563469406))
                                                        (local.get $erf0))
                                                      (v128.const f32x4 0.000651936629 0.000651936629 0.000651936629 0.000651936629))
                                                    (local.get $erf0))
                                                  (v128.const f32x4 -0.00494377565 -0.00494377565 -0.00494377565 -0.00494377565))
                                                (local.get $erf0))
                                              (v128.const f32x4 0.0268181141 0.0268181141 0.0268181141 0.0268181141))
                                            (local.get $erf0))
                                          (v128.const f32x4 -0.110631016 -0.110631016 -0.110631016 -0.110631016))
                                        (local.get $erf0))
                                      (v128.const f32x4 -0.631352146 -0.631352146 -0.631352146 -0.631352146))
                                    (local.get $erf0))
                                  (v128.const f32x4 -1.13046241 -1.13046241 -1.13046241 -1.13046241))
                                (local.get $erf0))
                              (v128.const f32x4 0.000367446915 0.000367446915 0.000367446915 0.000367446915))
                            (v128.const f32x4 89 89 89 89))
                          (v128.const f32x4 -104 -104 -104 -104)))
                      (local.set $erf3
                        (f32x4.sub
                          (f32x4.add
                            (f32x4.mul
                              (local.get $erf2)
                              (v128.const f32x4 1.4426950408889634 1.4426950408889634 1.4426950408889634 1.4426950408889634))
                            (v128.const f32x4 12582912 12582912 12582912 12582912))
                          (v128.const f32x4 12582912 12582912 12582912 12582912)))
                      (local.set $erf2
                        (f32x4.sub
                          (f32x4.sub
                            (local.get $erf2)
                            (f32x4.mul
                              (local.get $erf3)
                              (v128.const f32x4 0.6923828125 0.6923828125 0.6923828125 0.6923828125)))
                          (f32x4.mul
                            (local.get $erf3)
                            (v128.const f32x4 0.0007643680599452862 0.0007643680599452862 0.0007643680599452862 0.0007643680599452862))))
                      (local.set $erf5
                        (f32x4.add
                          (f32x4.mul (local.get $erf3) (v128.const f32x4 0.5 0.5 0.5 0.5))
                          (v128.const f32x4 12582912 12582912 12582912 12582912)))
                      (v128.store offset=28
                        (local.get $out)
                        (f32x4.mul
                          (f32x4.mul
                            (f32x4.mul (local.get $value) (v128.const f32x4 0.5 0.5 0.5 0.5))
                            (f32x4.add
                              (v128.const f32x4 1 1 1 1)
                              (v128.or
                                (v128.bitselect
                                  (f32x4.mul
                                    (local.get $erf0)
                                    (f32x4.add
                                      (f32x4.mul
                                        (f32x4.add
                                          (f32x4.mul
                                            (f32x4.add
                                              (f32x4.mul
                                                (f32x4.add
                                                  (f32x4.mul
                                                    (f32x4.add
                                                      (f32x4.mul
                                                        (f32x4.add
                                                          (f32x4.mul
                                                            (v128.const f32x4 0.0000788249712 0.0000788249712 0.0000788249712 0.0000788249712)
                                                            (local.get $erf1))
                                                          (v128.const f32x4 -0.000801885499 -0.000801885499 -0.000801885499 -0.000801885499))
                                                        (local.get $erf1))
                                                      (v128.const f32x4 0.00518931194 0.00518931194 0.00518931194 0.00518931194))
                                                    (local.get $erf1))
                                                  (v128.const f32x4 -0.0268543288 -0.0268543288 -0.0268543288 -0.0268543288))
                                                (local.get $erf1))
                                              (v128.const f32x4 0.112835975 0.112835975 0.112835975 0.112835975))
                                            (local.get $erf1))
                                          (v128.const f32x4 -0.376126269 -0.376126269 -0.376126269 -0.376126269))
                                        (local.get $erf1))
                                      (v128.const f32x4 1.12837917 1.12837917 1.12837917 1.12837917)))
                                  (f32x4.sub
                                    (v128.const f32x4 1 1 1 1)
                                    (f32x4.mul
                                      (f32x4.mul
                                        (f32x4.add
                                          (v128.const f32x4 1 1 1 1)
                                          (f32x4.add
                                            (local.get $erf2)
                                            (f32x4.mul
                                              (f32x4.mul (local.get $erf2) (local.get $erf2))
                                              (f32x4.add
                                                (f32x4.mul
                                                  (f32x4.add
                                                    (f32x4.mul
                                                      (f32x4.add
                                                        (f32x4.mul
                                                          (f32x4.add
                                                            (f32x4.mul
                                                              (f32x4.add
                                                                (f32x4.mul
                                                                  (v128.const f32x4 0.000198993925 0.000198993925 0.000198993925 0.000198993925)
                                                                  (local.get $erf2))
                                                                (v128.const f32x4 0.00139337332 0.00139337332 0.00139337332 0.00139337332))
                                                              (local.get $erf2))
                                                            (v128.const f32x4 0.00833329834 0.00833329834 0.00833329834 0.00833329834))
                                                          (local.get $erf2))
                                                        (v128.const f32x4 0.0416664642 0.0416664642 0.0416664642 0.0416664642))
                                                      (local.get $erf2))
                                                    (v128.const f32x4 0.166666667 0.166666667 0.166666667 0.166666667))
                                                  (local.get $erf2))
                                                (v128.const f32x4 0.500000001 0.500000001 0.500000001 0.500000001)))))
                                        (i32x4.shl
                                          (i32x4.add
                                            (local.get $erf5)
                                            (v128.const i32x4 127 127 127 127))
                                          (i32.const 23)))
                                      (i32x4.shl
                                        (i32x4.add
                                          (f32x4.add
                                            (f32x4.sub
                                              (local.get $erf3)
                                              (f32x4.sub
                                                (local.get $erf5)
                                                (v128.const f32x4 12582912 12582912 12582912 12582912)))
                                            (v128.const f32x4 12582912 12582912 12582912 12582912))
                                          (v128.const i32x4 127 127 127 127))
                                        (i32.const 23))))
                                  (f32x4.lt (local.get $erf0) (v128.const f32x4 1 1 1 1)))
                                (v128.and
                                  (f32x4.mul
                                    (local.get $value)
                                    (v128.const f32x4 0.7071067811865476 0.7071067811865476 0.7071067811865476 0.7071067811865476))
                                  (v128.const i32x4 -2147483648 -2147483648 -2147483648 -2147483648)))))
                          (local.get $t0_1)))
                      (local.set $value
                        (f32x4.add
                          (local.get $sum20)
                          (v128.load
                            (i32.add (local.get $w3) (i32.shl (local.get $at_1) (i32.const 2))))))
                      (local.set $t0_1
                        (v128.load offset=128
                          (i32.add
                            (i32.add (local.get $t0) (i32.shl (local.get $row) (i32.const 6)))
                            (i32.shl (local.get $at_1) (i32.const 2)))))
                      (local.set $erf0
                        (f32x4.min
                          (f32x4.abs
                            (f32x4.mul
                              (local.get $value)
                              (v128.const f32x4 0.7071067811865476 0.7071067811865476 0.7071067811865476 0.7071067811865476)))
                          (v128.const f32x4 4 4 4 4)))
                      (local.set $erf1 (f32x4.mul (local.get $erf0) (local.get $erf0)))
                      (local.set $erf2
                        (f32x4.max
                          (f32x4.min
                            (f32x4.add
                              (f32x4.mul
                                (f32x4.add
                                  (f32x4.mul
                                    (f32x4.add
                                      (f32x4.mul
                                        (f32x4.add
                                          (f32x4.mul
                                            (f32x4.add
                                              (f32x4.mul
                                                (f32x4.add
                                                  (f32x4.mul
                                                    (f32x4.add
                                                      (f32x4.mul
                                                        (f32x4.add
                                                          (f32x4.mul
                                                            (f32x4.add
                                                              (f32x4.mul
                                                                (v128.const f32x4 -4.98672821e-8 -4.98672821e-8 -4.98672821e-8 -4.98672821e-8)
                                                                (local.get $erf0))
                                                              (v128.const f32x4 0.00000272583874 0.00000272583874 0.00000272583874 0.00000272583874))
                                                            (local.get $erf0))
                                                          (v128.const f32x4 -0.0000563469406 -0.0000563469406 -0.0000563469406 -0.0000563469406))
                                                        (local.get $erf0))
                                                      (v128.const f32x4 0.000651936629 0.000651936629 0.000651936629 0.000651936629))
                                                    (local.get $erf0))
                                                  (v128.const f32x4 -0.00494377565 -0.00494377565 -0.00494377565 -0.00494377565))
                                                (local.get $erf0))
                                              (v128.const f32x4 0.0268181141 0.0268181141 0.0268181141 0.0268181141))
                                            (local.get $erf0))
                                          (v128.const f32x4 -0.110631016 -0.110631016 -0.110631016 -0.110631016))
                                        (local.get $erf0))
                                      (v128.const f32x4 -0.631352146 -0.631352146 -0.631352146 -0.631352146))
                                    (local.get $erf0))
                                  (v128.const f32x4 -1.13046241 -1.13046241 -1.13046241 -1.13046241))
                                (local.get $erf0))
                              (v128.const f32x4 0.000367446915 0.000367446915 0.000367446915 0.000367446915))
                            (v128.const f32x4 89 89 89 89))
                          (v128.const f32x4 -104 -104 -104 -104)))
                      (local.set $erf3
                        (f32x4.sub
                          (f32x4.add
                            (f32x4.mul
                              (local.get $erf2)
                              (v128.const f32x4 1.4426950408889634 1.4426950408889634 1.4426950408889634 1.4426950408889634))
                            (v128.const f32x4 12582912 12582912 12582912 12582912))
                          (v128.const f32x4 12582912 12582912 12582912 12582912)))
                      (local.set $erf2
                        (f32x4.sub
                          (f32x4.sub
                            (local.get $erf2)
                            (f32x4.mul
                              (local.get $erf3)
                              (v128.const f32x4 0.6923828125 0.6923828125 0.6923828125 0.6923828125)))
                          (f32x4.mul
                            (local.get $erf3)
                            (v128.const f32x4 0.0007643680599452862 0.0007643680599452862 0.0007643680599452862 0.0007643680599452862))))
                      (local.set $erf5
                        (f32x4.add
                          (f32x4.mul (local.get $erf3) (v128.const f32x4 0.5 0.5 0.5 0.5))
                          (v128.const f32x4 12582912 12582912 12582912 12582912)))
                      (v128.store offset=56
                        (local.get $out)
                        (f32x4.mul
                          (f32x4.mul
                            (f32x4.mul (local.get $value) (v128.const f32x4 0.5 0.5 0.5 0.5))
                            (f32x4.add
                              (v128.const f32x4 1 1 1 1)
                              (v128.or
                                (v128.bitselect
                                  (f32x4.mul
                                    (local.get $erf0)
                                    (f32x4.add
                                      (f32x4.mul
                                        (f32x4.add
                                          (f32x4.mul
                                            (f32x4.add
                                              (f32x4.mul
                                                (f32x4.add
                                                  (f32x4.mul
                                                    (f32x4.add
                                                      (f32x4.mul
                                                        (f32x4.add
                                                          (f32x4.mul
                                                            (v128.const f32x4 0.0000788249712 0.0000788249712 0.0000788249712 0.0000788249712)
                                                            (local.get $erf1))
                                                          (v128.const f32x4 -0.000801885499 -0.000801885499 -0.000801885499 -0.000801885499))
                                                        (local.get $erf1))
                                                      (v128.const f32x4 0.00518931194 0.00518931194 0.00518931194 0.00518931194))
                                                    (local.get $erf1))
                                                  (v128.const f32x4 -0.0268543288 -0.0268543288 -0.0268543288 -0.0268543288))
                                                (local.get $erf1))
                                              (v128.const f32x4 0.112835975 0.112835975 0.112835975 0.112835975))
                                            (local.get $erf1))
                                          (v128.const f32x4 -0.376126269 -0.376126269 -0.376126269 -0.376126269))
                                        (local.get $erf1))
                                      (v128.const f32x4 1.12837917 1.12837917 1.12837917 1.12837917)))
                                  (f32x4.sub
                                    (v128.const f32x4 1 1 1 1)
                                    (f32x4.mul
                                      (f32x4.mul
                                        (f32x4.add
                                          (v128.const f32x4 1 1 1 1)
                                          (f32x4.add
                                            (local.get $erf2)
                                            (f32x4.mul
                                              (f32x4.mul (local.get $erf2) (local.get $erf2))
                                              (f32x4.add
                                                (f32x4.mul
                                                  (f32x4.add
                                                    (f32x4.mul
                                                      (f32x4.add
                                                        (f32x4.mul
                                                          (f32x4.add
                                                            (f32x4.mul
                                                              (f32x4.add
                                                                (f32x4.mul
                                                                  (v128.const f32x4 0.000198993925 0.000198993925 0.000198993925 0.000198993925)
                                                                  (local.get $erf2))
                                                                (v128.const f32x4 0.00139337332 0.00139337332 0.00139337332 0.00139337332))
                                                              (local.get $erf2))
                                                            (v128.const f32x4 0.00833329834 0.00833329834 0.00833329834 0.00833329834))
                                                          (local.get $erf2))
                                                        (v128.const f32x4 0.0416664642 0.0416664642 0.0416664642 0.0416664642))
                                                      (local.get $erf2))
                                                    (v128.const f32x4 0.166666667 0.166666667 0.166666667 0.166666667))
                                                  (local.get $erf2))
                                                (v128.const f32x4 0.500000001 0.500000001 0.500000001 0.500000001)))))
                                        (i32x4.shl
                                          (i32x4.add
                                            (local.get $erf5)
                                            (v128.const i32x4 127 127 127 127))
                                          (i32.const 23)))
                                      (i32x4.shl
                                        (i32x4.add
                                          (f32x4.add
                                            (f32x4.sub
                                              (local.get $erf3)
                                              (f32x4.sub
                                                (local.get $erf5)
                                                (v128.const f32x4 12582912 12582912 12582912 12582912)))
                                            (v128.const f32x4 12582912 12582912 12582912 12582912))
                                          (v128.const i32x4 127 127 127 127))
                                        (i32.const 23))))
                                  (f32x4.lt (local.get $erf0) (v128.const f32x4 1 1 1 1)))
                                (v128.and
                                  (f32x4.mul
                                    (local.get $value)
                                    (v128.const f32x4 0.7071067811865476 0.7071067811865476 0.7071067811865476 0.7071067811865476))
                                  (v128.const i32x4 -2147483648 -2147483648 -2147483648 -2147483648)))))
                          (local.get $t0_1)))
                      (local.set $value
                        (f32x4.add
                          (local.get $sum30)
                          (v128.load
                            (i32.add (local.get $w3) (i32.shl (local.get $at_1) (i32.const 2))))))
                      (local.set $t0_1
                        (v128.load offset=192
                          (i32.add
                            (i32.add (local.get $t0) (i32.shl (local.get $row) (i32.const 6)))
                            (i32.shl (local.get $at_1) (i32.const 2)))))
                      (local.set $erf0
                        (f32x4.min
                          (f32x4.abs
                            (f32x4.mul
                              (local.get $value)
                              (v128.const f32x4 0.7071067811865476 0.7071067811865476 0.7071067811865476 0.7071067811865476)))
                          (v128.const f32x4 4 4 4 4)))
                      (local.set $erf1 (f32x4.mul (local.get $erf0) (local.get $erf0)))
                      (local.set $erf2
                        (f32x4.max
                          (f32x4.min
                            (f32x4.add
                              (f32x4.mul
                                (f32x4.add
                                  (f32x4.mul
                                    (f32x4.add
                                      (f32x4.mul
                                        (f32x4.add
                                          (f32x4.mul
                                            (f32x4.add
                                              (f32x4.mul
                                                (f32x4.add
                                                  (f32x4.mul
                                                    (f32x4.add
                                                      (f32x4.mul
                                                        (f32x4.add
                                                          (f32x4.mul
                                                            (f32x4.add
                                                              (f32x4.mul
                                                                (v128.const f32x4 -4.98672821e-8 -4.98672821e-8 -4.98672821e-8 -4.98672821e-8)
                                                                (local.get $erf0))
                                                              (v128.const f32x4 0.00000272583874 0.00000272583874 0.00000272583874 0.00000272583874))
                                                            (local.get $erf0))
                                                          (v128.const f32x4 -0.0000563469406 -0.0000563469406 -0.0000563469406 -0.0000563469406))
                                                        (local.get $erf0))
                                                      (v128.const f32x4 0.000651936629 0.000651936629 0.000651936629 0.000651936629))
                                                    (local.get $erf0))
                                                  (v128.const f32x4 -0.00494377565 -0.00494377565 -0.00494377565 -0.00494377565))
                                                (local.get $erf0))
                                              (v128.const f32x4 0.0268181141 0.0268181141 0.0268181141 0.0268181141))
                                            (local.get $erf0))
                                          (v128.const f32x4 -0.110631016 -0.110631016 -0.110631016 -0.110631016))
                                        (local.get $erf0))
                                      (v128.const f32x4 -0.631352146 -0.631352146 -0.631352146 -0.631352146))
                                    (local.get $erf0))
                                  (v128.const f32x4 -1.13046241 -1.13046241 -1.13046241 -1.13046241))
                                (local.get $erf0))
                              (v128.const f32x4 0.000367446915 0.000367446915 0.000367446915 0.000367446915))
                            (v128.const f32x4 89 89 89 89))
                          (v128.const f32x4 -104 -104 -104 -104)))
                      (local.set $erf3
                        (f32x4.sub
                          (f32x4.add
                            (f32x4.mul
                              (local.get $erf2)
                              (v128.const f32x4 1.4426950408889634 1.4426950408889634 1.4426950408889634 1.4426950408889634))
                            (v128.const f32x4 12582912 12582912 12582912 12582912))
                          (v128.const f32x4 12582912 12582912 12582912 12582912)))
                      (local.set $erf2
                        (f32x4.sub
                          (f32x4.sub
                            (local.get $erf2)
                            (f32x4.mul
                              (local.get $erf3)
                              (v128.const f32x4 0.6923828125 0.6923828125 0.6923828125 0.6923828125)))
                          (f32x4.mul
                            (local.get $erf3)
                            (v128.const f32x4 0.0007643680599452862 0.0007643680599452862 0.0007643680599452862 0.0007643680599452862))))
                      (local.set $erf5
                        (f32x4.add
                          (f32x4.mul (local.get $erf3) (v128.const f32x4 0.5 0.5 0.5 0.5))
                          (v128.const f32x4 12582912 12582912 12582912 12582912)))
                      (v128.store offset=84
                        (local.get $out)
                        (f32x4.mul
                          (f32x4.mul
                            (f32x4.mul (local.get $value) (v128.const f32x4 0.5 0.5 0.5 0.5))
                            (f32x4.add
                              (v128.const f32x4 1 1 1 1)
                              (v128.or
                                (v128.bitselect
                                  (f32x4.mul
                                    (local.get $erf0)
                                    (f32x4.add
                                      (f32x4.mul
                                        (f32x4.add
                                          (f32x4.mul
                                            (f32x4.add
                                              (f32x4.mul
                                                (f32x4.add
                                                  (f32x4.mul
                                                    (f32x4.add
                                                      (f32x4.mul
                                                        (f32x4.add
                                                          (f32x4.mul
                                                            (v128.const f32x4 0.0000788249712 0.0000788249712 0.0000788249712 0.0000788249712)
                                                            (local.get $erf1))
                                                          (v128.const f32x4 -0.000801885499 -0.000801885499 -0.000801885499 -0.000801885499))
                                                        (local.get $erf1))
                                                      (v128.const f32x4 0.00518931194 0.00518931194 0.00518931194 0.00518931194))
                                                    (local.get $erf1))
                                                  (v128.const f32x4 -0.0268543288 -0.0268543288 -0.0268543288 -0.0268543288))
                                                (local.get $erf1))
                                              (v128.const f32x4 0.112835975 0.112835975 0.112835975 0.112835975))
                                            (local.get $erf1))
                                          (v128.const f32x4 -0.376126269 -0.376126269 -0.376126269 -0.376126269))
                                        (local.get $erf1))
                                      (v128.const f32x4 1.12837917 1.12837917 1.12837917 1.12837917)))
                                  (f32x4.sub
                                    (v128.const f32x4 1 1 1 1)
                                    (f32x4.mul
                                      (f32x4.mul
                                        (f32x4.add
                                          (v128.const f32x4 1 1 1 1)
                                          (f32x4.add
                                            (local.get $erf2)
                                            (f32x4.mul
                                              (f32x4.mul (local.get $erf2) (local.get $erf2))
                                              (f32x4.add
                                                (f32x4.mul
                                                  (f32x4.add
                                                    (f32x4.mul
                                                      (f32x4.add
                                                        (f32x4.mul
                                                          (f32x4.add
                                                            (f32x4.mul
                                                              (f32x4.add
                                                                (f32x4.mul
                                                                  (v128.const f32x4 0.000198993925 0.000198993925 0.000198993925 0.000198993925)
                                                                  (local.get $erf2))
                                                                (v128.const f32x4 0.00139337332 0.00139337332 0.00139337332 0.00139337332))
                                                              (local.get $erf2))
                                                            (v128.const f32x4 0.00833329834 0.00833329834 0.00833329834 0.00833329834))
                                                          (local.get $erf2))
                                                        (v128.const f32x4 0.0416664642 0.0416664642 0.0416664642 0.0416664642))
                                                      (local.get $erf2))
                                                    (v128.const f32x4 0.166666667 0.166666667 0.166666667 0.166666667))
                                                  (local.get $erf2))
                                                (v128.const f32x4 0.500000001 0.500000001 0.500000001 0.500000001)))))
                                        (i32x4.shl
                                          (i32x4.add
                                            (local.get $erf5)
                                            (v128.const i32x4 127 127 127 127))
                                          (i32.const 23)))
                                      (i32x4.shl
                                        (i32x4.add
                                          (f32x4.add
                                            (f32x4.sub
                                              (local.get $erf3)
                                              (f32x4.sub
                                                (local.get $erf5)
                                                (v128.const f32x4 12582912 12582912 12582912 12582912)))
                                            (v128.const f32x4 12582912 12582912 12582912 12582912))
                                          (v128.const i32x4 127 127 127 127))
                                        (i32.const 23))))
                                  (f32x4.lt (local.get $erf0) (v128.const f32x4 1 1 1 1)))
                                (v128.and
                                  (f32x4.mul
                                    (local.get $value)
                                    (v128.const f32x4 0.7071067811865476 0.7071067811865476 0.7071067811865476 0.7071067811865476))
                                  (v128.const i32x4 -2147483648 -2147483648 -2147483648 -2147483648)))))
                          (local.get $t0_1)))
                      (br_if $row_4.next
                        (i32.lt_s
                          (local.tee $row (i32.add (local.get $row) (i32.const 4)))
                          (local.get $fullRows))))))
                (br_if $q_4.next
                  (i32.lt_s (local.tee $q (i32.add (local.get $q) (i32.const 1))) (i32.const 2))))))
          (if
            (i32.lt_s (local.get $fullRows) (local.get $rows))
            (then
              (local.set $q (i32.const 0))
              (loop $q_5.next
                (local.set $from
                  (select
                    (i32.mul (local.get $q) (i32.const 4))
                    (i32.const 3)
                    (i32.lt_s (i32.mul (local.get $q) (i32.const 4)) (i32.const 3))))
                (local.set $row (local.get $fullRows))
                (if
                  (i32.lt_s (local.get $row) (local.get $rows))
                  (then
                    (local.set $at (local.get $t1))
                    (local.set $w (i32.add (local.get $w2) (i32.shl (local.get $q) (i32.const 5))))
                    (loop $row_5.next
                      (local.set $in
                        (i32.add (local.get $at) (i32.shl (local.get $row) (i32.const 6))))
                      (local.set $at_1 (local.get $from))
                      (local.set $out
                        (i32.add
                          (i32.add
                            (i32.add (local.get $y) (i32.mul (local.get $tile) (i32.const 28)))
                            (i32.mul (local.get $row) (i32.const 28)))
                          (i32.shl (local.get $at_1) (i32.const 2))))
                      (local.set $sum00 (v128.const f32x4 0 0 0 0))
                      (local.set $t0_1 (v128.load32_splat (local.get $in)))
                      (local.set $sum00
                        (f32x4.add
                          (local.get $sum00)
                          (f32x4.mul (local.get $t0_1) (v128.load (local.get $w)))))
                      (local.set $t0_1 (v128.load32_splat offset=4 (local.get $in)))
                      (local.set $sum00
                        (f32x4.add
                          (local.get $sum00)
                          (f32x4.mul (local.get $t0_1) (v128.load offset=16 (local.get $w)))))
                      (local.set $value
                        (f32x4.add
                          (local.get $sum00)
                          (v128.load
                            (i32.add (local.get $w3) (i32.shl (local.get $at_1) (i32.const 2))))))
                      (local.set $t0_1
                        (v128.load
                          (i32.add
                            (i32.add (local.get $t0) (i32.shl (local.get $row) (i32.const 6)))
                            (i32.shl (local.get $at_1) (i32.const 2)))))
                      (local.set $erf0
                        (f32x4.min
                          (f32x4.abs
                            (f32x4.mul
                              (local.get $value)
                              (v128.const f32x4 0.7071067811865476 0.7071067811865476 0.7071067811865476 0.7071067811865476)))
                          (v128.const f32x4 4 4 4 4)))
                      (local.set $erf1 (f32x4.mul (local.get $erf0) (local.get $erf0)))
                      (local.set $erf2
                        (f32x4.max
                          (f32x4.min
                            (f32x4.add
                              (f32x4.mul
                                (f32x4.add
                                  (f32x4.mul
                                    (f32x4.add
                                      (f32x4.mul
                                        (f32x4.add
                                          (f32x4.mul
                                            (f32x4.add
                                              (f32x4.mul
                                                (f32x4.add
                                                  (f32x4.mul
                                                    (f32x4.add
                                                      (f32x4.mul
                                                        (f32x4.add
                                                          (f32x4.mul
                                                            (f32x4.add
                                                              (f32x4.mul
                                                                (v128.const f32x4 -4.98672821e-8 -4.98672821e-8 -4.98672821e-8 -4.98672821e-8)
                                                                (local.get $erf0))
                                                              (v128.const f32x4 0.00000272583874 0.00000272583874 0.00000272583874 0.00000272583874))
                                                            (local.get $erf0))
                                                          (v128.const f32x4 -0.0000563469406 -0.0000563469406 -0.0000563469406 -0.0000563469406))
                                                        (local.get $erf0))
                                                      (v128.const f32x4 0.000651936629 0.000651936629 0.000651936629 0.000651936629))
                                                    (local.get $erf0))
                                                  (v128.const f32x4 -0.00494377565 -0.00494377565 -0.00494377565 -0.00494377565))
                                                (local.get $erf0))
                                              (v128.const f32x4 0.0268181141 0.0268181141 0.0268181141 0.0268181141))
                                            (local.get $erf0))
                                          (v128.const f32x4 -0.110631016 -0.110631016 -0.110631016 -0.110631016))
                                        (local.get $erf0))
                                      (v128.const f32x4 -0.631352146 -0.631352146 -0.631352146 -0.631352146))
                                    (local.get $erf0))
                                  (v128.const f32x4 -1.13046241 -1.13046241 -1.13046241 -1.13046241))
                                (local.get $erf0))
                              (v128.const f32x4 0.000367446915 0.000367446915 0.000367446915 0.000367446915))
                            (v128.const f32x4 89 89 89 89))
                          (v128.const f32x4 -104 -104 -104 -104)))
                      (local.set $erf3
                        (f32x4.sub
                          (f32x4.add
                            (f32x4.mul
                              (local.get $erf2)
                              (v128.const f32x4 1.4426950408889634 1.4426950408889634 1.4426950408889634 1.4426950408889634))
                            (v128.const f32x4 12582912 12582912 12582912 12582912))
                          (v128.const f32x4 12582912 12582912 12582912 12582912)))
                      (local.set $erf2
                        (f32x4.sub
                          (f32x4.sub
                            (local.get $erf2)
                            (f32x4.mul
                              (local.get $erf3)
                              (v128.const f32x4 0.6923828125 0.6923828125 0.6923828125 0.6923828125)))
                          (f32x4.mul
                            (local.get $erf3)
                            (v128.const f32x4 0.0007643680599452862 0.0007643680599452862 0.0007643680599452862 0.0007643680599452862))))
                      (local.set $erf5
                        (f32x4.add
                          (f32x4.mul (local.get $erf3) (v128.const f32x4 0.5 0.5 0.5 0.5))
                          (v128.const f32x4 12582912 12582912 12582912 12582912)))
                      (v128.store
                        (local.get $out)
                        (f32x4.mul
                          (f32x4.mul
                            (f32x4.mul (local.get $value) (v128.const f32x4 0.5 0.5 0.5 0.5))
                            (f32x4.add
                              (v128.const f32x4 1 1 1 1)
                              (v128.or
                                (v128.bitselect
                                  (f32x4.mul
                                    (local.get $erf0)
                                    (f32x4.add
                                      (f32x4.mul
                                        (f32x4.add
                                          (f32x4.mul
                                            (f32x4.add
                                              (f32x4.mul
                                                (f32x4.add
                                                  (f32x4.mul
                                                    (f32x4.add
                                                      (f32x4.mul
                                                        (f32x4.add
                                                          (f32x4.mul
                                                            (v128.const f32x4 0.0000788249712 0.0000788249712 0.0000788249712 0.0000788249712)
                                                            (local.get $erf1))
                                                          (v128.const f32x4 -0.000801885499 -0.000801885499 -0.000801885499 -0.000801885499))
                                                        (local.get $erf1))
                                                      (v128.const f32x4 0.00518931194 0.00518931194 0.00518931194 0.00518931194))
                                                    (local.get $erf1))
                                                  (v128.const f32x4 -0.0268543288 -0.0268543288 -0.0268543288 -0.0268543288))
                                                (local.get $erf1))
                                              (v128.const f32x4 0.112835975 0.112835975 0.112835975 0.112835975))
                                            (local.get $erf1))
                                          (v128.const f32x4 -0.376126269 -0.376126269 -0.376126269 -0.376126269))
                                        (local.get $erf1))
                                      (v128.const f32x4 1.12837917 1.12837917 1.12837917 1.12837917)))
                                  (f32x4.sub
                                    (v128.const f32x4 1 1 1 1)
                                    (f32x4.mul
                                      (f32x4.mul
                                        (f32x4.add
                                          (v128.const f32x4 1 1 1 1)
                                          (f32x4.add
                                            (local.get $erf2)
                                            (f32x4.mul
                                              (f32x4.mul (local.get $erf2) (local.get $erf2))
                                              (f32x4.add
                                                (f32x4.mul
                                                  (f32x4.add
                                                    (f32x4.mul
                                                      (f32x4.add
                                                        (f32x4.mul
                                                          (f32x4.add
                                                            (f32x4.mul
                                                              (f32x4.add
                                                                (f32x4.mul
                                                                  (v128.const f32x4 0.000198993925 0.000198993925 0.000198993925 0.000198993925)
                                                                  (local.get $erf2))
                                                                (v128.const f32x4 0.00139337332 0.00139337332 0.00139337332 0.00139337332))
                                                              (local.get $erf2))
                                                            (v128.const f32x4 0.00833329834 0.00833329834 0.00833329834 0.00833329834))
                                                          (local.get $erf2))
                                                        (v128.const f32x4 0.0416664642 0.0416664642 0.0416664642 0.0416664642))
                                                      (local.get $erf2))
                                                    (v128.const f32x4 0.166666667 0.166666667 0.166666667 0.166666667))
                                                  (local.get $erf2))
                                                (v128.const f32x4 0.500000001 0.500000001 0.500000001 0.500000001)))))
                                        (i32x4.shl
                                          (i32x4.add
                                            (local.get $erf5)
                                            (v128.const i32x4 127 127 127 127))
                                          (i32.const 23)))
                                      (i32x4.shl
                                        (i32x4.add
                                          (f32x4.add
                                            (f32x4.sub
                                              (local.get $erf3)
                                              (f32x4.sub
                                                (local.get $erf5)
                                                (v128.const f32x4 12582912 12582912 12582912 12582912)))
                                            (v128.const f32x4 12582912 12582912 12582912 12582912))
                                          (v128.const i32x4 127 127 127 127))
                                        (i32.const 23))))
                                  (f32x4.lt (local.get $erf0) (v128.const f32x4 1 1 1 1)))
                                (v128.and
                                  (f32x4.mul
                                    (local.get $value)
                                    (v128.const f32x4 0.7071067811865476 0.7071067811865476 0.7071067811865476 0.7071067811865476))
                                  (v128.const i32x4 -2147483648 -2147483648 -2147483648 -2147483648)))))
                          (local.get $t0_1)))
                      (br_if $row_5.next
                        (i32.lt_s
                          (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                          (local.get $rows))))))
                (br_if $q_5.next
                  (i32.lt_s (local.tee $q (i32.add (local.get $q) (i32.const 1))) (i32.const 2))))))
          (br_if $tile.next
            (i32.lt_s
              (local.tee $tile (i32.add (local.get $tile) (i32.const 8)))
              (local.get $batch))))))))
