/**
 * One table of rows that ids are mapped to: the full table, the same in half precision, and plain hashing.
 *
 * @module
 */
import { fromFloat32, toFloat32 } from '@fletch/data/safetensors';
import { rng } from '@fletch/linalg';
import { requireRatio, unreachable } from '../budget.js';
import { FloatRows, type RowTable, uniformRows } from '../storage/row-tables.js';
import { held, type Lookup, type Stored } from '../storage/stored.js';
import type { Embedded, EmbeddingSettings, Feed, MethodSpec, Scope, Stage, StoredTable } from '../types.js';

/** The bound of the uniform numbers that a table begins with: √(1 / rows of the largest field). */
export function initialBound({ fields }: EmbeddingSettings): number {
  return Math.sqrt(1 / Math.max(...fields.sizes));
}

/** Bytes of the budget. */
export function budgetBytes({ fields, dim, cr }: EmbeddingSettings): number {
  return cr * 4 * fields.rows * dim;
}

/** A table of rows of its own, as the untrained full table begins. */
export function freshRows(settings: EmbeddingSettings, rows: number, stream = 1): FloatRows {
  const random = rng(settings.seed, stream);
  return new FloatRows(uniformRows(rows, settings.dim, initialBound(settings), random), settings.dim);
}

/** Throws unless the method's floor is within the budget. */
export function requireBudget(name: string, settings: EmbeddingSettings, floor: number): void {
  requireRatio(settings.cr);
  if (floor > settings.cr) throw unreachable(name, settings.cr, floor);
}

/** A stage that looks rows up in one table. */
export function tableStage(
  table: RowTable,
  rowOf: (id: number) => number,
  rest: Partial<Stage> & { readonly name?: string } = {},
): Stage {
  return {
    name: 'training',
    epochs: 1,
    tables: { table },
    feed: ({ distinct }): Feed => ({ rows: { table: distinct.values.map(rowOf) } }),
    embed: ({ look, expand }: Scope): Embedded => ({ vectors: expand(look('table')) }),
    ...rest,
  };
}

/** Rows of 32- or 16-bit floats; row `x mod rows` is that of id x. */
export function restoreTable(stored: Stored, { dim }: StoredTable): Lookup {
  const half = stored.tensors.table?.half;
  const data = half ? held(stored, 'table', Uint16Array) : held(stored, 'table', Float32Array);
  const rows = data.length / dim;
  return (ids, target) => {
    for (let i = 0; i < ids.length; i++) {
      const from = (ids[i]! % rows) * dim;
      const row = data.subarray(from, from + dim);
      target.set(row instanceof Uint16Array ? toFloat32(row, 'F16', 'table') : row, i * dim);
    }
  };
}

const stored = (data: Float32Array | Uint16Array, dim: number): Stored => ({
  kind: 'table',
  facts: {},
  tensors: {
    table: { data, shape: [data.length / dim, dim], ...(data instanceof Uint16Array && { half: true }) },
  },
});

/** The table as it is. */
export const full: MethodSpec = {
  title: 'full table',
  family: 'baseline',
  floor: () => 1,
  start(settings) {
    requireBudget('full', settings, 1);
    const table = freshRows(settings, settings.fields.rows);
    return {
      stages: [() => tableStage(table, (id) => id)],
      store: () => stored(table.data, settings.dim),
    };
  },
  restore: restoreTable,
};

/** The full table, rounded to 16-bit floats when it is stored. */
export const half: MethodSpec = {
  title: 'float16',
  family: 'baseline',
  floor: () => 0.5,
  start(settings) {
    requireBudget('half', settings, 0.5);
    const table = freshRows(settings, settings.fields.rows);
    return {
      stages: [() => tableStage(table, (id) => id)],
      store: () => stored(fromFloat32(table.data, 'F16') as Uint16Array, settings.dim),
    };
  },
  restore: restoreTable,
};

/** ⌊cr · n⌋ rows; id x has row x mod their number (Weinberger et al., ICML 2009). */
export const hash: MethodSpec = {
  title: 'hashing',
  family: 'baseline',
  floor: ({ fields }) => 1 / fields.rows,
  start(settings) {
    requireBudget('hash', settings, this.floor(settings));
    const rows = Math.floor(settings.cr * settings.fields.rows);
    const table = freshRows(settings, rows);
    return {
      stages: [() => tableStage(table, (id) => id % rows)],
      store: () => stored(table.data, settings.dim),
    };
  },
  restore: restoreTable,
};
