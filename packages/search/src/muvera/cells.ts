/**
 * Cells of a SimHash partition (Charikar, STOC 2002), numbered in Gray order: neighbours in number differ in one bit.
 *
 * @module
 */

/** The cell whose vectors have these bits, the first hyperplane's bit on top. */
export function cellOfBits(bits: number): number {
  let cell = bits;
  for (let shifted = bits >>> 1; shifted !== 0; shifted >>>= 1) cell ^= shifted;
  return cell;
}

/** The bits of a cell's vectors, the inverse of {@link cellOfBits}. */
export function bitsOfCell(cell: number): number {
  return cell ^ (cell >>> 1);
}

/** How many of 32 bits are set. */
export function popcount(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return (((count + (count >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** The first of the vectors, by their bits, that differs least from a cell's bits. */
export function nearestTo(cell: number, bits: Uint32Array): number {
  const wanted = bitsOfCell(cell);
  let best = 0;
  let least = 33;
  for (let i = 0; i < bits.length && least > 0; i++) {
    const differing = popcount(bits[i]! ^ wanted);
    if (differing < least) [least, best] = [differing, i];
  }
  return best;
}
