/**
 * A space of dense vectors in one index.
 *
 * @module
 */
import type { IndexHits, SnapshotOwner, VectorIndex } from '../index/types.js';
import type { VectorOutput } from '../types/index.js';
import { Lengths } from './lengths.js';
import { readDense } from './read.js';
import type { DenseSpec } from './spec.js';
import { Rescorer, type StoredVectors } from './stored-vectors.js';
import type { DenseValue, NearestOptions, SpaceStats, StoredSpace, VectorValue } from './types.js';

export class DenseSpace implements StoredSpace {
  readonly index: VectorIndex;
  readonly #spec: DenseSpec;
  /** Where the index keeps less than was stored. */
  readonly #lengths: Lengths | undefined;
  readonly #rescorer: Rescorer;

  constructor(spec: DenseSpec, index: VectorIndex, stored: StoredVectors) {
    this.#spec = spec;
    this.index = index;
    this.#lengths = Lengths.for(spec);
    this.#rescorer = new Rescorer(index, stored);
  }

  get name(): string {
    return this.#spec.name;
  }

  get distance(): DenseSpec['distance'] {
    return this.#spec.distance;
  }

  get size(): number {
    return this.index.size;
  }

  get generation(): number {
    return this.index.generation ?? 0;
  }

  has(row: number): boolean {
    return this.index.has(row);
  }

  vector(row: number): DenseValue {
    if (this.index.isLossy) return this.#rescorer.vector(row);
    const vector = this.index.vector(row);
    this.#lengths?.restore(row, vector);
    return vector;
  }

  readQuery(input: unknown, at: string): DenseValue {
    return readDense(input, this.#spec, at);
  }

  async nearest(query: VectorValue, k: number, options: NearestOptions = {}): Promise<IndexHits> {
    if (this.index.isLossy) return this.#rescorer.nearest(query as DenseValue, k, options);
    const { filter, ef, exact } = options;
    return this.index.searchAsync(query as DenseValue, k, {
      ...(filter && { filter }),
      ...(ef && { ef }),
      ...(exact && { exact }),
    });
  }

  compare(query: VectorValue, rows: Uint32Array): Promise<Float32Array> {
    if (this.index.isLossy) return this.#rescorer.compare(query as DenseValue, rows);
    return this.index.compare(query as DenseValue, rows);
  }

  output(vector: VectorValue): VectorOutput {
    return Array.from(vector as DenseValue);
  }

  async add(rows: readonly number[], values: readonly VectorValue[]): Promise<void> {
    const { dimension } = this.index;
    const vectors = new Float32Array(rows.length * dimension);
    values.forEach((value, i) => {
      vectors.set(value as DenseValue, i * dimension);
    });
    await this.index.add(rows, vectors);
    for (const [i, row] of rows.entries()) this.#lengths?.set(row, values[i] as DenseValue);
  }

  /** Takes note of a row that the index has already. */
  know(row: number, value: DenseValue): void {
    this.#lengths?.set(row, value);
  }

  async remove(rows: readonly number[]): Promise<void> {
    await this.index.remove(rows);
  }

  stats(): SpaceStats {
    return this.index.stats();
  }

  async settled(...options: Parameters<VectorIndex['settled']>): Promise<void> {
    await this.index.settled(...options);
  }

  async save(path: string, owner: SnapshotOwner): Promise<void> {
    await this.index.save(path, owner);
  }

  async close(): Promise<void> {
    await this.index.close();
  }
}
