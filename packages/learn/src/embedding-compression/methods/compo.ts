/**
 * Compositional embeddings by quotient and remainder (Shi et al., KDD 2020): the product or the sum of two rows.
 *
 * @module
 */
import { add, mul } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { largest } from '../budget.js';
import { FloatRows, uniformRows } from '../storage/row-tables.js';
import { fact, held } from '../storage/stored.js';
import type { EmbeddingSettings, MethodSpec } from '../types.js';
import { freshRows, initialBound, requireBudget } from './table.js';

/** Rows of both tables when the remainder's has c. */
const rowsFor = (n: number, c: number) => Math.ceil(n / c) + c;

/** Remainders of the smallest pair of tables. */
const fewest = ({ fields }: EmbeddingSettings) => Math.max(1, Math.floor(Math.sqrt(fields.rows)));

/** Rows of the remainder table: the fewest with which both fit the budget. */
export function remainderRows(settings: EmbeddingSettings): number {
  const n = settings.fields.rows;
  const tooMany = largest(1, fewest(settings), (c) => rowsFor(n, c) > settings.cr * n);
  return Math.min(fewest(settings), tooMany + 1);
}

export const compo: MethodSpec = {
  title: 'CompoEmb',
  family: 'inter-feature',
  floor: (settings) => rowsFor(settings.fields.rows, fewest(settings)) / settings.fields.rows,
  start(settings, { operation = 'product' }) {
    requireBudget('compo', settings, this.floor(settings));
    if (operation !== 'product' && operation !== 'sum')
      throw new FletchError('INVALID_ARGUMENT', `operation is "${operation}": it is product or sum.`);
    const c = remainderRows(settings);
    const bound = initialBound(settings);
    const random = rng(settings.seed, 2);
    const quotients = uniformRows(Math.ceil(settings.fields.rows / c), settings.dim, bound, random);
    // A product of two small numbers would begin where nothing is learned.
    if (operation === 'product') for (let i = 0; i < quotients.length; i++) quotients[i]! += 1;
    const quotient = new FloatRows(quotients, settings.dim);
    const remainder = freshRows(settings, c);
    const join = operation === 'product' ? mul : add;
    return {
      stages: [
        () => ({
          name: 'training',
          epochs: 1,
          tables: { quotient, remainder },
          feed: ({ distinct: { values } }) => ({
            rows: { quotient: values.map((id) => Math.floor(id / c)), remainder: values.map((id) => id % c) },
          }),
          embed: ({ look, expand }) => ({ vectors: expand(join(look('quotient'), look('remainder'))) }),
        }),
      ],
      store: () => ({
        kind: 'compositional',
        facts: { product: operation === 'product' ? 1 : 0 },
        tensors: {
          quotient: { data: quotient.data, shape: [quotient.rows, settings.dim] },
          remainder: { data: remainder.data, shape: [c, settings.dim] },
        },
      }),
    };
  },
  restore(stored, { dim }) {
    const [quotient, remainder] = [
      held(stored, 'quotient', Float32Array),
      held(stored, 'remainder', Float32Array),
    ];
    const product = fact(stored, 'product') === 1;
    const c = remainder.length / dim;
    return (ids, target) => {
      for (let i = 0, at = 0; i < ids.length; i++) {
        const [q, r] = [Math.floor(ids[i]! / c) * dim, (ids[i]! % c) * dim];
        for (let j = 0; j < dim; j++)
          target[at++] = product
            ? quotient[q + j]! * remainder[r + j]!
            : quotient[q + j]! + remainder[r + j]!;
      }
    };
  },
};
