/**
 * A space of dense vectors in one index.
 *
 * @module
 */
import type { IndexHits, VectorIndex } from '../index/types.js';
import { readVector, type VectorSpec } from '../store/vectors.js';
import type { VectorOutput } from '../types/index.js';
import type { DenseValue, NearestOptions, VectorSpace, VectorValue } from './types.js';

export class DenseSpace implements VectorSpace {
  readonly index: VectorIndex;
  readonly #spec: VectorSpec;

  constructor(spec: VectorSpec, index: VectorIndex) {
    this.#spec = spec;
    this.index = index;
  }

  get name(): string {
    return this.#spec.name;
  }

  get distance(): VectorSpec['distance'] {
    return this.#spec.distance;
  }

  get size(): number {
    return this.index.size;
  }

  has(row: number): boolean {
    return this.index.has(row);
  }

  vector(row: number): DenseValue {
    return this.index.vector(row);
  }

  readQuery(input: unknown, at: string): DenseValue {
    return readVector(input as number[], this.#spec, at);
  }

  async nearest(query: VectorValue, k: number, options: NearestOptions = {}): Promise<IndexHits> {
    const { filter, ef, exact } = options;
    return this.index.searchAsync(query as DenseValue, k, {
      ...(filter && { filter }),
      ...(ef && { ef }),
      ...(exact && { exact }),
    });
  }

  compare(query: VectorValue, rows: Uint32Array): Promise<Float32Array> {
    return this.index.compare(query as DenseValue, rows);
  }

  output(vector: VectorValue): VectorOutput {
    return Array.from(vector as DenseValue);
  }
}
