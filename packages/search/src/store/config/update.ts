/**
 * Changes of a collection's configuration, merged into what it is.
 *
 * @module
 */
import type {
  CollectionInfo,
  Payload,
  QuantizationConfig,
  SparseVectorParams,
  StrictModeConfig,
  UpdateCollection,
} from '../../types/index.js';
import { boolean, integer, invalid, optionalObject, readFields } from './bounds.js';
import {
  type CollectionConfig,
  readHnsw,
  readOptimizers,
  readPayloadParams,
  readQuantization,
  readSparseVectors,
  readStrictMode,
  readVectorParams,
  type StoredVectorParams,
} from './read.js';

type Params = Omit<CollectionInfo['config']['params'], 'vectors' | 'sparse_vectors'>;

const paramRules = {
  replication_factor: integer(1),
  write_consistency_factor: integer(1),
  read_fan_out_factor: integer(0),
  read_fan_out_delay_ms: integer(0),
  on_disk_payload: boolean,
};

/** Names of the vectors that there are. */
export interface VectorNames {
  readonly dense: readonly string[];
  readonly sparse: readonly string[];
}

/**
 * The configuration after a change: what is absent or null in `change` stays, objects are merged field by field,
 * a quantization takes the place of any other.
 *
 * @throws FletchError `INVALID_ARGUMENT`; nothing of the change holds then
 */
export function updatedConfig(
  config: CollectionConfig,
  change: UpdateCollection,
  names: VectorNames,
): CollectionConfig {
  const params = readFields<Params>(change.params, paramRules as never, 'params');
  const payload = readPayloadParams(change.params?.payload, 'params.payload');
  const strict = readStrictMode(change.strict_mode_config);
  const quantization = changedQuantization(
    config.quantization_config ?? undefined,
    change.quantization_config,
    'quantization_config',
  );
  return {
    ...config,
    vectors: changedVectors(config, change.vectors, names.dense),
    sparse_vectors: changedSparse(config, change.sparse_vectors, names.sparse),
    params: {
      ...config.params,
      ...params,
      ...(payload && { payload: { ...config.params.payload, ...payload } }),
    },
    hnsw_config: { ...config.hnsw_config, ...readHnsw(change.hnsw_config, 'hnsw_config') },
    optimizer_config: {
      ...config.optimizer_config,
      ...readOptimizers(change.optimizers_config, 'optimizers_config'),
    },
    quantization_config: quantization ?? null,
    ...(strict && { strict_mode_config: { ...config.strict_mode_config, ...strict } as StrictModeConfig }),
  };
}

/** Metadata with a change merged in, key by key; a null removes its key. */
export function mergedMetadata(metadata: Payload | undefined, change: Payload): Payload {
  const merged = Object.entries({ ...metadata, ...change }).filter(([, value]) => value !== null);
  return Object.fromEntries(merged);
}

function changedVectors(
  { vectors }: CollectionConfig,
  change: UpdateCollection['vectors'],
  names: readonly string[],
): CollectionConfig['vectors'] {
  const changed = new Map<string, StoredVectorParams>(Object.entries(vectors));
  for (const [name, given] of Object.entries(optionalObject(change, 'vectors') ?? {})) {
    if (!names.includes(name)) throw unknownVector(name);
    const at = `vectors.${name}`;
    const { quantization_config: quantization, ...rest } = optionalObject(given, at) ?? {};
    const { hnsw_config: hnsw, ...flat } = readVectorParams(rest, at);
    const { quantization_config: oldQuantization, hnsw_config: oldHnsw, ...old } = changed.get(name) ?? {};
    const newQuantization = changedQuantization(
      oldQuantization ?? undefined,
      quantization,
      `${at}.quantization_config`,
    );
    changed.set(name, {
      ...old,
      ...flat,
      ...((oldHnsw || hnsw) && { hnsw_config: { ...oldHnsw, ...hnsw } }),
      ...(newQuantization && { quantization_config: newQuantization }),
    });
  }
  return Object.fromEntries(changed);
}

function changedSparse(
  { sparse_vectors }: CollectionConfig,
  change: UpdateCollection['sparse_vectors'],
  names: readonly string[],
): CollectionConfig['sparse_vectors'] {
  const changed = new Map<string, SparseVectorParams>(Object.entries(sparse_vectors));
  for (const [name, { index, ...rest }] of Object.entries(readSparseVectors(change, 'sparse_vectors'))) {
    if (!names.includes(name)) throw unknownVector(name);
    const old = changed.get(name);
    const both = (old?.index || index) && { index: { ...old?.index, ...index } };
    changed.set(name, { ...old, ...rest, ...both });
  }
  return Object.fromEntries(changed);
}

function changedQuantization(
  old: QuantizationConfig | undefined,
  change: unknown,
  at: string,
): QuantizationConfig | undefined {
  if (change === 'Disabled') return undefined;
  return readQuantization(change, at) ?? old;
}

function unknownVector(name: string): Error {
  return invalid(`Not existing vector name error: ${name}`, { vector: name });
}
