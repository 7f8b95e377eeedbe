/**
 * Tables of which few entries are kept: compressed rows (CSR), or coordinates (COO) where that is smaller.
 *
 * @module
 */
import type { EmbeddingSettings, StoredTable } from '../types.js';
import { held, type Lookup, type Stored } from './stored.js';

/**
 * Entries that a budget has room for, their indices counted: 8 bytes each and a start for every row (CSR) when `cr · dim ≥ 3`,
 * else 12 bytes each (COO).
 */
export function entriesWithin({ fields, dim, cr }: Pick<EmbeddingSettings, 'fields' | 'dim' | 'cr'>): number {
  const bytes = cr * 4 * fields.rows * dim;
  const count = cr * dim >= 3 ? (bytes - 4 * (fields.rows + 1)) / 8 : bytes / 12;
  return Math.max(0, Math.min(fields.rows * dim, Math.floor(count)));
}

/** Stores the entries that are not zero, in the form that takes fewer bytes. */
export function storeSparse(data: Float32Array, dim: number): Stored {
  const rows = data.length / dim;
  const kept = data.reduce((count, value) => count + Number(value !== 0), 0);
  const values = new Float32Array(kept);
  const columns = new Int32Array(kept);
  const rowOf = new Int32Array(kept);
  const starts = new Int32Array(rows + 1);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < dim; j++) {
      const value = data[i * dim + j]!;
      if (value === 0) continue;
      values[at] = value;
      columns[at] = j;
      rowOf[at++] = i;
    }
    starts[i + 1] = at;
  }
  const csr = starts.byteLength <= rowOf.byteLength;
  const index = csr ? starts : rowOf;
  return {
    kind: csr ? 'csr' : 'coo',
    facts: {},
    tensors: {
      values: { data: values, shape: [kept] },
      columns: { data: columns, shape: [kept] },
      [csr ? 'starts' : 'rows']: { data: index, shape: [index.length] },
    },
  };
}

/** The first place in an ascending list whose number is not below `value`. */
function lowerBound(list: Int32Array, value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rows with zeros where nothing is kept. */
export function restoreSparse(stored: Stored, { dim }: StoredTable): Lookup {
  const values = held(stored, 'values', Float32Array);
  const columns = held(stored, 'columns', Int32Array);
  const csr = stored.kind === 'csr';
  const index = held(stored, csr ? 'starts' : 'rows', Int32Array);
  return (ids, target) => {
    target.fill(0);
    for (let i = 0; i < ids.length; i++) {
      const row = ids[i]!;
      const from = csr ? index[row]! : lowerBound(index, row);
      const to = csr ? index[row + 1]! : lowerBound(index, row + 1);
      for (let k = from; k < to; k++) target[i * dim + columns[k]!] = values[k]!;
    }
  };
}

const HALF = 1 << 16;

/** The magnitude of which exactly `count` entries, ties by place, are smaller: sets all of them to zero. */
export function zeroSmallest(data: Float32Array, count: number): void {
  if (count <= 0) return;
  // The bits of magnitudes are ordered as the magnitudes are: counted by their upper half, then by their lower.
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const find = (histogram: Uint32Array, wanted: number) => {
    let before = 0;
    let bin = 0;
    while (before + histogram[bin]! < wanted) before += histogram[bin++]!;
    return { bin, before };
  };
  const upper = new Uint32Array(HALF);
  for (let i = 0; i < bits.length; i++) upper[(bits[i]! & 0x7fffffff) >>> 16]!++;
  const high = find(upper, Math.min(count, data.length));
  const lower = new Uint32Array(HALF);
  for (let i = 0; i < bits.length; i++) {
    const magnitude = bits[i]! & 0x7fffffff;
    if (magnitude >>> 16 === high.bin) lower[magnitude & 0xffff]!++;
  }
  const low = find(lower, Math.min(count, data.length) - high.before);
  const threshold = high.bin * HALF + low.bin;
  let ties = Math.min(count, data.length) - high.before - low.before;
  for (let i = 0; i < bits.length; i++) {
    const magnitude = bits[i]! & 0x7fffffff;
    if (magnitude < threshold || (magnitude === threshold && ties-- > 0)) data[i] = 0;
  }
}
