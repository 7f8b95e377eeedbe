import type { Store } from '@fletch/search';
import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningServer, serve } from './serve.js';
import { openTestStore, POINTS, testEncoders } from './testing/setup.case.js';

// The official client, unmodified, over a socket: the administration of collections.
let store: Store;
let server: RunningServer;
let client: QdrantClient;

beforeAll(async () => {
  store = await openTestStore();
  server = await serve({ store, port: 0, encoders: testEncoders() });
  client = new QdrantClient({ url: server.url, checkCompatibility: false });
  await client.createCollection('cities', { vectors: { size: 4, distance: 'Cosine' } });
  await client.upsert('cities', { points: POINTS, wait: true });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

const count = async (name: string) => (await client.count(name)).count;

it('createCollection, getCollection, updateCollection: every option comes back', async () => {
  const quantization_config = { scalar: { type: 'int8' as const, quantile: 0.9, always_ram: true } };
  expect(
    await client.createCollection('options', {
      vectors: {
        image: { size: 4, distance: 'Dot', on_disk: true, hnsw_config: { m: 8 }, quantization_config },
        text: { size: 2, distance: 'Manhattan' },
      },
      hnsw_config: { m: 32, ef_construct: 64, payload_m: 16 },
      optimizers_config: { default_segment_number: 2, indexing_threshold: 500 },
      wal_config: { wal_capacity_mb: 64 },
      quantization_config: { product: { compression: 'x16' } },
      on_disk_payload: false,
      shard_number: 2,
      replication_factor: 1,
      write_consistency_factor: 1,
      sharding_method: 'auto',
      strict_mode_config: { enabled: true, max_query_limit: 50 },
      metadata: { owner: 'me' },
    }),
  ).toBe(true);
  const info = await client.getCollection('options');
  expect(info.config).toMatchObject({
    params: {
      vectors: {
        image: { size: 4, distance: 'Dot', on_disk: true, hnsw_config: { m: 8 }, quantization_config },
        text: { size: 2, distance: 'Manhattan' },
      },
      shard_number: 2,
      sharding_method: 'auto',
      on_disk_payload: false,
    },
    hnsw_config: { m: 32, ef_construct: 64, payload_m: 16, full_scan_threshold: 10_000 },
    optimizer_config: { default_segment_number: 2, indexing_threshold: 500, deleted_threshold: 0.2 },
    wal_config: { wal_capacity_mb: 64, wal_segments_ahead: 0 },
    quantization_config: { product: { compression: 'x16' } },
    strict_mode_config: { enabled: true, max_query_limit: 50 },
    metadata: { owner: 'me' },
  });
  expect(
    await client.updateCollection('options', {
      vectors: {
        image: { on_disk: false, hnsw_config: { ef_construct: 10 }, quantization_config: 'Disabled' },
      },
      hnsw_config: { m: 12 },
      optimizers_config: { max_optimization_threads: 'auto' },
      params: { replication_factor: 2, read_fan_out_factor: 1 },
      quantization_config: { binary: {} },
      strict_mode_config: { max_query_limit: 70 },
      metadata: { team: 'ours' },
    } as never),
  ).toBe(true);
  const { config } = await client.getCollection('options');
  expect(config).toMatchObject({
    params: {
      vectors: { image: { on_disk: false, hnsw_config: { m: 8, ef_construct: 10 } } },
      replication_factor: 2,
    },
    hnsw_config: { m: 12, ef_construct: 64 },
    quantization_config: { binary: {} },
    strict_mode_config: { enabled: true, max_query_limit: 70 },
    metadata: { owner: 'me', team: 'ours' },
  });
  expect(JSON.stringify(config.params.vectors)).not.toContain('int8');
  await expect(client.updateCollection('none', {})).rejects.toMatchObject({ status: 404 });
  await expect(
    client.createCollection('options', { vectors: { size: 1, distance: 'Dot' } }),
  ).rejects.toMatchObject({
    status: 409,
  });
  await expect(
    client.updateCollection('options', { hnsw_config: { ef_construct: 1 } }),
  ).rejects.toMatchObject({
    status: 422,
  });
});

it('recreateCollection, collectionExists, getCollections, deleteCollection', async () => {
  expect(await client.recreateCollection('again', { vectors: { size: 2, distance: 'Dot' } })).toBe(true);
  await client.upsert('again', { points: [{ id: 1, vector: [1, 2] }] });
  expect(
    await client.recreateCollection('again', {
      vectors: { size: 3, distance: 'Euclid' },
      hnsw_config: { m: 4 },
      metadata: { second: true },
    }),
  ).toBe(true);
  const { config, points_count } = await client.getCollection('again');
  expect(points_count).toBe(0);
  expect(config.params.vectors).toEqual({ size: 3, distance: 'Euclid' });
  expect(await client.collectionExists('again')).toEqual({ exists: true });
  expect((await client.getCollections()).collections).toContainEqual({ name: 'again' });
  expect(await client.deleteCollection('again')).toBe(true);
  expect(await client.collectionExists('again')).toEqual({ exists: false });
});

it('updateCollectionAliases, getCollectionAliases, getAliases', async () => {
  expect(
    await client.updateCollectionAliases({
      actions: [
        { create_alias: { collection_name: 'cities', alias_name: 'towns' } },
        { create_alias: { collection_name: 'cities', alias_name: 'gone' } },
        { rename_alias: { old_alias_name: 'towns', new_alias_name: 'places' } },
        { delete_alias: { alias_name: 'gone' } },
      ],
    }),
  ).toBe(true);
  const aliases = [{ alias_name: 'places', collection_name: 'cities' }];
  expect(await client.getCollectionAliases('cities')).toEqual({ aliases });
  expect(await client.getAliases()).toEqual({ aliases });
  expect(await count('places')).toBe(6);
  const { points } = await client.query('places', { query: [1, 0, 0, 0], limit: 1 });
  expect(points[0]!.id).toBe(1);
});

it('createSnapshot, listSnapshots, recoverSnapshot, deleteSnapshot', async () => {
  const snapshot = await client.createSnapshot('cities');
  expect(await client.listSnapshots('cities')).toEqual([snapshot]);
  await client.delete('cities', { points: [1, 2, 3], wait: true });
  expect(await count('cities')).toBe(3);
  const location = `${server.url}/collections/cities/snapshots/${snapshot!.name}`;
  expect(
    await client.recoverSnapshot('cities', {
      location,
      priority: 'snapshot',
      ...(snapshot!.checksum && { checksum: snapshot!.checksum }),
    }),
  ).toBe(true);
  expect(await count('cities')).toBe(6);
  expect(await client.recoverSnapshot('copy', { location })).toBe(true);
  expect(await count('copy')).toBe(6);
  await expect(client.recoverSnapshot('copy', { location, checksum: 'f'.repeat(64) })).rejects.toMatchObject({
    status: 400,
  });
  expect(await client.deleteSnapshot('cities', snapshot!.name)).toBe(true);
  await expect(client.deleteSnapshot('cities', snapshot!.name)).rejects.toMatchObject({ status: 404 });
  expect(await client.listSnapshots('cities')).toEqual([]);
});

it('createFullSnapshot, listFullSnapshots, deleteFullSnapshot', async () => {
  const snapshot = await client.createFullSnapshot();
  expect(await client.listFullSnapshots()).toEqual([snapshot]);
  expect(await client.deleteFullSnapshot(snapshot!.name)).toBe(true);
  expect(await client.listFullSnapshots()).toEqual([]);
});

it('createShardSnapshot, listShardSnapshots, recoverShardFromSnapshot, deleteShardSnapshot', async () => {
  const snapshot = await client.createShardSnapshot('cities', 0, {});
  expect(await client.listShardSnapshots('cities', 0)).toEqual([snapshot]);
  await client.delete('cities', { points: [4, 5], wait: true });
  expect(await client.recoverShardFromSnapshot('cities', 0, { location: snapshot!.name })).toBe(true);
  expect(await count('cities')).toBe(6);
  expect(await client.deleteShardSnapshot('cities', 0, snapshot!.name, {})).toBe(true);
  await expect(client.listShardSnapshots('cities', 3)).rejects.toMatchObject({ status: 404 });
});

it('strict mode reaches the client as 400 and 429', async () => {
  await client.updateCollection('copy', { strict_mode_config: { enabled: true, upsert_max_batchsize: 2 } });
  await expect(client.upsert('copy', { points: POINTS })).rejects.toMatchObject({
    status: 400,
    data: { status: { error: expect.stringContaining('Limit exceeded 6 > 2 for "upsert limit"') } },
  });
  await client.updateCollection('copy', { strict_mode_config: { write_rate_limit: 1 } });
  await client.upsert('copy', { points: POINTS.slice(0, 1) });
  await expect(client.upsert('copy', { points: POINTS.slice(0, 1) })).rejects.toMatchObject({
    name: expect.stringMatching(/Error/),
    retry_after: expect.any(Number),
  });
});
