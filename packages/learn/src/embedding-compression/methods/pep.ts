/**
 * PEP, plug-in embedding pruning (Liu et al., ICLR 2021): every entry learns a threshold; what is below it is pruned, and the
 * rest is trained anew.
 *
 * @module
 */
import { abs, mul, NDArray, relu, sigmoid, sign, sub } from '@fletch/array';
import { FloatRows } from '../storage/row-tables.js';
import { entriesWithin, restoreSparse, storeSparse, zeroSmallest } from '../storage/sparse.js';
import type { MethodSpec } from '../types.js';
import { sparseFloor } from './deeplight.js';
import { freshRows, requireBudget, tableStage } from './table.js';

/**
 * Where thresholds begin: σ(−6) = 0.0025 is below the first entries. The authors begin at −150, where the sigmoid of 32-bit floats
 * and its gradient are 0 and nothing is ever learned.
 */
const FIRST_THRESHOLD = -6;
const THRESHOLD_RATE = 0.02;
/** Steps between two looks at how much is pruned. */
const EVERY = 50;

const squash = (value: number) => 1 / (1 + Math.exp(-value));

export const pep: MethodSpec = {
  title: 'PEP',
  family: 'intra-feature',
  floor: sparseFloor,
  start(settings) {
    requireBudget('pep', settings, this.floor(settings));
    const { fields, dim } = settings;
    const table = freshRows(settings, fields.rows);
    const thresholds = new FloatRows(
      new Float32Array(table.data.length).fill(FIRST_THRESHOLD),
      dim,
      THRESHOLD_RATE,
    );
    const wanted = entriesWithin(settings);
    const margins = () =>
      table.data.map((value, i) => Math.max(0, Math.abs(value) - squash(thresholds.data[i]!)));
    const mask = new Uint8Array(table.data.length);
    return {
      stages: [
        () => ({
          name: 'searching entries',
          epochs: 1,
          tables: { table, thresholds },
          feed: ({ distinct: { values } }) => ({ rows: { table: values, thresholds: values } }),
          embed: ({ look, expand }) => {
            const e = look('table');
            const kept = relu(sub(abs(e), sigmoid(look('thresholds'))));
            return { vectors: expand(mul(sign(e), kept)) };
          },
          afterStep: (step) =>
            step % EVERY === 0 &&
            margins().reduce((count, margin) => count + Number(margin > 0), 0) <= wanted,
          finish: () => {
            const kept = margins();
            zeroSmallest(kept, kept.length - wanted);
            for (let i = 0; i < mask.length; i++) mask[i] = kept[i]! > 0 ? 1 : 0;
            table.data.set(freshRows(settings, fields.rows).data);
          },
        }),
        () =>
          tableStage(table, (id) => id, {
            freshHead: true,
            feed: ({ distinct: { values } }) => {
              const own = new Float32Array(values.length * dim);
              for (let i = 0; i < values.length; i++)
                own.set(mask.subarray(values[i]! * dim, (values[i]! + 1) * dim), i * dim);
              return {
                rows: { table: values },
                inputs: { mask: new NDArray(own, [values.length, dim], 'float32') },
              };
            },
            embed: ({ look, inputs, expand }) => ({ vectors: expand(mul(look('table'), inputs.mask!)) }),
          }),
      ],
      store: () =>
        storeSparse(
          table.data.map((value, i) => value * mask[i]!),
          dim,
        ),
    };
  },
  restore: restoreSparse,
};
