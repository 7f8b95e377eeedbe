/**
 * The configuration of a collection: read from what `createCollection` was given, kept as one fact of the
 * collection's `meta` table, told again by `info`.
 *
 * What has an effect here: `hnsw_config` (`m`, `ef_construct`, `max_indexing_threads` when a graph is built,
 * `full_scan_threshold` when it is searched), `strict_mode_config`, `metadata`. The rest is kept and told again, as
 * the store decides by itself where data is kept and when it is tidied up.
 *
 * @module
 */
import type {
  CollectionInfo,
  CreateCollection,
  HnswConfig,
  MultiVectorConfig,
  OptimizersConfig,
  QuantizationConfig,
  SparseVectorParams,
  StrictModeConfig,
  VectorParams,
  WalConfig,
} from '../../types/index.js';
import { boolean, check, choice, integer, invalid, isObject, optionalObject, readFields } from './bounds.js';
import {
  hnswRules,
  memory,
  optimizerRules,
  quantizationRules,
  strictRules,
  unpinned,
  walRules,
} from './rules.js';

/** Parameters of one dense vector beside what it is: its size, its distance. */
export type StoredVectorParams = Partial<
  Pick<
    VectorParams,
    'hnsw_config' | 'quantization_config' | 'on_disk' | 'memory' | 'datatype' | 'multivector_config'
  >
>;

type Params = Omit<CollectionInfo['config']['params'], 'vectors' | 'sparse_vectors'>;

/** What is kept. */
export interface CollectionConfig {
  readonly vectors: { readonly [name: string]: StoredVectorParams };
  readonly sparse_vectors: { readonly [name: string]: SparseVectorParams };
  readonly params: Params;
  readonly hnsw_config: HnswConfig;
  readonly optimizer_config: OptimizersConfig;
  readonly wal_config: WalConfig;
  readonly quantization_config: QuantizationConfig | null;
  readonly strict_mode_config?: StrictModeConfig;
}

/** Qdrant's defaults. */
export const defaultConfig: CollectionConfig = {
  vectors: {},
  sparse_vectors: {},
  params: { shard_number: 1, replication_factor: 1, write_consistency_factor: 1, on_disk_payload: true },
  hnsw_config: {
    m: 16,
    ef_construct: 100,
    full_scan_threshold: 10_000,
    max_indexing_threads: 0,
    on_disk: false,
  },
  optimizer_config: {
    deleted_threshold: 0.2,
    vacuum_min_vector_number: 1000,
    default_segment_number: 0,
    max_segment_size: null,
    memmap_threshold: null,
    indexing_threshold: 10_000,
    flush_interval_sec: 5,
    max_optimization_threads: null,
    prevent_unoptimized: null,
  },
  wal_config: { wal_capacity_mb: 32, wal_segments_ahead: 0, wal_retain_closed: 1 },
  quantization_config: null,
};

const paramRules = {
  shard_number: integer(1),
  sharding_method: choice('auto', 'custom'),
  replication_factor: integer(1),
  write_consistency_factor: integer(1),
  on_disk_payload: boolean,
};

/**
 * Reads the configuration of a new collection, vectors' sizes and distances left aside.
 *
 * @throws FletchError `INVALID_ARGUMENT` naming the field
 */
export function readConfig(given: CreateCollection): CollectionConfig {
  if (!isObject(given)) throw invalid('Expected a configuration with vectors.');
  const strict = readStrictMode(given.strict_mode_config);
  const params = readFields<Params>(given, paramRules as never, '');
  const payload = readPayloadParams(given.payload, 'payload');
  return {
    vectors: Object.fromEntries(
      namedVectors(given.vectors).map(([name, value]) => [name, readVectorParams(value, vectorPlace(name))]),
    ),
    sparse_vectors: readSparseVectors(given.sparse_vectors, 'sparse_vectors'),
    params: { ...defaultConfig.params, ...params, ...(payload && { payload }) },
    hnsw_config: { ...defaultConfig.hnsw_config, ...readHnsw(given.hnsw_config, 'hnsw_config') },
    optimizer_config: {
      ...defaultConfig.optimizer_config,
      ...readOptimizers(given.optimizers_config, 'optimizers_config'),
    },
    wal_config: {
      ...defaultConfig.wal_config,
      ...readFields<WalConfig>(given.wal_config, walRules, 'wal_config'),
    },
    quantization_config: readQuantization(given.quantization_config, 'quantization_config') ?? null,
    ...(strict && { strict_mode_config: strict }),
  };
}

function namedVectors(vectors: unknown): [name: string, params: unknown][] {
  if (!isObject(vectors)) return [];
  return typeof vectors.size !== 'object' && Object.hasOwn(vectors, 'size')
    ? [['', vectors]]
    : Object.entries(vectors);
}

function vectorPlace(name: string): string {
  return name === '' ? 'vectors' : `vectors.${name}`;
}

/** Reads the parameters of a dense vector that may be set. */
export function readVectorParams(value: unknown, at: string): StoredVectorParams {
  const given = optionalObject(value, at) ?? {};
  const hnsw = readHnsw(given.hnsw_config, `${at}.hnsw_config`);
  const quantization = readQuantization(given.quantization_config, `${at}.quantization_config`);
  const flat = readFields<Pick<StoredVectorParams, 'on_disk' | 'memory' | 'datatype'>>(
    given,
    { on_disk: boolean, memory: unpinned, datatype: choice('float32', 'float16', 'uint8', 'turbo4') },
    at,
  );
  const multi = optionalObject(given.multivector_config, `${at}.multivector_config`);
  if (multi) check(multi.comparator, choice('max_sim'), `${at}.multivector_config.comparator`);
  const { encodings } = readFields<MultiVectorConfig>(
    multi && { encodings: multi.encodings },
    { encodings: boolean } as never,
    `${at}.multivector_config`,
  );
  return {
    ...(Object.keys(hnsw).length > 0 && { hnsw_config: hnsw }),
    ...(quantization && { quantization_config: quantization }),
    ...flat,
    ...(multi && { multivector_config: { comparator: 'max_sim', ...(encodings && { encodings }) } }),
  };
}

export function readHnsw(value: unknown, at: string): Partial<HnswConfig> {
  return readFields<HnswConfig>(value, hnswRules, at);
}

export function readOptimizers(value: unknown, at: string): Partial<OptimizersConfig> {
  const { max_optimization_threads: threads } = optionalObject(value, at) ?? {};
  const rest = readFields<OptimizersConfig>(value, optimizerRules as never, at);
  if (threads === undefined || threads === null) return rest;
  if (threads !== 'auto') check(threads, integer(0), `${at}.max_optimization_threads`);
  // "auto" is how a request says what the configuration says by null.
  return { ...rest, max_optimization_threads: threads === 'auto' ? null : (threads as number) };
}

export function readQuantization(value: unknown, at: string): QuantizationConfig | undefined {
  const given = optionalObject(value, at);
  if (!given) return undefined;
  const kinds = Object.keys(quantizationRules);
  const kind = kinds.find((each) => isObject(given[each]));
  if (!kind) throw invalid(`${at}: expected an object with one of ${kinds.join(', ')}.`);
  const { rules, needed } = quantizationRules[kind]!;
  const read = readFields<Record<string, unknown>>(given[kind], rules, `${at}.${kind}`);
  if (needed && read[needed] === undefined) throw invalid(`${at}.${kind}.${needed}: it is missing.`);
  return { [kind]: read } as QuantizationConfig;
}

export function readSparseVectors(value: unknown, at: string): { [name: string]: SparseVectorParams } {
  const given = optionalObject(value, at) ?? {};
  return Object.fromEntries(
    Object.entries(given).map(([name, params]) => [name, readSparseParams(params, `${at}.${name}`)]),
  );
}

function readSparseParams(value: unknown, at: string): SparseVectorParams {
  const given = optionalObject(value, at) ?? {};
  const modifier = readFields<SparseVectorParams>(given, { modifier: choice('none', 'idf') } as never, at);
  const index = optionalObject(given.index, `${at}.index`);
  if (!index) return modifier;
  const rules = {
    full_scan_threshold: integer(0),
    on_disk: boolean,
    memory,
    datatype: choice('float32', 'float16', 'uint8'),
  };
  return { ...modifier, index: readFields(index, rules as never, `${at}.index`) };
}

export function readPayloadParams(value: unknown, at: string): Params['payload'] | undefined {
  return optionalObject(value, at) && readFields(value, { memory: unpinned } as never, at);
}

export function readStrictMode(value: unknown): StrictModeConfig | undefined {
  const at = 'strict_mode_config';
  const given = optionalObject(value, at);
  if (!given) return undefined;
  const limits = (name: string, field: string) => {
    const each = optionalObject(given[name], `${at}.${name}`);
    if (!each) return undefined;
    return Object.fromEntries(
      Object.entries(each).map(([vector, limit]) => [
        vector,
        readFields(limit, { [field]: integer(1) } as never, `${at}.${name}.${vector}`),
      ]),
    );
  };
  const multi = limits('multivector_config', 'max_vectors');
  const sparse = limits('sparse_config', 'max_length');
  return {
    ...readFields<StrictModeConfig>(given, strictRules as never, at),
    ...(multi && { multivector_config: multi }),
    ...(sparse && { sparse_config: sparse }),
  };
}
