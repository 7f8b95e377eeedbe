/**
 * What telemetry and metrics tell of each collection.
 *
 * @module
 */
import type { CollectionInfo, Store } from '@fletch/search';
import { type Mask, masked } from './anonymize.js';

/** The facts of one collection; a damaged one has only its name. */
export interface CollectionFacts {
  readonly name: string;
  readonly info?: CollectionInfo;
  /** Points that have each vector, by its name; `''` is the unnamed one. */
  readonly vectors: { readonly [name: string]: number };
}

/** The facts of every collection. */
export function collectionFacts(store: Store): CollectionFacts[] {
  return store.collections().map((name) => {
    try {
      const collection = store.collection(name);
      return { name, info: collection.info(), vectors: collection.vectorCounts() };
    } catch {
      // It is damaged, or was deleted just now.
      return { name, vectors: {} };
    }
  });
}

/** All vectors of a collection. */
export function vectorsOf({ vectors }: CollectionFacts): number {
  return Object.values(vectors).reduce((sum, count) => sum + count, 0);
}

/** A collection as one shard on one machine, in Qdrant's shape. */
export function collectionTelemetry(facts: CollectionFacts, peer: number, mask: Mask) {
  const { name, info, vectors } = facts;
  if (!info) return { id: mask.name(name) };
  return {
    id: mask.name(name),
    config: mask.config(info.config),
    shards: [
      {
        id: 0,
        key: null,
        local: {
          variant_name: 'local',
          status: info.status,
          total_optimized_points: mask.count(info.indexed_vectors_count),
          num_points: mask.count(info.points_count),
          num_vectors: mask.count(vectorsOf(facts)),
          num_vectors_by_name: masked(
            Object.fromEntries(Object.entries(vectors).map(([key, count]) => [key, mask.count(count)])),
            mask,
          ),
          optimizations: { status: info.optimizer_status, optimizations: { count: 0 } },
          update_queue: { length: info.update_queue?.length ?? 0 },
        },
        remote: [],
        replicate_states: { [peer]: 'Active' },
      },
    ],
    transfers: [],
    resharding: [],
  };
}

/** A collection in a few numbers. */
export function aggregatedTelemetry(facts: CollectionFacts, mask: Mask) {
  return {
    vectors: mask.count(vectorsOf(facts)),
    optimizers_status: facts.info?.optimizer_status ?? 'ok',
    params: facts.info && mask.config(facts.info.config).params,
  };
}
