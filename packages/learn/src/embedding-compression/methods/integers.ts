/**
 * Rows of 8- or 16-bit whole numbers, rounded at random after every step.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { IntegerRows } from '../storage/row-tables.js';
import { held, type Lookup, type Stored } from '../storage/stored.js';
import type { MethodOptions, MethodSpec, StoredTable } from '../types.js';
import { freshRows, requireBudget, tableStage } from './table.js';

/**
 * What a code of 1 stands for, unless told: 0.01 with 8 bits, and the same range with 16.
 *
 * @throws FletchError `INVALID_ARGUMENT` unless positive
 */
export function scaleOf(bits: 8 | 16, { scale = 0.01 * 2 ** (8 - bits) }: MethodOptions): number {
  if (scale > 0 && Number.isFinite(scale)) return scale;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `scale is ${scale}: what a code of 1 stands for must be positive.`,
  );
}

/** Codes and their scale: one for the table, or one for each row. */
export function storedIntegers(codes: Int8Array | Int16Array, scales: Float32Array, dim: number): Stored {
  return {
    kind: 'integers',
    facts: {},
    tensors: {
      codes: { data: codes, shape: [codes.length / dim, dim] },
      scales: { data: scales, shape: [scales.length] },
    },
  };
}

/** Row by row: scale · code. */
export function restoreIntegers(stored: Stored, { dim }: StoredTable): Lookup {
  const codes =
    stored.tensors.codes?.data instanceof Int16Array
      ? held(stored, 'codes', Int16Array)
      : held(stored, 'codes', Int8Array);
  const scales = held(stored, 'scales', Float32Array);
  return (ids, target) => {
    for (let i = 0, at = 0; i < ids.length; i++) {
      const scale = scales[scales.length === 1 ? 0 : ids[i]!]!;
      for (let j = 0, from = ids[i]! * dim; j < dim; j++) target[at++] = scale * codes[from++]!;
    }
  };
}

const integers = (bits: 8 | 16): MethodSpec => ({
  title: `INT${bits}`,
  family: 'intra-feature',
  floor: () => bits / 32,
  start(settings, options) {
    // The scale's four bytes are not worth a refusal at a quarter of the bytes.
    requireBudget(`int${bits}`, settings, bits / 32);
    const { fields, dim, seed } = settings;
    const scale = Math.fround(scaleOf(bits, options));
    const initial = freshRows(settings, fields.rows);
    const table = new IntegerRows(initial.data, dim, bits, () => scale, rng(seed, 4));
    return {
      stages: [() => tableStage(table, (id) => id)],
      store: () => storedIntegers(table.codes, Float32Array.of(scale), dim),
    };
  },
  restore: restoreIntegers,
});

/** Codes of 8 bits. */
export const int8 = integers(8);
/** Codes of 16 bits. */
export const int16 = integers(16);
