/**
 * TT-Rec (Yin et al., MLSys 2021): the table as a train of three tensors.
 *
 * @module
 */
import { gather, matmul, NDArray, reshape, transpose } from '@fletch/array';
import { type Rng, rng } from '@fletch/linalg';
import { largest } from '../budget.js';
import { fact, factList, held } from '../storage/stored.js';
import {
  type Cores,
  digits,
  numbersAt,
  type TrainShape,
  trainRow,
  trainShape,
} from '../storage/tensor-train.js';
import type { Arrays, EmbeddingSettings, MethodSpec } from '../types.js';
import { budgetBytes, requireBudget } from './table.js';

/** Normal numbers of at least 2 in size, times a spread: as the authors' code draws them. */
function largeNormals(count: number, spread: number, random: Rng): Float32Array {
  const result = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let z = random.normal();
    while (Math.abs(z) < 2) z = random.normal();
    result[i] = spread * z;
  }
  return result;
}

export const tt: MethodSpec = {
  title: 'TT-Rec',
  family: 'inter-feature',
  floor: ({ fields, dim }) => numbersAt(trainShape(fields.rows, dim), 1) / (fields.rows * dim),
  start(settings: EmbeddingSettings) {
    const { fields, dim, seed } = settings;
    const shape = trainShape(fields.rows, dim);
    requireBudget('tt', settings, this.floor(settings));
    const { n, d } = shape;
    const rank = largest(1, 4096, (r) => 4 * numbersAt(shape, r) <= budgetBytes(settings));
    const random = rng(seed, 2);
    const spread = Math.cbrt(1 / Math.sqrt((n[0] * n[1] * n[2]) / 3));
    const draw = (shapeOf: number[]) => {
      const count = shapeOf.reduce((a, b) => a * b, 1);
      return new NDArray(largeNormals(count, spread, random), shapeOf, 'float32');
    };
    let dense: Arrays = {
      g1: draw([n[0] * d[0], rank]),
      g2: draw([rank, n[1] * d[1] * rank]),
      g3: draw([n[2], rank * d[2]]),
    };
    return {
      stages: [
        () => ({
          name: 'training',
          epochs: 1,
          tables: {},
          dense,
          feed: ({ distinct: { values } }) => {
            const ints = (f: (id: number) => number) => new NDArray(values.map(f), [values.length], 'int32');
            return {
              rows: {},
              inputs: {
                pair: ints((id) => {
                  const [i1, i2] = digits(id, n);
                  return i1 * n[1] + i2;
                }),
                third: ints((id) => digits(id, n)[2]),
              },
            };
          },
          embed: ({ dense: { g1, g2, g3 }, inputs, expand }) => {
            // The products of all pairs of the first two at once: one large product instead of many small ones.
            const all = reshape(matmul(g1!, g2!), [n[0], d[0], n[1], d[1] * rank]);
            const pairs = reshape(transpose(all, [0, 2, 1, 3]), [n[0] * n[1], d[0] * d[1] * rank]);
            const left = reshape(gather(pairs, inputs.pair!), [-1, d[0] * d[1], rank]);
            const right = reshape(gather(g3!, inputs.third!), [-1, rank, d[2]]);
            return { vectors: expand(reshape(matmul(left, right), [-1, dim])) };
          },
          finish: (learned) => {
            dense = learned.dense;
          },
        }),
      ],
      store: () => ({
        kind: 'tensor-train',
        facts: { rank, n: [...n], d: [...d] },
        tensors: Object.fromEntries(
          Object.entries(dense).map(([name, { data, shape: own }]) => [
            name,
            { data: (data as Float32Array).slice(), shape: own },
          ]),
        ),
      }),
    };
  },
  restore(stored, { dim }) {
    const cores: Cores = [
      held(stored, 'g1', Float32Array),
      held(stored, 'g2', Float32Array),
      held(stored, 'g3', Float32Array),
    ];
    const rank = fact(stored, 'rank');
    const shape = { n: factList(stored, 'n'), d: factList(stored, 'd') } as unknown as TrainShape;
    return (ids, target) => {
      for (let i = 0; i < ids.length; i++)
        trainRow(cores, shape, rank, ids[i]!, target.subarray(i * dim, (i + 1) * dim));
    };
  },
};
