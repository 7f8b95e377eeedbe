/**
 * Linear combinations of bfloat16 numbers, eight at a time. Part j lies at `j * STRIDE`, factors at `FACTORS`, the result
 * goes to `RESULT`: the memory has a fixed size.
 */

/** Bytes of a block of one part. */
const STRIDE: usize = 65536;
const FACTORS: usize = 16 * STRIDE;
const RESULT: usize = 17 * STRIDE;

/** Nearest bfloat16, ties to even, in the lower halves. */
// @ts-ignore: decorator
@inline
function rounded(sum: v128): v128 {
  const odd = v128.and(i32x4.shr_u(sum, 16), i32x4.splat(1));
  return i32x4.shr_u(i32x4.add(sum, i32x4.add(odd, i32x4.splat(0x7fff))), 16);
}

/**
 * `Σ fⱼ xⱼ` in 32-bit, rounded once.
 *
 * @param parts - at most 16
 * @param count - a multiple of 8, at most 32768
 * @returns whether a number of some part is infinite or none
 */
export function mix(parts: i32, count: i32): bool {
  let seen = i16x8.splat(0);
  const exponent = i16x8.splat(0x7f80);
  const step = i16x8.splat(0x80);
  for (let i: usize = 0; i < <usize>count * 2; i += 16) {
    let low = f32x4.splat(0);
    let high = f32x4.splat(0);
    for (let j: i32 = 0; j < parts; j++) {
      const words = v128.load(<usize>j * STRIDE + i);
      seen = v128.or(seen, i16x8.add(v128.and(words, exponent), step));
      const factor = v128.load32_splat(FACTORS + <usize>j * 4);
      low = f32x4.add(low, f32x4.mul(factor, i32x4.shl(i32x4.extend_low_i16x8_u(words), 16)));
      high = f32x4.add(high, f32x4.mul(factor, i32x4.shl(i32x4.extend_high_i16x8_u(words), 16)));
    }
    v128.store(RESULT + i, i16x8.narrow_i32x4_u(rounded(low), rounded(high)));
  }
  return i16x8.bitmask(seen) != 0;
}
