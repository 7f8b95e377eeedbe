/**
 * The parameters of graphs among those of vectors.
 *
 * @module
 */
import type { CreateCollection } from '../../types/index.js';

/** The same vectors, their graphs left to the configuration, which knows more of them. */
export function withoutGraphs(config: CreateCollection): CreateCollection {
  const { hnsw_config: _all, vectors, ...rest } = config;
  if (typeof vectors !== 'object' || vectors === null) return config;
  const plain = (params: unknown) =>
    typeof params === 'object' && params !== null ? { ...params, hnsw_config: null } : params;
  const one = Object.hasOwn(vectors, 'size') && typeof vectors.size !== 'object';
  const all = one
    ? plain(vectors)
    : Object.fromEntries(Object.entries(vectors).map(([name, params]) => [name, plain(params)]));
  return { ...rest, vectors: all as NonNullable<CreateCollection['vectors']> };
}
