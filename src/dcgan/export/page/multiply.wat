;; y = x times the transpose of w: all that a generator's time goes into, in vectors of four numbers (SIMD).
;; `multiply.wasm` is this file as bytes; a test compares them.
(module
  (memory (export "memory") 1)

  ;; Each row of y (outputs numbers) from a row of x (inputs numbers). w holds eight outputs at a time, side by side
  ;; for each input: (outputs / 8, inputs, 8); outputs is a multiple of 8. w, x and y are addresses in bytes.
  ;; Four rows are computed together. Where the last rows are fewer, the last of them is computed again in their place.
  (func (export "multiply")
    (param $w i32) (param $x i32) (param $y i32) (param $rows i32) (param $inputs i32) (param $outputs i32)
    (local $column i32) (local $row i32) (local $last i32) (local $at i32) (local $weight i32)
    (local $row1 i32) (local $row2 i32) (local $row3 i32)
    (local $x0 i32) (local $x1 i32) (local $x2 i32) (local $x3 i32)
    (local $left v128) (local $right v128) (local $number v128)
    (local $left0 v128) (local $left1 v128) (local $left2 v128) (local $left3 v128)
    (local $right0 v128) (local $right1 v128) (local $right2 v128) (local $right3 v128)

    (local.set $last (i32.sub (local.get $rows) (i32.const 1)))
    (local.set $inputs (i32.shl (local.get $inputs) (i32.const 2)))   ;; from here on in bytes
    (local.set $outputs (i32.shl (local.get $outputs) (i32.const 2)))

    (loop $columns
      (local.set $row (i32.const 0))
      (loop $four_rows
        (local.set $row1 (i32.add (local.get $row) (i32.const 1)))
        (local.set $row1 (select (local.get $row1) (local.get $last) (i32.lt_u (local.get $row1) (local.get $rows))))
        (local.set $row2 (i32.add (local.get $row) (i32.const 2)))
        (local.set $row2 (select (local.get $row2) (local.get $last) (i32.lt_u (local.get $row2) (local.get $rows))))
        (local.set $row3 (i32.add (local.get $row) (i32.const 3)))
        (local.set $row3 (select (local.get $row3) (local.get $last) (i32.lt_u (local.get $row3) (local.get $rows))))
        (local.set $x0 (i32.add (local.get $x) (i32.mul (local.get $row) (local.get $inputs))))
        (local.set $x1 (i32.add (local.get $x) (i32.mul (local.get $row1) (local.get $inputs))))
        (local.set $x2 (i32.add (local.get $x) (i32.mul (local.get $row2) (local.get $inputs))))
        (local.set $x3 (i32.add (local.get $x) (i32.mul (local.get $row3) (local.get $inputs))))
        (local.set $left0 (v128.const f32x4 0 0 0 0))
        (local.set $left1 (v128.const f32x4 0 0 0 0))
        (local.set $left2 (v128.const f32x4 0 0 0 0))
        (local.set $left3 (v128.const f32x4 0 0 0 0))
        (local.set $right0 (v128.const f32x4 0 0 0 0))
        (local.set $right1 (v128.const f32x4 0 0 0 0))
        (local.set $right2 (v128.const f32x4 0 0 0 0))
        (local.set $right3 (v128.const f32x4 0 0 0 0))
        (local.set $weight (local.get $w))
        (local.set $at (i32.const 0))

        (loop $numbers
          (local.set $left (v128.load (local.get $weight)))
          (local.set $right (v128.load offset=16 (local.get $weight)))
          (local.set $number (v128.load32_splat (i32.add (local.get $x0) (local.get $at))))
          (local.set $left0 (f32x4.add (local.get $left0) (f32x4.mul (local.get $number) (local.get $left))))
          (local.set $right0 (f32x4.add (local.get $right0) (f32x4.mul (local.get $number) (local.get $right))))
          (local.set $number (v128.load32_splat (i32.add (local.get $x1) (local.get $at))))
          (local.set $left1 (f32x4.add (local.get $left1) (f32x4.mul (local.get $number) (local.get $left))))
          (local.set $right1 (f32x4.add (local.get $right1) (f32x4.mul (local.get $number) (local.get $right))))
          (local.set $number (v128.load32_splat (i32.add (local.get $x2) (local.get $at))))
          (local.set $left2 (f32x4.add (local.get $left2) (f32x4.mul (local.get $number) (local.get $left))))
          (local.set $right2 (f32x4.add (local.get $right2) (f32x4.mul (local.get $number) (local.get $right))))
          (local.set $number (v128.load32_splat (i32.add (local.get $x3) (local.get $at))))
          (local.set $left3 (f32x4.add (local.get $left3) (f32x4.mul (local.get $number) (local.get $left))))
          (local.set $right3 (f32x4.add (local.get $right3) (f32x4.mul (local.get $number) (local.get $right))))
          (local.set $weight (i32.add (local.get $weight) (i32.const 32)))
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          (br_if $numbers (i32.lt_u (local.get $at) (local.get $inputs))))

        (local.set $at (i32.add (local.get $y) (local.get $column)))
        (v128.store (i32.add (local.get $at) (i32.mul (local.get $row) (local.get $outputs))) (local.get $left0))
        (v128.store offset=16 (i32.add (local.get $at) (i32.mul (local.get $row) (local.get $outputs))) (local.get $right0))
        (v128.store (i32.add (local.get $at) (i32.mul (local.get $row1) (local.get $outputs))) (local.get $left1))
        (v128.store offset=16 (i32.add (local.get $at) (i32.mul (local.get $row1) (local.get $outputs))) (local.get $right1))
        (v128.store (i32.add (local.get $at) (i32.mul (local.get $row2) (local.get $outputs))) (local.get $left2))
        (v128.store offset=16 (i32.add (local.get $at) (i32.mul (local.get $row2) (local.get $outputs))) (local.get $right2))
        (v128.store (i32.add (local.get $at) (i32.mul (local.get $row3) (local.get $outputs))) (local.get $left3))
        (v128.store offset=16 (i32.add (local.get $at) (i32.mul (local.get $row3) (local.get $outputs))) (local.get $right3))
        (local.set $row (i32.add (local.get $row) (i32.const 4)))
        (br_if $four_rows (i32.lt_u (local.get $row) (local.get $rows))))

      (local.set $w (local.get $weight))
      (local.set $column (i32.add (local.get $column) (i32.const 32)))
      (br_if $columns (i32.lt_u (local.get $column) (local.get $outputs))))))
