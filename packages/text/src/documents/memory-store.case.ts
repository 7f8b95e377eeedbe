/**
 * A store in memory for tests: exact search, no filters, and a count of what was written.
 *
 * @module
 */
import type { Collection, CreateCollection, PointStruct, Store, VectorParams } from '@fletch/search';

export class MemoryCollection {
  readonly points = new Map<string, PointStruct>();
  readonly payloadIndexes: string[] = [];
  /** Called before each upsert; may throw. */
  beforeUpsert: (points: readonly PointStruct[]) => Promise<void> = async () => {};

  constructor(
    readonly name: string,
    readonly config: CreateCollection,
  ) {}

  info() {
    return { config: { params: { vectors: this.config.vectors }, metadata: this.config.metadata } };
  }

  async setMetadata(metadata: CreateCollection['metadata']) {
    if (metadata) this.config.metadata = metadata;
  }

  async createPayloadIndex(field: string) {
    this.payloadIndexes.push(field);
  }

  async upsert(points: readonly PointStruct[]) {
    await this.beforeUpsert(points);
    for (const point of points)
      this.points.set(String(point.id), {
        ...point,
        vector: structuredClone(point.vector),
        payload: structuredClone(point.payload ?? null),
      });
  }

  retrieve(ids: readonly (string | number)[]) {
    return ids.flatMap((id) => this.points.get(String(id)) ?? []);
  }

  async count() {
    return this.points.size;
  }

  async query({ query, limit = 10 }: { query: Float32Array; limit?: number }) {
    const dot = (vector: Float32Array) => vector.reduce((sum, value, i) => sum + value * query[i]!, 0);
    return Array.from(this.points.values(), ({ id, vector, payload }) => ({
      id,
      payload,
      score: dot(vector as Float32Array),
    }))
      .sort((a, b) => b.score - a.score)
      .slice(0, limit);
  }
}

export class MemoryStore {
  readonly all = new Map<string, MemoryCollection>();

  async createCollection(name: string, config: CreateCollection) {
    const collection = new MemoryCollection(name, config);
    this.all.set(name, collection);
    return collection;
  }

  hasCollection(name: string) {
    return this.all.has(name);
  }

  collection(name: string) {
    return this.all.get(name);
  }
}

/** The fakes have only the methods that the code under test calls. */
export const asStore = (store: MemoryStore) => store as unknown as Store;
export const asCollection = (collection: MemoryCollection) => collection as unknown as Collection;

/** An empty collection of `size` values. */
export function memoryCollection(size: number, metadata?: CreateCollection['metadata']): MemoryCollection {
  const vectors: VectorParams = { size, distance: 'Cosine' };
  return new MemoryCollection('notes', { vectors, ...(metadata ? { metadata } : {}) });
}
