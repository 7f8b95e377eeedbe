/**
 * Categorical fields, whose rows lie one field after the other in one table.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** The fields of a table. */
export interface Fields {
  /** Rows of each field. */
  readonly sizes: readonly number[];
  /** First row of each field in the whole table. */
  readonly offsets: readonly number[];
  /** Rows of the whole table. */
  readonly rows: number;
}

/**
 * @param sizes - rows of each field
 * @throws FletchError `INVALID_ARGUMENT` without fields, or naming the first that is empty
 */
export function fieldsOf(sizes: readonly number[]): Fields {
  if (sizes.length === 0)
    throw new FletchError('INVALID_ARGUMENT', 'A table needs at least one field: fields is empty.');
  const offsets: number[] = [];
  let rows = 0;
  for (const [field, size] of sizes.entries()) {
    if (!Number.isSafeInteger(size) || size < 1)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Field ${field} has ${size} rows: every field needs at least one.`,
        { details: { field, size } },
      );
    offsets.push(rows);
    rows += size;
  }
  return { sizes, offsets, rows };
}

/**
 * Rows of the whole table for ids that count within their fields.
 *
 * @param ids - samples × fields, row-major
 * @throws FletchError `DIMENSION_MISMATCH` for a length that is no multiple of the fields, `INVALID_ARGUMENT` naming sample and
 *   field of the first id outside its field
 */
export function tableRows({ sizes, offsets }: Fields, ids: ArrayLike<number>): Int32Array {
  const width = sizes.length;
  if (ids.length % width !== 0)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${ids.length} ids are no whole number of samples of ${width} fields.`,
    );
  const rows = new Int32Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const field = i % width;
    const id = ids[i]!;
    if (!(Number.isInteger(id) && id >= 0 && id < sizes[field]!))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Sample ${Math.floor(i / width)} has the id ${id} in field ${field}, which has ${sizes[field]} rows: ids go from 0 to ${sizes[field]! - 1}.`,
        { details: { sample: Math.floor(i / width), field, id } },
      );
    rows[i] = offsets[field]! + id;
  }
  return rows;
}

/** The different numbers of a list, in the order in which they first come, and where each entry's number stands among them. */
export interface Distinct {
  readonly values: Int32Array;
  readonly positions: Int32Array;
}

/** Finds the different rows of lists, with a memory of one number for each row that there is. */
export class DistinctRows {
  readonly #seen: Int32Array;
  readonly #place: Int32Array;
  #round = 0;

  /** @param rows - how many there are */
  constructor(rows: number) {
    this.#seen = new Int32Array(rows);
    this.#place = new Int32Array(rows);
  }

  of(list: Int32Array): Distinct {
    const round = ++this.#round;
    const values = new Int32Array(list.length);
    const positions = new Int32Array(list.length);
    let count = 0;
    for (let i = 0; i < list.length; i++) {
      const row = list[i]!;
      if (this.#seen[row] !== round) {
        this.#seen[row] = round;
        this.#place[row] = count;
        values[count++] = row;
      }
      positions[i] = this.#place[row]!;
    }
    return { values: values.subarray(0, count), positions };
  }
}

/** A list filled up to a multiple of `step` by going through it again, so that compiled functions see few lengths. */
export function padded(list: Int32Array, step: number): Int32Array {
  const length = Math.ceil(list.length / step) * step;
  const result = new Int32Array(length);
  for (let i = 0; i < length; i++) result[i] = list[i % list.length]!;
  return result;
}
