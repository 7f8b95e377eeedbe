/**
 * From what Qdrant tells of a collection to what makes another one like it.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';

type JsonObject = { [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Drops nulls: they say that nothing was set. */
function set(value: Json | undefined): Json | undefined {
  if (!isObject(value)) return value ?? undefined;
  const entries = Object.entries(value).flatMap(([key, part]) => {
    const kept = set(part);
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return Object.fromEntries(entries);
}

/**
 * Body of `PUT /collections/{name}`. What belongs to a cluster is left out, and strict mode: it would limit the import.
 *
 * @throws FletchError `IO` when the description has no vectors
 */
export function creationOf(info: JsonObject, place: string): JsonObject {
  const config = isObject(info.config) ? info.config : {};
  const params = isObject(config.params) ? config.params : {};
  const { vectors, sparse_vectors } = params;
  if (!isObject(vectors) && !isObject(sparse_vectors))
    throw new FletchError('IO', `The collection in ${place} does not say what its vectors are.`);
  const parts: { [key: string]: Json | undefined } = {
    vectors: vectors ?? {},
    sparse_vectors,
    on_disk_payload: params.on_disk_payload,
    hnsw_config: config.hnsw_config,
    optimizers_config: config.optimizer_config,
    wal_config: config.wal_config,
    quantization_config: config.quantization_config,
    metadata: config.metadata,
  };
  return set(parts as JsonObject) as JsonObject;
}

/** Payload fields and what `PUT …/index` takes for each. */
export function indexesOf(info: JsonObject): JsonObject {
  const schema = isObject(info.payload_schema) ? info.payload_schema : {};
  return Object.fromEntries(
    Object.entries(schema).flatMap(([field, entry]): [string, Json][] => {
      if (!isObject(entry) || typeof entry.data_type !== 'string') return [];
      const params = set(entry.params);
      return [[field, isObject(params) ? { type: entry.data_type, ...params } : entry.data_type]];
    }),
  );
}
