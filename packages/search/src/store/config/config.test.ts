import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CreateCollection, UpdateCollection } from '../../types/index.js';
import { open } from '../open.js';
import type { Collection, Store } from '../types.js';

let home: string;
let store: Store;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-config-'));
  store = await open(home, { threads: 1 });
});
afterEach(async () => {
  await store.close();
  await rm(home, { recursive: true, force: true });
});

async function reopened(name: string): Promise<Collection> {
  await store.close();
  store = await open(home, { threads: 1 });
  return store.collection(name);
}

const vectors = { size: 4, distance: 'Dot' as const };

test('a collection tells the defaults of the dialect', async () => {
  const { config } = (await store.createCollection('a', { vectors })).info();
  expect(config).toEqual({
    params: {
      vectors,
      shard_number: 1,
      replication_factor: 1,
      write_consistency_factor: 1,
      on_disk_payload: true,
    },
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
  });
});

test('a collection tells every option that it was made with, also after reopening', async () => {
  const given: CreateCollection = {
    vectors: {
      image: {
        size: 4,
        distance: 'Cosine',
        on_disk: true,
        hnsw_config: { m: 0, payload_m: 24 },
        quantization_config: { scalar: { type: 'int8', quantile: 0.99, always_ram: true } },
      },
      ['__proto__']: { size: 2, distance: 'Dot', memory: 'cold', datatype: 'float32' },
    },
    hnsw_config: { m: 24, ef_construct: 200, full_scan_threshold: 20, on_disk: true },
    optimizers_config: { indexing_threshold: 5, max_optimization_threads: 'auto', memmap_threshold: 7 },
    wal_config: { wal_capacity_mb: 1 },
    quantization_config: { binary: { encoding: 'two_bits' } },
    on_disk_payload: false,
    payload: { memory: 'cached' },
    shard_number: 3,
    sharding_method: 'custom',
    replication_factor: 2,
    write_consistency_factor: 2,
    strict_mode_config: { enabled: false, max_query_limit: 5, sparse_config: { words: { max_length: 9 } } },
    metadata: { owner: 'me' },
  };
  const before = (await store.createCollection('a', given)).info().config;
  expect(before).toMatchObject({
    params: {
      vectors: given.vectors,
      on_disk_payload: false,
      payload: { memory: 'cached' },
      shard_number: 3,
      sharding_method: 'custom',
      replication_factor: 2,
      write_consistency_factor: 2,
    },
    hnsw_config: {
      m: 24,
      ef_construct: 200,
      full_scan_threshold: 20,
      on_disk: true,
      max_indexing_threads: 0,
    },
    optimizer_config: { indexing_threshold: 5, max_optimization_threads: null, memmap_threshold: 7 },
    wal_config: { wal_capacity_mb: 1, wal_segments_ahead: 0 },
    quantization_config: given.quantization_config,
    strict_mode_config: given.strict_mode_config,
    metadata: { owner: 'me' },
  });
  expect((await reopened('a')).info().config).toEqual(before);
});

test.each<[Partial<CreateCollection>, string]>([
  [{ shard_number: 0 }, 'shard_number: expected an integer of at least 1, got 0.'],
  [{ replication_factor: 1.5 }, 'replication_factor'],
  [{ sharding_method: 'both' as never }, 'sharding_method: expected one of auto, custom, got both.'],
  [{ hnsw_config: { ef_construct: 3 } }, 'hnsw_config.ef_construct: expected an integer of at least 4'],
  [{ hnsw_config: { full_scan_threshold: 9 } }, 'hnsw_config.full_scan_threshold'],
  [{ hnsw_config: [] as never }, 'hnsw_config: expected an object, got an array.'],
  [{ optimizers_config: { deleted_threshold: 1.1 } }, 'deleted_threshold: expected a number from 0 to 1'],
  [{ optimizers_config: { vacuum_min_vector_number: 99 } }, 'vacuum_min_vector_number'],
  [{ optimizers_config: { max_optimization_threads: 'all' as never } }, 'max_optimization_threads'],
  [{ wal_config: { wal_capacity_mb: 0 } }, 'wal_config.wal_capacity_mb'],
  [{ quantization_config: { scalar: {} } }, 'quantization_config.scalar.type: it is missing.'],
  [
    { quantization_config: { scalar: { type: 'int4' } } },
    'quantization_config.scalar.type: expected one of int8',
  ],
  [{ quantization_config: { product: { compression: 'x5' } } }, 'product.compression'],
  [{ quantization_config: {} as never }, 'one of scalar, product, binary, turbo'],
  [{ on_disk_payload: 1 as never }, 'on_disk_payload: expected true or false, got 1.'],
  [{ payload: { memory: 'pinned' as never } }, 'payload.memory: expected one of cold, cached'],
  [{ strict_mode_config: { max_query_limit: 0 } }, 'strict_mode_config.max_query_limit'],
  [{ strict_mode_config: { max_resident_memory_percent: 101 } }, 'max_resident_memory_percent'],
  [
    { strict_mode_config: { multivector_config: { a: { max_vectors: 0 } } } },
    'multivector_config.a.max_vectors',
  ],
  [{ vectors: { ...vectors, memory: 'pinned' } }, 'vectors.memory'],
  [{ vectors: { a: { ...vectors, on_disk: 'no' as never } } }, 'vectors.a.on_disk'],
])('a collection is not made with %j', async (part, message) => {
  await expect(store.createCollection('a', { vectors, ...part })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
  expect(store.collections()).toEqual([]);
});

describe('an update', () => {
  test('merges what it names and leaves the rest, durably', async () => {
    const collection = await store.createCollection('a', {
      vectors: { v: { ...vectors, hnsw_config: { m: 8 } }, w: vectors },
      quantization_config: { scalar: { type: 'int8' } },
      strict_mode_config: { enabled: false, max_query_limit: 5 },
      metadata: { one: 1, two: 2 },
    });
    const before = collection.info().config;
    await collection.update({
      vectors: {
        v: { hnsw_config: { ef_construct: 50 }, on_disk: true },
        w: { quantization_config: { binary: {} }, memory: 'cold' },
      },
      hnsw_config: { m: 32, ef_construct: null as never },
      optimizers_config: { indexing_threshold: 1, max_optimization_threads: 4 },
      params: { replication_factor: 3, read_fan_out_factor: 2, on_disk_payload: false },
      quantization_config: 'Disabled',
      strict_mode_config: { enabled: false, read_rate_limit: 100 },
      metadata: { two: null, three: { deep: [3] } },
    });
    const after = {
      ...before,
      params: {
        ...before.params,
        vectors: {
          v: { ...vectors, hnsw_config: { m: 8, ef_construct: 50 }, on_disk: true },
          w: { ...vectors, quantization_config: { binary: {} }, memory: 'cold' },
        },
        replication_factor: 3,
        read_fan_out_factor: 2,
        on_disk_payload: false,
      },
      hnsw_config: { ...before.hnsw_config, m: 32 },
      optimizer_config: {
        ...before.optimizer_config,
        indexing_threshold: 1,
        max_optimization_threads: 4,
      },
      quantization_config: null,
      strict_mode_config: { enabled: false, max_query_limit: 5, read_rate_limit: 100 },
      metadata: { one: 1, three: { deep: [3] } },
    };
    expect(collection.info().config).toEqual(after);
    expect((await reopened('a')).info().config).toEqual(after);
    await store.collection('a').update({ vectors: { w: { quantization_config: 'Disabled' } } });
    expect(store.collection('a').info().config.params.vectors).toMatchObject({ w: { memory: 'cold' } });
    expect(JSON.stringify(store.collection('a').info().config.params.vectors)).not.toContain('binary');
  });

  test.each<[UpdateCollection, string]>([
    [{ vectors: { x: { on_disk: true } } }, 'Not existing vector name error: x'],
    [{ sparse_vectors: { x: {} } }, 'Not existing vector name error: x'],
    [{ vectors: { '': { hnsw_config: { ef_construct: 1 } } } }, 'vectors..hnsw_config.ef_construct'],
    [{ params: { replication_factor: 0 } }, 'params.replication_factor'],
    [{ quantization_config: 'disabled' as never }, 'quantization_config: expected an object'],
    [{ metadata: 3 as never }, 'metadata: expected an object'],
  ])('that is wrong changes nothing: %j', async (part, message) => {
    const collection = await store.createCollection('a', { vectors });
    const before = collection.info().config;
    await expect(
      collection.update({ hnsw_config: { m: 3 }, metadata: { a: 1 }, ...part }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) });
    expect(collection.info().config).toEqual(before);
  });

  test('of a graph holds from the next build on, and searches go on meanwhile', async () => {
    const collection = await store.createCollection('a', { vectors, hnsw_config: { m: 0 } });
    await collection.upsert([{ id: 1, vector: [1, 2, 3, 4] }]);
    await collection.update({ hnsw_config: { m: 100_000, ef_construct: 1_000_000 } });
    await collection.upsert([{ id: 2, vector: [4, 3, 2, 1] }]);
    const hits = await (await reopened('a')).query({ query: [0, 0, 0, 1], limit: 2 });
    expect(hits.map(({ id }) => id)).toEqual([1, 2]);
  });

  test('and another at the same time both hold', async () => {
    const collection = await store.createCollection('a', { vectors });
    await Promise.all([
      collection.update({ hnsw_config: { m: 5 } }),
      collection.update({ metadata: { a: 1 } }),
      collection.update({ metadata: { b: 2 }, hnsw_config: { ef_construct: 7 } }),
    ]);
    expect(collection.info().config).toMatchObject({
      hnsw_config: { m: 5, ef_construct: 7 },
      metadata: { a: 1, b: 2 },
    });
  });
});
