/**
 * A table of a width of its own for each field, and a projection to the common width where it is smaller.
 *
 * @module
 */
import {
  add,
  matmul,
  type NDArray,
  NDArray as Numbers,
  reshape,
  stack,
  type Tensor,
  zeros,
} from '@fletch/array';
import { rng } from '@fletch/linalg';
import { FloatRows, uniformRows } from '../storage/row-tables.js';
import { fact, factList, held, type Lookup, type Stored } from '../storage/stored.js';
import type { Arrays, Compression, EmbeddingSettings, Stage, StoredTable } from '../types.js';
import { initialBound } from './table.js';

/** Bytes of tables and projections of these widths. */
export function fieldTableBytes(
  { fields, dim }: Pick<EmbeddingSettings, 'fields' | 'dim'>,
  widths: readonly number[],
  bias: boolean,
): number {
  return widths.reduce(
    (sum, width, f) =>
      sum + 4 * (fields.sizes[f]! * width + (width < dim ? width * dim + (bias ? dim : 0) : 0)),
    0,
  );
}

/** Columns of a batch: the ids of one field, as rows of its own table. */
export function fieldColumn(
  { fields }: Pick<EmbeddingSettings, 'fields'>,
  rows: Int32Array,
  field: number,
): Int32Array {
  const width = fields.sizes.length;
  const offset = fields.offsets[field]!;
  return Int32Array.from({ length: rows.length / width }, (_, i) => rows[i * width + field]! - offset);
}

/** Tables of these widths, to be trained. */
export function fieldTables(
  settings: EmbeddingSettings,
  widths: readonly number[],
  options: { readonly bias?: boolean; readonly freshHead?: boolean } = {},
): { stage: () => Stage; store: Compression['store'] } {
  const { fields, dim, seed } = settings;
  const { bias = false, freshHead = false } = options;
  const random = rng(seed, 5);
  const bound = initialBound(settings);
  const tables: Record<string, FloatRows> = {};
  const initial: Record<string, NDArray> = {};
  for (const [f, width] of widths.entries()) {
    tables[`field${f}`] = new FloatRows(uniformRows(fields.sizes[f]!, width, bound, random), width);
    if (width === dim) continue;
    const weights = random.fillNormal(new Float32Array(width * dim)).map((z) => z * Math.sqrt(1 / width));
    initial[`projection${f}`] = new Numbers(weights, [width, dim], 'float32');
    if (bias) initial[`bias${f}`] = zeros([dim]);
  }
  let dense: Arrays = initial;
  return {
    stage: () => ({
      name: 'training',
      epochs: 1,
      tables,
      dense,
      freshHead,
      feed: ({ rows }) => ({
        rows: Object.fromEntries(widths.map((_, f) => [`field${f}`, fieldColumn(settings, rows, f)])),
      }),
      embed: ({ look, dense: own }) => {
        const columns = widths.map((_, f): Tensor => {
          const rows = look(`field${f}`);
          const projection = own[`projection${f}`];
          if (!projection) return rows;
          const projected = matmul(rows, projection);
          return own[`bias${f}`] ? add(projected, own[`bias${f}`]!) : projected;
        });
        return { vectors: reshape(stack(columns, 1), [-1, dim]) };
      },
      finish: (learned) => {
        dense = learned.dense;
      },
    }),
    store: () => ({
      kind: 'field-tables',
      facts: { widths, bias: bias ? 1 : 0 },
      tensors: {
        ...Object.fromEntries(
          Object.entries(tables).map(([name, { data, rows, width }]) => [
            name,
            { data, shape: [rows, width] },
          ]),
        ),
        ...Object.fromEntries(
          Object.entries(dense).map(([name, { data, shape }]) => [
            name,
            { data: data as Float32Array, shape },
          ]),
        ),
      },
    }),
  };
}

/** Rows of the field's table times its projection. */
export function restoreFieldTables(stored: Stored, { fields, dim }: StoredTable): Lookup {
  const widths = factList(stored, 'widths');
  const bias = fact(stored, 'bias') === 1;
  const own = widths.map((width, f) => ({
    width,
    table: held(stored, `field${f}`, Float32Array),
    projection: width < dim ? held(stored, `projection${f}`, Float32Array) : undefined,
    bias: width < dim && bias ? held(stored, `bias${f}`, Float32Array) : undefined,
  }));
  const fieldOf = (row: number) => fields.offsets.findLastIndex((offset) => offset <= row);
  return (ids, target) => {
    for (let i = 0; i < ids.length; i++) {
      const f = fieldOf(ids[i]!);
      const { width, table, projection, bias: shift } = own[f]!;
      const from = (ids[i]! - fields.offsets[f]!) * width;
      if (!projection) {
        target.set(table.subarray(from, from + width), i * dim);
        continue;
      }
      for (let j = 0; j < dim; j++) {
        let sum = shift ? shift[j]! : 0;
        for (let k = 0; k < width; k++) sum += table[from + k]! * projection[k * dim + j]!;
        target[i * dim + j] = sum;
      }
    }
  };
}
