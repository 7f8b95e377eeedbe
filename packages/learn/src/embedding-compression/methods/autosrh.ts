/**
 * AutoSrh (Kong et al., TKDE 2022): which coordinates matter to ids of which frequency is learned on held-out data, and the
 * smallest entries are pruned.
 *
 * @module
 */
import {
  abs,
  add,
  clip,
  div,
  gather,
  mean,
  mul,
  NDArray,
  type Optimizer,
  ones,
  sub,
  sum,
  type Tensor,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import { entriesWithin, restoreSparse, storeSparse, zeroSmallest } from '../storage/sparse.js';
import type { EmbeddingSettings, MethodSpec, Stage } from '../types.js';
import { sparseFloor } from './deeplight.js';
import { freshRows, requireBudget } from './table.js';

const GROUPS = 6;
const RATE = 1e-3;
const PENALTY = 1e-5;

/** Groups of equally many ids, by how often they occur, the most frequent first. */
export function frequencyGroups({ fields, frequencies }: EmbeddingSettings): Uint8Array {
  if (!frequencies)
    throw new FletchError(
      'INVALID_ARGUMENT',
      'autosrh groups ids by frequency: give freq, counted on the training data.',
    );
  const order = Int32Array.from(frequencies, (_, i) => i).sort((a, b) => frequencies[b]! - frequencies[a]!);
  const groups = new Uint8Array(fields.rows);
  order.forEach((id, place) => void groups.fill(Math.floor((place * GROUPS) / order.length), id, id + 1));
  return groups;
}

/** Steps of a gradient that is divided by its mean size in each row; values stay between 0 and 1. */
const normalizedSgd: Optimizer = {
  init: () => ({}),
  update: (params, gradients) => {
    const [p, g] = [(params as { alpha: Tensor }).alpha, (gradients as { alpha: Tensor }).alpha];
    const size = add(mean(abs(g), { axes: 1, keepDims: true }), 1e-12);
    return [{ alpha: clip(sub(p, mul(div(g, size), RATE)), 0, 1) } as never, {}];
  },
};

export const autosrh: MethodSpec = {
  title: 'AutoSrh',
  family: 'intra-feature',
  floor: sparseFloor,
  start(settings) {
    requireBudget('autosrh', settings, this.floor(settings));
    const { fields, dim } = settings;
    const groups = frequencyGroups(settings);
    let table = freshRows(settings, fields.rows);
    let alpha: NDArray = ones([GROUPS, dim]);
    /** `searched`: whether α is learned, or an input. */
    const stage = (name: string, epochs: number, searched: boolean, rest: Partial<Stage> = {}): Stage => ({
      name,
      epochs,
      tables: { table },
      feed: ({ distinct: { values } }) => ({
        rows: { table: values },
        inputs: {
          groups: new NDArray(
            Int32Array.from(values, (id) => groups[id]!),
            [values.length],
            'int32',
          ),
          ...(!searched && { alpha: alpha.copy() }),
        },
      }),
      embed: ({ look, inputs, search, expand }) => {
        const scale = gather((searched ? search.alpha : inputs.alpha)!, inputs.groups!);
        return { vectors: expand(mul(look('table'), scale)) };
      },
      ...rest,
    });
    return {
      stages: [
        () => stage('warming up', 0.5, false),
        () =>
          stage('searching coordinates', 0.5, true, {
            search: {
              params: { alpha },
              optimizer: normalizedSgd,
              penalty: (params) => mul(sum(abs(params.alpha!)), PENALTY),
            },
            finish: (learned) => {
              alpha = learned.search.alpha!;
              table = freshRows(settings, fields.rows);
            },
          }),
        () => stage('training', 1, false, { freshHead: true }),
      ],
      store: () => {
        const scale = alpha.data as Float32Array;
        const scaled = table.data.map(
          (value, i) => value * scale[groups[Math.floor(i / dim)]! * dim + (i % dim)]!,
        );
        zeroSmallest(scaled, scaled.length - entriesWithin(settings));
        return storeSparse(scaled, dim);
      },
    };
  },
  restore: restoreSparse,
};
