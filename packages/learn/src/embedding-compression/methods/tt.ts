/**
 * TT-Rec (Yin et al., MLSys 2021): the table as a train of three tensors.
 *
 * @module
 */
import { gather, matmul, NDArray, reshape, transpose } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { type Rng, rng } from '@fletch/linalg';
import { largest } from '../budget.js';
import { fact, factList, held } from '../storage/stored.js';
import type { Arrays, EmbeddingSettings, MethodSpec } from '../types.js';
import { budgetBytes, requireBudget } from './table.js';

/** Sizes of the tensors. */
export interface TrainShape {
  /** Digits of an id: their product is at least the rows. */
  readonly n: readonly [number, number, number];
  /** Digits of a dimension: their product is the dimension. */
  readonly d: readonly [number, number, number];
}

/**
 * @throws FletchError `INVALID_ARGUMENT` unless the dimension is a power of two from 8
 */
export function trainShape(rows: number, dim: number): TrainShape {
  const power = Math.log2(dim);
  if (!(Number.isInteger(power) && dim >= 8))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A tensor train needs a dimension that is a power of two from 8, not ${dim}.`,
    );
  const n1 = Math.ceil(Math.cbrt(rows));
  const n2 = Math.ceil(Math.sqrt(rows / n1));
  const e1 = Math.floor(power / 3);
  const e2 = Math.floor((power - e1) / 2);
  return { n: [n1, n2, Math.ceil(rows / (n1 * n2))], d: [2 ** e1, 2 ** e2, 2 ** (power - e1 - e2)] };
}

/** The digits of an id, the first the fastest. */
export function digits(id: number, [n1, n2]: TrainShape['n']): [number, number, number] {
  return [id % n1, Math.floor(id / n1) % n2, Math.floor(id / (n1 * n2))];
}

/** Numbers in the three tensors at a rank. */
function numbersAt({ n, d }: TrainShape, rank: number): number {
  return (n[0] * d[0] + n[1] * d[1] * rank + n[2] * d[2]) * rank;
}

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

/** Tensors in the order in which they are multiplied: `[n1·d1, r]`, `[r, n2·d2·r]`, `[n3, r·d3]`. */
export type Cores = readonly [Float32Array, Float32Array, Float32Array];

/** The row of an id. */
export function trainRow(
  cores: Cores,
  { n, d }: TrainShape,
  rank: number,
  id: number,
  target: Float32Array,
): void {
  const [g1, g2, g3] = cores;
  const [i1, i2, i3] = digits(id, n);
  const pair = new Float64Array(rank);
  for (let a = 0; a < d[0]; a++)
    for (let b = 0; b < d[1]; b++) {
      pair.fill(0);
      for (let k = 0; k < rank; k++) {
        const left = g1[(i1 * d[0] + a) * rank + k]!;
        const from = k * n[1] * d[1] * rank + (i2 * d[1] + b) * rank;
        for (let l = 0; l < rank; l++) pair[l]! += left * g2[from + l]!;
      }
      for (let c = 0; c < d[2]; c++) {
        let sum = 0;
        for (let l = 0; l < rank; l++) sum += pair[l]! * g3[(i3 * rank + l) * d[2] + c]!;
        target[(a * d[1] + b) * d[2] + c] = sum;
      }
    }
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
