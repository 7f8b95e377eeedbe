/**
 * Linear combinations of bfloat16 numbers, straight from bits to bits.
 *
 * @module
 */

/** Numbers that stay in the nearest cache. */
const BLOCK = 2048;

const word = new Uint32Array(BLOCK);
const float = new Float32Array(word.buffer);
const sum = new Float32Array(BLOCK);
const sumWords = new Uint32Array(sum.buffer);

/** `Σ cⱼ xⱼ` in 32-bit, rounded to the nearest bfloat16, ties to even. All numbers are finite. */
export function mixBfloat16(
  parts: readonly Uint16Array[],
  coefficients: readonly number[],
  out: Uint16Array,
): void {
  for (let at = 0; at < out.length; at += BLOCK) {
    const count = Math.min(BLOCK, out.length - at);
    for (let j = 0; j < parts.length; j++) {
      const part = parts[j]!;
      const factor = coefficients[j]!;
      for (let i = 0; i < count; i++) word[i] = part[at + i]! << 16;
      if (j === 0) for (let i = 0; i < count; i++) sum[i] = factor * float[i]!;
      else for (let i = 0; i < count; i++) sum[i] = sum[i]! + factor * float[i]!;
    }
    for (let i = 0; i < count; i++) {
      const bits = sumWords[i]!;
      out[at + i] = (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
    }
  }
}
