/**
 * DeepLight (Deng et al., WSDM 2021): ever more of the smallest entries of the whole table become zero.
 *
 * @module
 */
import { entriesWithin, restoreSparse, storeSparse, zeroSmallest } from '../storage/sparse.js';
import type { EmbeddingSettings, MethodSpec } from '../types.js';
import { freshRows, requireBudget, tableStage } from './table.js';

/** Share of the steps before the first pruning. */
const WARM_UP = 0.1;
/** Steps between two prunings. */
const EVERY = 10;

/**
 * The share that is pruned after t steps: `final · (1 − 0.99^(t / unit))`.
 *
 * @param unit - steps after which the share that is left to prune has shrunk by a hundredth. Default 100
 */
export function pruningRate(final: number, t: number, unit = 100): number {
  return final * (1 - 0.99 ** (t / unit));
}

/** The smallest share of a sparse table: one entry with its indices. */
export const sparseFloor = ({ fields, dim }: EmbeddingSettings): number => 12 / (4 * fields.rows * dim);

export const deeplight: MethodSpec = {
  title: 'DeepLight',
  family: 'intra-feature',
  floor: sparseFloor,
  start(settings) {
    requireBudget('deeplight', settings, this.floor(settings));
    const { fields, dim } = settings;
    const table = freshRows(settings, fields.rows);
    const entries = table.data.length;
    const final = 1 - entriesWithin(settings) / entries;
    return {
      stages: [
        () =>
          tableStage(table, (id) => id, {
            afterStep(step, steps) {
              const warm = Math.round(WARM_UP * steps);
              // So that at the end less than a thousandth is left to prune.
              const unit = (steps - warm) / (Math.log(1e-3) / Math.log(0.99));
              if (step === steps) zeroSmallest(table.data, Math.ceil(final * entries));
              else if (step > warm && (step - warm) % EVERY === 0)
                zeroSmallest(table.data, Math.floor(pruningRate(final, step - warm, unit) * entries));
              return undefined;
            },
          }),
      ],
      store: () => storeSparse(table.data, dim),
    };
  },
  restore: restoreSparse,
};
