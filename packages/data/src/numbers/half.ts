/**
 * Numbers of 16 bits: half precision (IEEE 754 binary16) and bfloat16, the upper half of a 32-bit float.
 *
 * @module
 */

let halves: Uint32Array | undefined;

/** The bits of all 65,536 half-precision numbers as 32-bit floats. */
function halfBits(): Uint32Array {
  if (halves) return halves;
  halves = new Uint32Array(65_536);
  const one = new Float32Array(1);
  const bits = new Uint32Array(one.buffer);
  for (let half = 0; half < 65_536; half++) {
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const sign = (half & 0x8000) << 16;
    if (exponent === 31) halves[half] = sign | 0x7f80_0000 | (fraction << 13);
    else if (exponent > 0) halves[half] = sign | ((exponent + 112) << 23) | (fraction << 13);
    else {
      one[0] = fraction * 2 ** -24;
      halves[half] = sign | bits[0]!;
    }
  }
  return halves;
}

/** All 65,536 half-precision numbers, by their bits. */
export function halfTable(): Float32Array {
  return new Float32Array(halfBits().buffer);
}

/** Half-precision numbers as 32-bit floats; every one of them is exact. */
export function halfToFloat32(
  source: Uint16Array,
  target: Float32Array = new Float32Array(source.length),
): Float32Array {
  const table = halfBits();
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < source.length; i++) bits[i] = table[source[i]!]!;
  return target;
}

/** bfloat16 numbers as 32-bit floats; every one of them is exact. */
export function bfloat16ToFloat32(
  source: Uint16Array,
  target: Float32Array = new Float32Array(source.length),
): Float32Array {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < source.length; i++) bits[i] = source[i]! << 16;
  return target;
}

/** The nearest bfloat16 numbers, ties to even; what is too large becomes infinite, NaN stays NaN. */
export function float32ToBfloat16(
  source: Float32Array,
  target: Uint16Array = new Uint16Array(source.length),
): Uint16Array {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    target[i] =
      (word & 0x7fff_ffff) > 0x7f80_0000
        ? (word >>> 16) | 0x40
        : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return target;
}

/** The nearest half-precision numbers, ties to even; from ±65520 on they are infinite, NaN stays NaN. */
export function float32ToHalf(
  source: Float32Array,
  target: Uint16Array = new Uint16Array(source.length),
): Uint16Array {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < bits.length; i++) target[i] = halfOf(bits[i]!);
  return target;
}

function halfOf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const size = word & 0x7fff_ffff;
  if (size > 0x7f80_0000) return sign | 0x7e00 | ((size >>> 13) & 0x3ff);
  if (size >= 0x477f_f000) return sign | 0x7c00;
  // Normal numbers: the exponent's bias falls by 112, thirteen bits are rounded off.
  if (size >= 0x3880_0000) return sign | ((size - (112 << 23) + 0xfff + ((size >>> 13) & 1)) >>> 13);
  if (size < 0x3300_0000) return sign;
  // Below 2^-14 the step is 2^-24 whatever the size.
  const drop = 126 - (size >>> 23);
  const mantissa = (size & 0x7f_ffff) | 0x80_0000;
  const kept = mantissa >>> drop;
  const rest = mantissa & ((1 << drop) - 1);
  const half = 1 << (drop - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}
