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
  /** C′ i + E′ of every coordinate. */
  readonly #turns: readonly number[];

  /** @param size - of the array */
  constructor(fields: Fields, dim: number, numbers: RobeNumbers, size: number) {
    this.#fields = fields;
    this.#numbers = numbers;
    this.#size = size;
    const [c, e] = numbers.slice(5) as [number, number];
    this.#turns = Array.from({ length: dim }, (_, i) => multiplyModulo(c, i, ROBE_PRIME) + e);
    this.#fieldOf = new Uint16Array(fields.rows);
    fields.offsets.forEach((offset, f) => void this.#fieldOf.fill(f, offset));
  }

  /**
   * Of every coordinate i of a row of the whole table its position, ((A f + B x + E + i) mod P) mod size, and its sign,
   * 2 (((A′ f + B′ x + C′ i + E′) mod P) mod 2) − 1.
   */
  row(row: number, visit: (i: number, position: number, sign: number) => void): void {
    const [a, b, e, a2, b2] = this.#numbers as [number, number, number, number, number];
    const place = this.#hash(row, a, b) + e;
    const turn = this.#hash(row, a2, b2);
    for (let i = 0; i < this.#turns.length; i++)
      visit(
        i,
        ((place + i) % ROBE_PRIME) % this.#size,
        2 * (((turn + this.#turns[i]!) % ROBE_PRIME) % 2) - 1,
      );
  }

  #hash(row: number, a: number, b: number): number {
    const f = this.#fieldOf[row]!;
    const x = row - this.#fields.offsets[f]!;
    return multiplyModulo(a, f, ROBE_PRIME) + multiplyModulo(b, x, ROBE_PRIME);
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
    const hash = new RobeHash(fields, dim, numbers, size);
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
            for (let k = 0; k < values.length; k++)
              hash.row(values[k]!, (i, position, sign) => {
                positions[k * dim + i] = position;
                signs[k * dim + i] = sign;
              });
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
    const hash = new RobeHash(fields, dim, factList(stored, 'numbers'), array.length);
    return (ids, target) => {
      for (let k = 0; k < ids.length; k++)
        hash.row(ids[k]!, (i, position, sign) => {
          target[k * dim + i] = sign * array[position]!;
        });
    };
  },
};
