/**
 * Adaptive embeddings: frequent ids own a row, the others share the rest.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { fact, held } from '../storage/stored.js';
import type { EmbeddingSettings, MethodOptions, MethodSpec } from '../types.js';
import { budgetBytes, freshRows, requireBudget, tableStage } from './table.js';

/**
 * The ids that occur most often, ascending; of those that occur equally often the first.
 *
 * @throws FletchError `INVALID_ARGUMENT` without frequencies or for a share outside 0 to 1
 */
export function mostFrequent(
  name: string,
  { fields, frequencies }: EmbeddingSettings,
  share: number,
): Int32Array {
  if (!frequencies)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${name} treats frequent ids better: give freq, counted on the training data.`,
    );
  if (!(share > 0 && share < 1))
    throw new FletchError('INVALID_ARGUMENT', `frequent is ${share}: it is a share between 0 and 1.`);
  const order = Int32Array.from(frequencies, (_, i) => i).sort((a, b) => frequencies[b]! - frequencies[a]!);
  return order.slice(0, Math.max(1, Math.round(share * fields.rows))).sort();
}

/** Share of the bytes of rows of their own, of their ids, and of one shared row. */
function floorOf({ fields, dim }: EmbeddingSettings, { frequent = 0.1 }: MethodOptions): number {
  const own = Math.max(1, Math.round(frequent * fields.rows));
  return (own * (4 * dim + 4) + 4 * dim) / (4 * fields.rows * dim);
}

export const adapt: MethodSpec = {
  title: 'AdaptEmb',
  family: 'inter-feature',
  // With 1 % of the ids, the smallest share that the comparison knows.
  floor: (settings) => floorOf(settings, { frequent: 0.01 }),
  start(settings, options) {
    requireBudget('adapt', settings, floorOf(settings, options));
    const { dim, fields } = settings;
    const own = mostFrequent('adapt', settings, options.frequent ?? 0.1);
    const shared = Math.floor((budgetBytes(settings) - own.length * (4 * dim + 4)) / (4 * dim));
    const places = new Int32Array(fields.rows).map((_, id) => own.length + (id % shared));
    own.forEach((id, place) => void places.fill(place, id, id + 1));
    const table = freshRows(settings, own.length + shared);
    return {
      stages: [() => tableStage(table, (id) => places[id]!)],
      store: () => ({
        kind: 'own-and-shared',
        facts: { shared },
        tensors: {
          table: { data: table.data, shape: [table.rows, dim] },
          own: { data: own, shape: [own.length] },
        },
      }),
    };
  },
  restore(stored, { dim }) {
    const table = held(stored, 'table', Float32Array);
    const own = held(stored, 'own', Int32Array);
    const shared = fact(stored, 'shared');
    return (ids, target) => {
      for (let i = 0; i < ids.length; i++) {
        const place = indexIn(own, ids[i]!);
        const row = place >= 0 ? place : own.length + (ids[i]! % shared);
        target.set(table.subarray(row * dim, (row + 1) * dim), i * dim);
      }
    };
  },
};

/** Where a number stands in an ascending list, or −1. */
function indexIn(list: Int32Array, value: number): number {
  let low = 0;
  let high = list.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (list[middle] === value) return middle;
    if (list[middle]! < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
