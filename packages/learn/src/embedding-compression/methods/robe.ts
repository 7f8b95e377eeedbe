/**
 * ROBE-Z (Desai, Chou and Shrivastava, MLSys 2022): all rows lie, overlapping, in one small array.
 *
 * @module
 */
import { mul, NDArray, reshape } from '@fletch/array';
import { rng } from '@fletch/linalg';
import type { Fields } from '../fields.js';
import { multiplyModulo, ROBE_PRIME } from '../hashing.js';
import { FloatRows, uniformRows } from '../storage/row-tables.js';
import { factList, held } from '../storage/stored.js';
import type { MethodSpec } from '../types.js';
import { initialBound, requireBudget } from './table.js';

/** The random numbers of the hashes: A, B, E of the positions, A′, B′, C′, E′ of the signs. With Z = 1 there is no C. */
export type RobeNumbers = readonly number[];

/** Where a row begins, and the signs of its coordinates. */
export class RobeHash {
  readonly #fieldOf: Uint16Array;
  readonly #fields: Fields;
  readonly #numbers: RobeNumbers;
  readonly #size: number;

  /** @param size - of the array */
  constructor(fields: Fields, numbers: RobeNumbers, size: number) {
    this.#fields = fields;
    this.#numbers = numbers;
    this.#size = size;
    this.#fieldOf = new Uint16Array(fields.rows);
    fields.offsets.forEach((offset, f) => void this.#fieldOf.fill(f, offset));
  }

  /** Position of coordinate i of a row of the whole table: ((A f + B x + E + i) mod P) mod size. */
  position(row: number, i: number): number {
    const [a, b, e] = this.#numbers as [number, number, number];
    return (this.#hash(row, a, b, e + i) % ROBE_PRIME) % this.#size;
  }

  /** Its sign: 2 (((A′ f + B′ x + C′ i + E′) mod P) mod 2) − 1. */
  sign(row: number, i: number): number {
    const [a, b, c, e] = this.#numbers.slice(3) as [number, number, number, number];
    return 2 * (this.#hash(row, a, b, multiplyModulo(c, i, ROBE_PRIME) + e) % 2) - 1;
  }

  #hash(row: number, a: number, b: number, rest: number): number {
    const f = this.#fieldOf[row]!;
    const x = row - this.#fields.offsets[f]!;
    return (multiplyModulo(a, f, ROBE_PRIME) + multiplyModulo(b, x, ROBE_PRIME) + rest) % ROBE_PRIME;
  }
}

export const robe: MethodSpec = {
  title: 'ROBE',
  family: 'inter-feature',
  floor: ({ fields }) => 1 / fields.rows,
  start(settings) {
    requireBudget('robe', settings, this.floor(settings));
    const { fields, dim, seed, cr } = settings;
    const size = Math.floor(cr * fields.rows * dim);
    const random = rng(seed, 2);
    const numbers = Array.from({ length: 7 }, () => 1 + random.integer(ROBE_PRIME - 1));
    const hash = new RobeHash(fields, numbers, size);
    const array = new FloatRows(uniformRows(size, 1, initialBound(settings), random), 1);
    return {
      stages: [
        () => ({
          name: 'training',
          epochs: 1,
          tables: { array },
          feed: ({ distinct: { values } }) => {
            const positions = new Int32Array(values.length * dim);
            const signs = new Float32Array(positions.length);
            for (let i = 0, at = 0; i < values.length; i++)
              for (let j = 0; j < dim; j++, at++) {
                positions[at] = hash.position(values[i]!, j);
                signs[at] = hash.sign(values[i]!, j);
              }
            return {
              rows: { array: positions },
              inputs: { signs: new NDArray(signs, [values.length, dim], 'float32') },
            };
          },
          embed: ({ look, inputs, expand }) => ({
            vectors: expand(mul(reshape(look('array'), [-1, dim]), inputs.signs!)),
          }),
        }),
      ],
      store: () => ({
        kind: 'shared-array',
        facts: { numbers },
        tensors: { array: { data: array.data, shape: [size] } },
      }),
    };
  },
  restore(stored, { fields, dim }) {
    const array = held(stored, 'array', Float32Array);
    const hash = new RobeHash(fields, factList(stored, 'numbers'), array.length);
    return (ids, target) => {
      for (let i = 0, at = 0; i < ids.length; i++)
        for (let j = 0; j < dim; j++)
          target[at++] = hash.sign(ids[i]!, j) * array[hash.position(ids[i]!, j)]!;
    };
  },
};
