/**
 * Encodings of documents, searched by inner product: as they are, or product-quantized.
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import {
  encodeProduct,
  type Matrix,
  type ProductQuantizer,
  productDotTable,
  scoreProduct,
  trainProductQuantizer,
} from '@fletch/linalg';
import { createFlatIndex, createHnswIndex } from '../index/create.js';
import type { VectorIndex } from '../index/types.js';
import { checkInteger } from '../index/validate.js';
import { bestHits } from '../space/top.js';

/** How encodings are searched. `hnsw` walks a graph, which is worth its build from some ten thousand documents on. */
export type CodeSearch = 'exact' | 'hnsw';

/** How encodings are product-quantized: the paper's PQ-256-8 is `{ centroids: 256, group: 8 }`, 32 times as small. */
export interface CodeQuantization {
  /** 1 to 256. Default: 256, or as many as there are documents when those are fewer. */
  readonly centroids?: number;
  /** Components that share a byte. Default: 8. */
  readonly group?: number;
  /** Most documents that centroids are learnt from. Default: 16 for each centroid. */
  readonly sample?: number;
  /** Most rounds of k-means. Default: 15. */
  readonly iterations?: number;
}

/** Encodings by document. */
export interface CodeIndex {
  readonly kind: CodeSearch | 'pq';
  /** Adds the encodings of the documents from `first` on. */
  add(first: number, codes: Matrix<Float32Array>): Promise<void>;
  /** The documents with the largest inner products, best first. `ef` is the length of a walk's candidate list. */
  nearest(query: Float32Array, count: number, ef?: number): Promise<Uint32Array>;
  /** Resolves when nothing is left to link. */
  settled(options?: LongWork): Promise<void>;
  /** Bytes of the encodings, without those of links. */
  readonly bytes: number;
  close(): Promise<void>;
}

/** Encodings as floats in one of the indexes. */
export class FloatCodes implements CodeIndex {
  readonly kind: CodeSearch;
  readonly index: VectorIndex;

  constructor(kind: CodeSearch, index: VectorIndex) {
    this.kind = kind;
    this.index = index;
  }

  /** @throws FletchError `INVALID_ARGUMENT` for another kind or more components than an index takes */
  static async create(kind: CodeSearch, dimension: number, threads?: number): Promise<FloatCodes> {
    if (kind !== 'exact' && kind !== 'hnsw')
      throw new FletchError('INVALID_ARGUMENT', `Unknown ann "${String(kind)}": use exact or hnsw.`);
    const options = { dimension, distance: 'Dot', ...(threads && { threads }) } as const;
    return new FloatCodes(
      kind,
      await (kind === 'hnsw' ? createHnswIndex(options) : createFlatIndex(options)),
    );
  }

  async add(first: number, { data, rows }: Matrix<Float32Array>): Promise<void> {
    await this.index.add(
      Uint32Array.from({ length: rows }, (_, i) => first + i),
      data,
    );
  }

  async nearest(query: Float32Array, count: number, ef?: number): Promise<Uint32Array> {
    return (await this.index.searchAsync(query, count, ef === undefined ? {} : { ef })).rows;
  }

  settled(options?: LongWork): Promise<void> {
    return this.index.settled(options);
  }

  get bytes(): number {
    return this.index.stats().vectorBytes;
  }

  close(): Promise<void> {
    return this.index.close();
  }
}

/** Encodings as bytes; a query stays as it is and sums its products with the centroids (Jégou et al., 2011). */
export class QuantizedCodes implements CodeIndex {
  readonly kind = 'pq';
  readonly quantizer: ProductQuantizer;
  #codes: Uint8Array;
  #count = 0;

  /** @param codes - those of the first documents, and room for as many as will be added */
  constructor(quantizer: ProductQuantizer, codes: Uint8Array, count = 0) {
    this.quantizer = quantizer;
    this.#codes = codes;
    this.#count = count;
  }

  /** Learns centroids from some encodings; makes room for those of `documents`. */
  static train(
    sample: Matrix<Float32Array>,
    documents: number,
    { centroids = Math.min(256, sample.rows), group = 8, iterations = 15 }: CodeQuantization,
    work: LongWork = {},
  ): QuantizedCodes {
    checkInteger('group', group, 1, sample.cols);
    const parts = Math.ceil(sample.cols / group);
    const quantizer = trainProductQuantizer(sample, {
      parts,
      centroids,
      iterations,
      sample: sample.rows,
      ...work,
    });
    return new QuantizedCodes(quantizer, new Uint8Array(documents * parts));
  }

  get codes(): Uint8Array {
    return this.#codes.subarray(0, this.bytes);
  }

  async add(first: number, codes: Matrix<Float32Array>): Promise<void> {
    this.#codes.set(encodeProduct(this.quantizer, codes), first * this.quantizer.parts);
    this.#count = Math.max(this.#count, first + codes.rows);
  }

  async nearest(query: Float32Array, count: number): Promise<Uint32Array> {
    const scores = scoreProduct(this.quantizer, productDotTable(this.quantizer, query), this.codes);
    return bestHits(
      Uint32Array.from(scores, (_, i) => i),
      scores,
      count,
      true,
    ).rows;
  }

  async settled(): Promise<void> {}

  get bytes(): number {
    return this.#count * this.quantizer.parts;
  }

  async close(): Promise<void> {}
}
