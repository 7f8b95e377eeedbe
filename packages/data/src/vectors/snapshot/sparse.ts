/**
 * Sparse vectors as Qdrant stores them (lib/segment/src/vector_storage/sparse, lib/common/common/src/delta_pack.rs): packed
 * differences of the indices, then the values, each list after its length (64 bits).
 *
 * @module
 */

export type SparseValues = { indices: number[]; values: number[] };

/** Undefined when the bytes are damaged. */
export function sparseVector(bytes: Uint8Array): SparseValues | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 16) return undefined;
  const packed = Number(view.getBigUint64(0, true));
  if (packed > bytes.length - 16) return undefined;
  const count = Number(view.getBigUint64(8 + packed, true));
  if (16 + packed + 4 * count !== bytes.length) return undefined;
  const indices = unpackDifferences(bytes.subarray(8, 8 + packed));
  if (indices?.length !== count) return undefined;
  return {
    indices,
    values: Array.from({ length: count }, (_, i) => view.getFloat32(16 + packed + 4 * i, true)),
  };
}

/** Bits of the width of a number, which is at least 8. */
const WIDTH_BITS = 6;
const LEAST_WIDTH = 8;

/** Sums of the differences; they are unsigned 32-bit numbers. */
function unpackDifferences(packed: Uint8Array): number[] | undefined {
  const indices: number[] = [];
  if (packed.length === 0) return indices;
  let at = 0;
  /** The next `count` bits, the lowest first. */
  const take = (count: number): number => {
    let value = 0;
    for (let got = 0; got < count; ) {
      const bits = Math.min(8 - (at & 7), count - got);
      value += ((packed[at >> 3]! >> (at & 7)) & ((1 << bits) - 1)) * 2 ** got;
      at += bits;
      got += bits;
    }
    return value;
  };
  const width = take(WIDTH_BITS) + LEAST_WIDTH;
  let sum = 0;
  while (packed.length * 8 - at >= width) {
    sum += take(width);
    if (sum > 0xffff_ffff) return undefined;
    indices.push(sum);
  }
  return indices;
}
