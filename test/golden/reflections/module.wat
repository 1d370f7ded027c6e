;; golden
(module
  (import "env" "memory" (memory 1))
  ;; reflections[n=6, k=2]: 6 -> 6
  (func $reflections6
    (export "reflections6")
    ;; x: input [batch, 6]
    (param $x i32)
    ;; y: output [batch, 6]
    (param $y i32)
    ;; t0: scratch [8, 2]
    (param $t0 i32)
    ;; t1: scratch [8, 2]
    (param $t1 i32)
    ;; w0: dense [2, 6]
    (param $w0 i32)
    ;; w1: dense [2, 2]
    (param $w1 i32)
    ;; w2: dense [6, 2]
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
    (local $sum00 f32)
    (local $sum01 f32)
    (local $sum10 f32)
    (local $sum11 f32)
    (local $sum20 f32)
    (local $sum21 f32)
    (local $sum30 f32)
    (local $sum31 f32)
    (local $p i32)
    (local $inAt i32)
    (local $wAt i32)
    (local $weight f32)
    (local $weight_1 f32)
    (local $x_1 f32)
    (local $t0_1 f32)
    (local $q_4 i32)
    (local $from i32)
    (local $at_10 i32)
    (local $sum00_4 v128)
    (local $sum10_2 v128)
    (local $sum20_2 v128)
    (local $sum30_2 v128)
    (local $weight_12 v128)
    (local $from_1 i32)
    (local $t1_9 v128)
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
          ;; t0 = dense [2, 6] * x
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
                        (i32.add (local.get $at) (i32.mul (local.get $tile) (i32.const 24)))
                        (i32.mul (local.get $row) (i32.const 24))))
                    (local.set $out
                      (i32.add (local.get $at_1) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $sum00 (f32.const 0))
                    (local.set $sum01 (f32.const 0))
                    (local.set $sum10 (f32.const 0))
                    (local.set $sum11 (f32.const 0))
                    (local.set $sum20 (f32.const 0))
                    (local.set $sum21 (f32.const 0))
                    (local.set $sum30 (f32.const 0))
                    (local.set $sum31 (f32.const 0))
                    (local.set $p (i32.const 0))
                    (local.set $inAt (local.get $in))
                    (local.set $wAt (local.get $w))
                    (loop $p.next
                      (local.set $weight (f32.load (local.get $wAt)))
                      (local.set $weight_1 (f32.load offset=4 (local.get $wAt)))
                      (local.set $sum00
                        (f32.add
                          (local.get $sum00)
                          (f32.mul
                            (local.tee $x_1 (f32.load (local.get $inAt)))
                            (local.get $weight))))
                      (local.set $sum01
                        (f32.add
                          (local.get $sum01)
                          (f32.mul (local.get $x_1) (local.get $weight_1))))
                      (local.set $sum10
                        (f32.add
                          (local.get $sum10)
                          (f32.mul
                            (local.tee $x_1 (f32.load offset=24 (local.get $inAt)))
                            (local.get $weight))))
                      (local.set $sum11
                        (f32.add
                          (local.get $sum11)
                          (f32.mul (local.get $x_1) (local.get $weight_1))))
                      (local.set $sum20
                        (f32.add
                          (local.get $sum20)
                          (f32.mul
                            (local.tee $x_1 (f32.load offset=48 (local.get $inAt)))
                            (local.get $weight))))
                      (local.set $sum21
                        (f32.add
                          (local.get $sum21)
                          (f32.mul (local.get $x_1) (local.get $weight_1))))
                      (local.set $sum30
                        (f32.add
                          (local.get $sum30)
                          (f32.mul
                            (local.tee $x_1 (f32.load offset=72 (local.get $inAt)))
                            (local.get $weight))))
                      (local.set $sum31
                        (f32.add
                          (local.get $sum31)
                          (f32.mul (local.get $x_1) (local.get $weight_1))))
                      (local.set $inAt (i32.add (local.get $inAt) (i32.const 4)))
                      (local.set $wAt (i32.add (local.get $wAt) (i32.const 8)))
                      (br_if $p.next
                        (i32.lt_s
                          (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                          (i32.const 6))))
                    (f32.store (local.get $out) (local.get $sum00))
                    (f32.store offset=4 (local.get $out) (local.get $sum01))
                    (f32.store offset=64 (local.get $out) (local.get $sum10))
                    (f32.store offset=68 (local.get $out) (local.get $sum11))
                    (f32.store offset=128 (local.get $out) (local.get $sum20))
                    (f32.store offset=132 (local.get $out) (local.get $sum21))
                    (f32.store offset=192 (local.get $out) (local.get $sum30))
                    (f32.store offset=196 (local.get $out) (local.get $sum31))
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
                        (i32.add (local.get $at) (i32.mul (local.get $tile) (i32.const 24)))
                        (i32.mul (local.get $row) (i32.const 24))))
                    (local.set $out
                      (i32.add (local.get $at_1) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $sum00 (f32.const 0))
                    (local.set $sum01 (f32.const 0))
                    (local.set $p (i32.const 0))
                    (local.set $inAt (local.get $in))
                    (local.set $wAt (local.get $w))
                    (loop $p_1.next
                      (local.set $x_1 (f32.load (local.get $inAt)))
                      (local.set $sum00
                        (f32.add
                          (local.get $sum00)
                          (f32.mul (local.get $x_1) (f32.load (local.get $wAt)))))
                      (local.set $sum01
                        (f32.add
                          (local.get $sum01)
                          (f32.mul (local.get $x_1) (f32.load offset=4 (local.get $wAt)))))
                      (local.set $inAt (i32.add (local.get $inAt) (i32.const 4)))
                      (local.set $wAt (i32.add (local.get $wAt) (i32.const 8)))
                      (br_if $p_1.next
                        (i32.lt_s
                          (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                          (i32.const 6))))
                    (f32.store (local.get $out) (local.get $sum00))
                    (f32.store offset=4 (local.get $out) (local.get $sum01))
                    (br_if $row_1.next
                      (i32.lt_s
                        (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                        (local.get $rows))))))))
          ;; t1 = dense [2, 2] * t0
          (if
            (i32.lt_s (i32.const 0) (local.get $fullRows))
            (then
              (local.set $row (i32.const 0))
              (if
                (i32.lt_s (local.get $row) (local.get $fullRows))
                (then
                  (local.set $at (local.get $t0))
                  (local.set $at_1 (local.get $t1))
                  (local.set $w (local.get $w1))
                  (loop $row_2.next
                    (local.set $in
                      (i32.add (local.get $at) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $out
                      (i32.add (local.get $at_1) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $sum00 (f32.const 0))
                    (local.set $sum01 (f32.const 0))
                    (local.set $sum10 (f32.const 0))
                    (local.set $sum11 (f32.const 0))
                    (local.set $sum20 (f32.const 0))
                    (local.set $sum21 (f32.const 0))
                    (local.set $sum30 (f32.const 0))
                    (local.set $sum31 (f32.const 0))
                    (local.set $weight (f32.load (local.get $w)))
                    (local.set $weight_1 (f32.load offset=4 (local.get $w)))
                    (local.set $sum00
                      (f32.add
                        (local.get $sum00)
                        (f32.mul (local.tee $t0_1 (f32.load (local.get $in))) (local.get $weight))))
                    (local.set $sum01
                      (f32.add (local.get $sum01) (f32.mul (local.get $t0_1) (local.get $weight_1))))
                    (local.set $sum10
                      (f32.add
                        (local.get $sum10)
                        (f32.mul
                          (local.tee $t0_1 (f32.load offset=64 (local.get $in)))
                          (local.get $weight))))
                    (local.set $sum11
                      (f32.add (local.get $sum11) (f32.mul (local.get $t0_1) (local.get $weight_1))))
                    (local.set $sum20
                      (f32.add
                        (local.get $sum20)
                        (f32.mul
                          (local.tee $t0_1 (f32.load offset=128 (local.get $in)))
                          (local.get $weight))))
                    (local.set $sum21
                      (f32.add (local.get $sum21) (f32.mul (local.get $t0_1) (local.get $weight_1))))
                    (local.set $sum30
                      (f32.add
                        (local.get $sum30)
                        (f32.mul
                          (local.tee $t0_1 (f32.load offset=192 (local.get $in)))
                          (local.get $weight))))
                    (local.set $sum31
                      (f32.add (local.get $sum31) (f32.mul (local.get $t0_1) (local.get $weight_1))))
                    (local.set $weight (f32.load offset=8 (local.get $w)))
                    (local.set $weight_1 (f32.load offset=12 (local.get $w)))
                    (local.set $sum00
                      (f32.add
                        (local.get $sum00)
                        (f32.mul
                          (local.tee $t0_1 (f32.load offset=4 (local.get $in)))
                          (local.get $weight))))
                    (local.set $sum01
                      (f32.add (local.get $sum01) (f32.mul (local.get $t0_1) (local.get $weight_1))))
                    (local.set $sum10
                      (f32.add
                        (local.get $sum10)
                        (f32.mul
                          (local.tee $t0_1 (f32.load offset=68 (local.get $in)))
                          (local.get $weight))))
                    (local.set $sum11
                      (f32.add (local.get $sum11) (f32.mul (local.get $t0_1) (local.get $weight_1))))
                    (local.set $sum20
                      (f32.add
                        (local.get $sum20)
                        (f32.mul
                          (local.tee $t0_1 (f32.load offset=132 (local.get $in)))
                          (local.get $weight))))
                    (local.set $sum21
                      (f32.add (local.get $sum21) (f32.mul (local.get $t0_1) (local.get $weight_1))))
                    (local.set $sum30
                      (f32.add
                        (local.get $sum30)
                        (f32.mul
                          (local.tee $t0_1 (f32.load offset=196 (local.get $in)))
                          (local.get $weight))))
                    (local.set $sum31
                      (f32.add (local.get $sum31) (f32.mul (local.get $t0_1) (local.get $weight_1))))
                    (f32.store (local.get $out) (local.get $sum00))
                    (f32.store offset=4 (local.get $out) (local.get $sum01))
                    (f32.store offset=64 (local.get $out) (local.get $sum10))
                    (f32.store offset=68 (local.get $out) (local.get $sum11))
                    (f32.store offset=128 (local.get $out) (local.get $sum20))
                    (f32.store offset=132 (local.get $out) (local.get $sum21))
                    (f32.store offset=192 (local.get $out) (local.get $sum30))
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
                  (local.set $at (local.get $t0))
                  (local.set $at_1 (local.get $t1))
                  (local.set $w (local.get $w1))
                  (loop $row_3.next
                    (local.set $in
                      (i32.add (local.get $at) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $out
                      (i32.add (local.get $at_1) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $sum00 (f32.const 0))
                    (local.set $sum01 (f32.const 0))
                    (local.set $t0_1 (f32.load (local.get $in)))
                    (local.set $sum00
                      (f32.add
                        (local.get $sum00)
                        (f32.mul (local.get $t0_1) (f32.load (local.get $w)))))
                    (local.set $sum01
                      (f32.add
                        (local.get $sum01)
                        (f32.mul (local.get $t0_1) (f32.load offset=4 (local.get $w)))))
                    (local.set $t0_1 (f32.load offset=4 (local.get $in)))
                    (local.set $sum00
                      (f32.add
                        (local.get $sum00)
                        (f32.mul (local.get $t0_1) (f32.load offset=8 (local.get $w)))))
                    (local.set $sum01
                      (f32.add
                        (local.get $sum01)
                        (f32.mul (local.get $t0_1) (f32.load offset=12 (local.get $w)))))
                    (f32.store (local.get $out) (local.get $sum00))
                    (f32.store offset=4 (local.get $out) (local.get $sum01))
                    (br_if $row_3.next
                      (i32.lt_s
                        (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                        (local.get $rows))))))))
          ;; y = dense [6, 2] * t1 + x
          (if
            (i32.lt_s (i32.const 0) (local.get $fullRows))
            (then
              (local.set $q_4 (i32.const 0))
              (loop $q_4.next
                (local.set $from
                  (select
                    (i32.mul (local.get $q_4) (i32.const 4))
                    (i32.const 2)
                    (i32.lt_s (i32.mul (local.get $q_4) (i32.const 4)) (i32.const 2))))
                (local.set $row (i32.const 0))
                (if
                  (i32.lt_s (local.get $row) (local.get $fullRows))
                  (then
                    (local.set $at (local.get $t1))
                    (local.set $at_1
                      (i32.add (local.get $y) (i32.shl (local.get $from) (i32.const 2))))
                    (local.set $w
                      (i32.add (local.get $w2) (i32.shl (local.get $q_4) (i32.const 5))))
                    (local.set $at_10
                      (i32.add (local.get $x) (i32.shl (local.get $from) (i32.const 2))))
                    (loop $row_4.next
                      (local.set $in
                        (i32.add (local.get $at) (i32.shl (local.get $row) (i32.const 6))))
                      (local.set $out
                        (i32.add
                          (i32.add (local.get $at_1) (i32.mul (local.get $tile) (i32.const 24)))
                          (i32.mul (local.get $row) (i32.const 24))))
                      (local.set $sum00_4
                        (local.tee $sum10_2
                          (local.tee $sum20_2 (local.tee $sum30_2 (v128.const f32x4 0 0 0 0)))))
                      (local.set $weight_12 (v128.load (local.get $w)))
                      (local.set $sum00_4
                        (f32x4.add
                          (local.get $sum00_4)
                          (f32x4.mul (v128.load32_splat (local.get $in)) (local.get $weight_12))))
                      (local.set $sum10_2
                        (f32x4.add
                          (local.get $sum10_2)
                          (f32x4.mul
                            (v128.load32_splat offset=64 (local.get $in))
                            (local.get $weight_12))))
                      (local.set $sum20_2
                        (f32x4.add
                          (local.get $sum20_2)
                          (f32x4.mul
                            (v128.load32_splat offset=128 (local.get $in))
                            (local.get $weight_12))))
                      (local.set $sum30_2
                        (f32x4.add
                          (local.get $sum30_2)
                          (f32x4.mul
                            (v128.load32_splat offset=192 (local.get $in))
                            (local.get $weight_12))))
                      (local.set $weight_12 (v128.load offset=16 (local.get $w)))
                      (local.set $sum00_4
                        (f32x4.add
                          (local.get $sum00_4)
                          (f32x4.mul
                            (v128.load32_splat offset=4 (local.get $in))
                            (local.get $weight_12))))
                      (local.set $sum10_2
                        (f32x4.add
                          (local.get $sum10_2)
                          (f32x4.mul
                            (v128.load32_splat offset=68 (local.get $in))
                            (local.get $weight_12))))
                      (local.set $sum20_2
                        (f32x4.add
                          (local.get $sum20_2)
                          (f32x4.mul
                            (v128.load32_splat offset=132 (local.get $in))
                            (local.get $weight_12))))
                      (local.set $sum30_2
                        (f32x4.add
                          (local.get $sum30_2)
                          (f32x4.mul
                            (v128.load32_splat offset=196 (local.get $in))
                            (local.get $weight_12))))
                      (local.set $from_1
                        (i32.add
                          (i32.add (local.get $at_10) (i32.mul (local.get $tile) (i32.const 24)))
                          (i32.mul (local.get $row) (i32.const 24))))
                      (local.set $sum00_4
                        (f32x4.add (local.get $sum00_4) (v128.load (local.get $from_1))))
                      (local.set $sum10_2
                        (f32x4.add (local.get $sum10_2) (v128.load offset=24 (local.get $from_1))))
                      (local.set $sum20_2
                        (f32x4.add (local.get $sum20_2) (v128.load offset=48 (local.get $from_1))))
                      (local.set $sum30_2
                        (f32x4.add (local.get $sum30_2) (v128.load offset=72 (local.get $from_1))))
                      (v128.store (local.get $out) (local.get $sum00_4))
                      (v128.store offset=24 (local.get $out) (local.get $sum10_2))
                      (v128.store offset=48 (local.get $out) (local.get $sum20_2))
                      (v128.store offset=72 (local.get $out) (local.get $sum30_2))
                      (br_if $row_4.next
                        (i32.lt_s
                          (local.tee $row (i32.add (local.get $row) (i32.const 4)))
                          (local.get $fullRows))))))
                (br_if $q_4.next
                  (i32.lt_s (local.tee $q_4 (i32.add (local.get $q_4) (i32.const 1))) (i32.const 2))))))
          (if
            (i32.lt_s (local.get $fullRows) (local.get $rows))
            (then
              (local.set $q_4 (i32.const 0))
              (loop $q_5.next
                (local.set $from
                  (select
                    (i32.mul (local.get $q_4) (i32.const 4))
                    (i32.const 2)
                    (i32.lt_s (i32.mul (local.get $q_4) (i32.const 4)) (i32.const 2))))
                (local.set $row (local.get $fullRows))
                (if
                  (i32.lt_s (local.get $row) (local.get $rows))
                  (then
                    (local.set $at (local.get $t1))
                    (local.set $at_1
                      (i32.add (local.get $y) (i32.shl (local.get $from) (i32.const 2))))
                    (local.set $w
                      (i32.add (local.get $w2) (i32.shl (local.get $q_4) (i32.const 5))))
                    (local.set $at_10
                      (i32.add (local.get $x) (i32.shl (local.get $from) (i32.const 2))))
                    (loop $row_5.next
                      (local.set $in
                        (i32.add (local.get $at) (i32.shl (local.get $row) (i32.const 6))))
                      (local.set $out
                        (i32.add
                          (i32.add (local.get $at_1) (i32.mul (local.get $tile) (i32.const 24)))
                          (i32.mul (local.get $row) (i32.const 24))))
                      (local.set $sum00_4 (v128.const f32x4 0 0 0 0))
                      (local.set $t1_9 (v128.load32_splat (local.get $in)))
                      (local.set $sum00_4
                        (f32x4.add
                          (local.get $sum00_4)
                          (f32x4.mul (local.get $t1_9) (v128.load (local.get $w)))))
                      (local.set $t1_9 (v128.load32_splat offset=4 (local.get $in)))
                      (local.set $sum00_4
                        (f32x4.add
                          (local.get $sum00_4)
                          (f32x4.mul (local.get $t1_9) (v128.load offset=16 (local.get $w)))))
                      (local.set $from_1
                        (i32.add
                          (i32.add (local.get $at_10) (i32.mul (local.get $tile) (i32.const 24)))
                          (i32.mul (local.get $row) (i32.const 24))))
                      (local.set $sum00_4
                        (f32x4.add (local.get $sum00_4) (v128.load (local.get $from_1))))
                      (v128.store (local.get $out) (local.get $sum00_4))
                      (br_if $row_5.next
                        (i32.lt_s
                          (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                          (local.get $rows))))))
                (br_if $q_5.next
                  (i32.lt_s (local.tee $q_4 (i32.add (local.get $q_4) (i32.const 1))) (i32.const 2))))))
          (br_if $tile.next
            (i32.lt_s
              (local.tee $tile (i32.add (local.get $tile) (i32.const 8)))
              (local.get $batch))))))))
