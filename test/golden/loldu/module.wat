;; golden
(module
  (import "env" "memory" (memory 1))
  ;; loldu[n=6, m=4, r=2]: 6 -> 4
  (func $loldu6
    (export "loldu6")
    ;; x: input [batch, 6]
    (param $x i32)
    ;; y: output [batch, 4]
    (param $y i32)
    ;; t0: scratch [8, 2]
    (param $t0 i32)
    ;; w0: dense [4, 6]
    (param $w0 i32)
    ;; w1: dense [2, 6]
    (param $w1 i32)
    ;; w2: dense [4, 2]
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
    (local $t0_9 v128)
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
          ;; y = dense [4, 6] * x
          (if
            (i32.lt_s (i32.const 0) (local.get $fullRows))
            (then
              (local.set $row (i32.const 0))
              (if
                (i32.lt_s (local.get $row) (local.get $fullRows))
                (then
                  (local.set $at (local.get $x))
                  (local.set $at_1 (local.get $y))
                  (local.set $w (local.get $w0))
                  (loop $row.next
                    (local.set $in
                      (i32.add
                        (i32.add (local.get $at) (i32.mul (local.get $tile) (i32.const 24)))
                        (i32.mul (local.get $row) (i32.const 24))))
                    (local.set $out
                      (i32.add
                        (i32.add (local.get $at_1) (i32.shl (local.get $tile) (i32.const 4)))
                        (i32.shl (local.get $row) (i32.const 4))))
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
                            (v128.load32_splat offset=24 (local.get $inAt))
                            (local.get $weight))))
                      (local.set $sum20
                        (f32x4.add
                          (local.get $sum20)
                          (f32x4.mul
                            (v128.load32_splat offset=48 (local.get $inAt))
                            (local.get $weight))))
                      (local.set $sum30
                        (f32x4.add
                          (local.get $sum30)
                          (f32x4.mul
                            (v128.load32_splat offset=72 (local.get $inAt))
                            (local.get $weight))))
                      (local.set $inAt (i32.add (local.get $inAt) (i32.const 4)))
                      (local.set $wAt (i32.add (local.get $wAt) (i32.const 16)))
                      (br_if $p.next
                        (i32.lt_s
                          (local.tee $p (i32.add (local.get $p) (i32.const 1)))
                          (i32.const 6))))
                    (v128.store (local.get $out) (local.get $sum00))
                    (v128.store offset=16 (local.get $out) (local.get $sum10))
                    (v128.store offset=32 (local.get $out) (local.get $sum20))
                    (v128.store offset=48 (local.get $out) (local.get $sum30))
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
                  (local.set $at_1 (local.get $y))
                  (local.set $w (local.get $w0))
                  (loop $row_1.next
                    (local.set $in
                      (i32.add
                        (i32.add (local.get $at) (i32.mul (local.get $tile) (i32.const 24)))
                        (i32.mul (local.get $row) (i32.const 24))))
                    (local.set $out
                      (i32.add
                        (i32.add (local.get $at_1) (i32.shl (local.get $tile) (i32.const 4)))
                        (i32.shl (local.get $row) (i32.const 4))))
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
                          (i32.const 6))))
                    (v128.store (local.get $out) (local.get $sum00))
                    (br_if $row_1.next
                      (i32.lt_s
                        (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                        (local.get $rows))))))))
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
                  (local.set $w (local.get $w1))
                  (loop $row_2.next
                    (local.set $in
                      (i32.add
                        (i32.add (local.get $at) (i32.mul (local.get $tile) (i32.const 24)))
                        (i32.mul (local.get $row) (i32.const 24))))
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
                            (local.tee $x_6 (f32.load offset=24 (local.get $inAt)))
                            (local.get $weight_2))))
                      (local.set $sum11
                        (f32.add
                          (local.get $sum11)
                          (f32.mul (local.get $x_6) (local.get $weight_3))))
                      (local.set $sum20_1
                        (f32.add
                          (local.get $sum20_1)
                          (f32.mul
                            (local.tee $x_6 (f32.load offset=48 (local.get $inAt)))
                            (local.get $weight_2))))
                      (local.set $sum21
                        (f32.add
                          (local.get $sum21)
                          (f32.mul (local.get $x_6) (local.get $weight_3))))
                      (local.set $sum30_1
                        (f32.add
                          (local.get $sum30_1)
                          (f32.mul
                            (local.tee $x_6 (f32.load offset=72 (local.get $inAt)))
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
                          (i32.const 6))))
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
                  (local.set $at_1 (local.get $t0))
                  (local.set $w (local.get $w1))
                  (loop $row_3.next
                    (local.set $in
                      (i32.add
                        (i32.add (local.get $at) (i32.mul (local.get $tile) (i32.const 24)))
                        (i32.mul (local.get $row) (i32.const 24))))
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
                          (i32.const 6))))
                    (f32.store (local.get $out) (local.get $sum00_2))
                    (f32.store offset=4 (local.get $out) (local.get $sum01))
                    (br_if $row_3.next
                      (i32.lt_s
                        (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                        (local.get $rows))))))))
          ;; y += dense [4, 2] * t0
          (if
            (i32.lt_s (i32.const 0) (local.get $fullRows))
            (then
              (local.set $row (i32.const 0))
              (if
                (i32.lt_s (local.get $row) (local.get $fullRows))
                (then
                  (local.set $at (local.get $t0))
                  (local.set $at_1 (local.get $y))
                  (local.set $w (local.get $w2))
                  (loop $row_4.next
                    (local.set $in
                      (i32.add (local.get $at) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $out
                      (i32.add
                        (i32.add (local.get $at_1) (i32.shl (local.get $tile) (i32.const 4)))
                        (i32.shl (local.get $row) (i32.const 4))))
                    (local.set $sum00 (v128.load (local.get $out)))
                    (local.set $sum10 (v128.load offset=16 (local.get $out)))
                    (local.set $sum20 (v128.load offset=32 (local.get $out)))
                    (local.set $sum30 (v128.load offset=48 (local.get $out)))
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
                        (f32x4.mul (v128.load32_splat offset=4 (local.get $in)) (local.get $weight))))
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
                    (v128.store (local.get $out) (local.get $sum00))
                    (v128.store offset=16 (local.get $out) (local.get $sum10))
                    (v128.store offset=32 (local.get $out) (local.get $sum20))
                    (v128.store offset=48 (local.get $out) (local.get $sum30))
                    (br_if $row_4.next
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
                  (local.set $at_1 (local.get $y))
                  (local.set $w (local.get $w2))
                  (loop $row_5.next
                    (local.set $in
                      (i32.add (local.get $at) (i32.shl (local.get $row) (i32.const 6))))
                    (local.set $out
                      (i32.add
                        (i32.add (local.get $at_1) (i32.shl (local.get $tile) (i32.const 4)))
                        (i32.shl (local.get $row) (i32.const 4))))
                    (local.set $sum00 (v128.load (local.get $out)))
                    (local.set $t0_9 (v128.load32_splat (local.get $in)))
                    (local.set $sum00
                      (f32x4.add
                        (local.get $sum00)
                        (f32x4.mul (local.get $t0_9) (v128.load (local.get $w)))))
                    (local.set $t0_9 (v128.load32_splat offset=4 (local.get $in)))
                    (local.set $sum00
                      (f32x4.add
                        (local.get $sum00)
                        (f32x4.mul (local.get $t0_9) (v128.load offset=16 (local.get $w)))))
                    (v128.store (local.get $out) (local.get $sum00))
                    (br_if $row_5.next
                      (i32.lt_s
                        (local.tee $row (i32.add (local.get $row) (i32.const 1)))
                        (local.get $rows))))))))
          (br_if $tile.next
            (i32.lt_s
              (local.tee $tile (i32.add (local.get $tile) (i32.const 8)))
              (local.get $batch))))))))
