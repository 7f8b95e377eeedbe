/**
 * Fixed dimensional encodings: one vector for a set of vectors, so that the inner product of a query's and a
 * document's is about their Chamfer similarity.
 *
 * Source: Dhulipala, Hadian, Jayaram, Lee and Mirrokni, "MUVERA: Multi-Vector Retrieval via Fixed Dimensional
 * Encodings", NeurIPS 2024, arXiv 2405.19504.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, matmul } from '@fletch/linalg';
import { cellOfBits, nearestTo } from './cells.js';
import { type CountSketch, finalMap, innerMaps } from './maps.js';
import { blocksDim, type FdeOptions, type FdeParameters, readFdeOptions } from './parameters.js';
import { joinSets, type VectorSets } from './sets.js';

/** Numbers that are projected at a time: sets are encoded in groups, so that the maps stay in the caches. */
const GROUP = 1 << 21;

type Side = 'query' | 'document';

/** The vectors of one set, projected: what its blocks are made of. */
interface Projected {
  /** First of its rows. */
  readonly from: number;
  /** Its rows. */
  readonly count: number;
  /** Products with the inner maps, row-major. */
  readonly products: Float32Array;
  readonly stride: number;
  /** The vectors themselves, `dim` components each, when there is no inner projection. */
  readonly plain: Float32Array | undefined;
}

/**
 * A map from sets of vectors to vectors. Queries and documents are encoded differently: a query's blocks are sums, a
 * document's are means.
 *
 * @example
 * ```ts
 * const fde = new FDE({ dim: 128 });
 * const score = dot(fde.query(Q), fde.document(P)) / fde.parameters.repetitions; // about chamfer(Q, P)
 * ```
 */
export class FDE {
  readonly parameters: FdeParameters;
  /** Components of an encoding. */
  readonly dim: number;
  readonly #maps: Matrix<Float32Array>;
  readonly #final: CountSketch | undefined;
  /** What the maps make of the mean. */
  readonly #shift: Float32Array;

  /** @throws FletchError `INVALID_ARGUMENT` naming the option, `DIMENSION_MISMATCH` or `NON_FINITE` for a bad mean */
  constructor(options: FdeOptions) {
    const parameters = readFdeOptions(options);
    this.parameters = parameters;
    this.dim = parameters.finalDim ?? blocksDim(parameters);
    this.#maps = innerMaps(parameters);
    this.#final = finalMap(parameters);
    const mean = new Matrix(new Float32Array(parameters.dim), 1, parameters.dim);
    mean.data.set(parameters.mean ?? []);
    this.#shift = matmul(mean, this.#maps, { transposeB: true }).data;
  }

  /**
   * Encodes a query.
   *
   * @param set - vectors of `parameters.dim` components, at least one
   * @param options - `fillEmpty` is refused: an empty cell of a query asks for nothing
   * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NON_FINITE`
   */
  query(set: Matrix, options: { readonly fillEmpty?: boolean } = {}): Float32Array {
    if (options.fillEmpty)
      throw new FletchError(
        'INVALID_ARGUMENT',
        'fillEmpty is for documents: a query whose empty cells were filled would count vectors that it has not.',
      );
    return this.queries([set]).data;
  }

  /**
   * Encodes a document.
   *
   * @param set - vectors of `parameters.dim` components, at least one
   * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NON_FINITE`
   */
  document(set: Matrix): Float32Array {
    return this.documents([set]).data;
  }

  /** Encodes queries: n × {@link dim}. Throws as {@link query}. */
  queries(sets: readonly Matrix[]): Matrix<Float32Array> {
    return this.#encode(joinSets(sets, this.parameters.dim), 'query');
  }

  /** Encodes documents: n × {@link dim}. Throws as {@link document}. */
  documents(sets: readonly Matrix[]): Matrix<Float32Array> {
    return this.encodeSets(joinSets(sets, this.parameters.dim));
  }

  /** Encodes documents that were joined and checked. */
  encodeSets(sets: VectorSets): Matrix<Float32Array> {
    return this.#encode(sets, 'document');
  }

  #encode({ vectors, starts }: VectorSets, side: Side): Matrix<Float32Array> {
    const { dim, projType } = this.parameters;
    const count = starts.length - 1;
    const codes = new Matrix(new Float32Array(count * this.dim), count, this.dim);
    const blocks = new Float64Array(blocksDim(this.parameters));
    const most = Math.ceil(GROUP / Math.max(dim, this.#maps.rows));
    for (let first = 0; first < count; ) {
      let end = first + 1;
      while (end < count && starts[end + 1]! - starts[first]! <= most) end++;
      const [from, to] = [starts[first]!, starts[end]!];
      const data = vectors.data.subarray(from * dim, to * dim);
      const { data: products } = matmul(new Matrix(data, to - from, dim), this.#maps, { transposeB: true });
      const projected = {
        products,
        stride: this.#maps.rows,
        plain: projType === 'identity' ? data : undefined,
      };
      for (; first < end; first++) {
        blocks.fill(0);
        const own = { ...projected, from: starts[first]! - from, count: starts[first + 1]! - starts[first]! };
        this.#fillBlocks(own, side, blocks);
        this.#finish(blocks, codes.row(first));
      }
    }
    return codes;
  }

  /** Adds a set's vectors to its blocks. */
  #fillBlocks(set: Projected, side: Side, blocks: Float64Array): void {
    const { repetitions, simhash, projDim } = this.parameters;
    const cells = 2 ** simhash;
    const bits = new Uint32Array(set.count);
    const counts = new Uint32Array(cells);
    for (let r = 0; r < repetitions; r++) {
      const block = (cell: number) => (r * cells + cell) * projDim;
      counts.fill(0);
      this.#readBits(set, r, bits);
      for (let i = 0; i < set.count; i++) {
        const cell = cellOfBits(bits[i]!);
        counts[cell]!++;
        this.#addVector(set, r, i, blocks, block(cell));
      }
      if (side === 'document') this.#finishDocument(set, r, { bits, counts, blocks, block });
    }
  }

  /** Turns sums into means, less the corpus' mean, and fills empty blocks when that is wanted. */
  #finishDocument(
    set: Projected,
    r: number,
    cells: {
      readonly bits: Uint32Array;
      readonly counts: Uint32Array;
      readonly blocks: Float64Array;
      readonly block: (cell: number) => number;
    },
  ): void {
    const { projDim, fillEmpty, mean } = this.parameters;
    const { bits, counts, blocks, block } = cells;
    for (let cell = 0; cell < counts.length; cell++) {
      const at = block(cell);
      if (counts[cell]! > 1) for (let j = at; j < at + projDim; j++) blocks[j]! /= counts[cell]!;
      else if (counts[cell] === 0) {
        if (!fillEmpty) continue;
        this.#addVector(set, r, nearestTo(cell, bits), blocks, at);
      }
      if (mean) for (let j = 0; j < projDim; j++) blocks[at + j]! -= this.#meanAt(r, j);
    }
  }

  #readBits({ from, count, products, stride }: Projected, r: number, bits: Uint32Array): void {
    const { simhash } = this.parameters;
    const column = this.#column(r);
    for (let i = 0; i < count; i++) {
      const at = (from + i) * stride + column;
      let own = 0;
      for (let b = 0; b < simhash; b++)
        own = (own << 1) | (products[at + b]! > this.#shift[column + b]! ? 1 : 0);
      bits[i] = own;
    }
  }

  /** Adds the projection of the set's i-th vector to a block. */
  #addVector(set: Projected, r: number, i: number, blocks: Float64Array, block: number): void {
    const { simhash, projDim, dim } = this.parameters;
    const { from, products, stride, plain } = set;
    const source = plain ?? products;
    const at = plain ? (from + i) * dim : (from + i) * stride + this.#column(r) + simhash;
    for (let j = 0; j < projDim; j++) blocks[block + j]! += source[at + j]!;
  }

  /** First column of a repetition in the products. */
  #column(r: number): number {
    return (r * this.#maps.rows) / this.parameters.repetitions;
  }

  /** Component j of the projected mean. */
  #meanAt(r: number, j: number): number {
    const { projType, simhash, mean } = this.parameters;
    return projType === 'identity' ? mean![j]! : this.#shift[this.#column(r) + simhash + j]!;
  }

  #finish(blocks: Float64Array, code: Float32Array): void {
    if (!this.#final) {
      code.set(blocks);
      return;
    }
    const { bucket, sign } = this.#final;
    const sums = new Float64Array(code.length);
    for (let i = 0; i < blocks.length; i++) sums[bucket[i]!]! += sign[i]! * blocks[i]!;
    code.set(sums);
  }
}
