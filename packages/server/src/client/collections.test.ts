import { expect } from 'vitest';
import { freshName, method, refused, useClient } from './client.case.js';

useClient();

const plane = { vectors: { size: 2, distance: 'Dot' as const } };

method('getCollections', async ({ client }) => {
  const name = freshName();
  await client.createCollection(name, plane);
  const { collections } = await client.getCollections();
  expect(collections).toContainEqual({ name: 'cities' });
  expect(collections).toContainEqual({ name });
  await client.deleteCollection(name);
  expect((await client.getCollections()).collections).not.toContainEqual({ name });
});

method('getCollection', async ({ client }) => {
  expect(await client.getCollection('cities')).toMatchObject({
    status: expect.stringMatching(/^(?:green|yellow)$/),
    optimizer_status: 'ok',
    points_count: 6,
    segments_count: expect.any(Number),
    config: {
      params: { vectors: { size: 4, distance: 'Cosine' }, shard_number: 1, replication_factor: 1 },
      hnsw_config: { m: expect.any(Number), ef_construct: expect.any(Number) },
      optimizer_config: { deleted_threshold: expect.any(Number) },
      wal_config: { wal_capacity_mb: expect.any(Number) },
      metadata: { fletch: { encoder: 'words' } },
    },
    payload_schema: {},
  });
  await expect(client.getCollection('nowhere')).rejects.toMatchObject(
    refused(404, "Not found: Collection `nowhere` doesn't exist!"),
  );
});

method('createCollection: one vector', async ({ client }) => {
  const name = freshName();
  expect(
    await client.createCollection(name, {
      ...plane,
      timeout: 10,
      hnsw_config: { m: 8, ef_construct: 64 },
      on_disk_payload: true,
      metadata: { owner: 'me' },
    }),
  ).toBe(true);
  const { config, points_count } = await client.getCollection(name);
  expect(config.params.vectors).toMatchObject({ size: 2, distance: 'Dot' });
  expect(config.hnsw_config).toMatchObject({ m: 8, ef_construct: 64 });
  expect([config.metadata, points_count]).toEqual([{ owner: 'me' }, 0]);
  await expect(client.createCollection(name, plane)).rejects.toMatchObject(
    refused(409, `Wrong input: Collection \`${name}\` already exists!`),
  );
});

method('createCollection: named, sparse and multi-vectors', async ({ client }) => {
  const name = freshName();
  await client.createCollection(name, {
    vectors: {
      title: { size: 2, distance: 'Cosine' },
      tokens: { size: 3, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
    },
    sparse_vectors: { words: { modifier: 'idf' } },
    optimizers_config: { default_segment_number: 2 },
    wal_config: { wal_capacity_mb: 16 },
    quantization_config: { scalar: { type: 'int8' } },
    strict_mode_config: { enabled: false },
  });
  const { config } = await client.getCollection(name);
  expect(config.params).toMatchObject({
    vectors: {
      title: { size: 2, distance: 'Cosine' },
      tokens: { size: 3, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
    },
    sparse_vectors: { words: { modifier: 'idf' } },
  });
});

method('recreateCollection', async ({ client }) => {
  const name = freshName();
  expect(await client.recreateCollection(name, plane)).toBe(true);
  await client.upsert(name, { points: [{ id: 1, vector: [1, 2] }] });
  expect(await client.recreateCollection(name, { vectors: { size: 3, distance: 'Euclid' } })).toBe(true);
  const { points_count, config } = await client.getCollection(name);
  expect([points_count, config.params.vectors]).toEqual([
    0,
    expect.objectContaining({ size: 3, distance: 'Euclid' }),
  ]);
});

method('updateCollection: metadata', async ({ client }) => {
  const name = freshName();
  await client.createCollection(name, { ...plane, metadata: { owner: 'me', kept: 1 } });
  expect(await client.updateCollection(name, { metadata: { owner: 'you', more: [2] }, timeout: 5 })).toBe(
    true,
  );
  expect((await client.getCollection(name)).config.metadata).toEqual({ owner: 'you', kept: 1, more: [2] });
  await expect(client.updateCollection('none', { metadata: {} })).rejects.toMatchObject(
    refused(404, "Not found: Collection `none` doesn't exist!"),
  );
});

method('updateCollection: parameters', async ({ client }) => {
  const name = freshName();
  await client.createCollection(name, plane);
  expect(
    await client.updateCollection(name, {
      hnsw_config: { ef_construct: 200 },
      optimizers_config: { indexing_threshold: 5000 },
      params: { on_disk_payload: false },
      strict_mode_config: { enabled: true, max_query_limit: 5 },
    }),
  ).toBe(true);
  const { config } = await client.getCollection(name);
  expect(config.hnsw_config).toMatchObject({ ef_construct: 200 });
  expect(config.optimizer_config).toMatchObject({ indexing_threshold: 5000 });
  expect(config.params.on_disk_payload).toBe(false);
  expect(config.strict_mode_config).toMatchObject({ enabled: true, max_query_limit: 5 });
  await expect(client.query(name, { query: [1, 0], limit: 6 })).rejects.toMatchObject({ status: 400 });
  expect((await client.query(name, { query: [1, 0], limit: 5 })).points).toEqual([]);
});

method('deleteCollection', async ({ client }) => {
  const name = freshName();
  await client.createCollection(name, plane);
  expect(await client.deleteCollection(name, { timeout: 5 })).toBe(true);
  expect(await client.collectionExists(name)).toEqual({ exists: false });
  expect(await client.deleteCollection(name)).toBe(false);
});

method('collectionExists', async ({ client }) => {
  expect(await client.collectionExists('cities')).toEqual({ exists: true });
  expect(await client.collectionExists('no/where')).toEqual({ exists: false });
});

method('createPayloadIndex', async ({ client }) => {
  const receipt = await client.createPayloadIndex('cities', {
    field_name: 'city',
    field_schema: 'keyword',
    wait: true,
  });
  expect(receipt).toMatchObject({ status: 'completed', operation_id: expect.any(Number) });
  await client.createPayloadIndex('cities', { field_name: 'size', field_schema: { type: 'float' } });
  expect((await client.getCollection('cities')).payload_schema).toMatchObject({
    city: { data_type: 'keyword', points: 5 },
    size: { data_type: 'float', points: 5 },
  });
});

method('createPayloadIndex: every type', async ({ client }) => {
  const name = freshName();
  await client.createCollection(name, plane);
  const types = ['keyword', 'integer', 'float', 'bool', 'geo', 'datetime', 'text', 'uuid'] as const;
  for (const type of types) await client.createPayloadIndex(name, { field_name: type, field_schema: type });
  const text = { type: 'text', tokenizer: 'whitespace', lowercase: false, phrase_matching: true } as const;
  await client.createPayloadIndex(name, { field_name: 'prose', field_schema: text });
  const { payload_schema: schema } = await client.getCollection(name);
  for (const type of types) expect(schema[type]).toMatchObject({ data_type: type, points: 0 });
  expect(schema.prose).toMatchObject({ data_type: 'text', params: text });
});

method('deletePayloadIndex', async ({ client }) => {
  await client.createPayloadIndex('cities', { field_name: 'open', field_schema: 'bool' });
  const receipt = await client.deletePayloadIndex('cities', 'open', { wait: true, ordering: 'weak' });
  expect(receipt).toMatchObject({ status: 'completed' });
  expect((await client.getCollection('cities')).payload_schema).not.toHaveProperty('open');
});

method('getOptimizations', async ({ client }) => {
  const state = await client.getOptimizations('cities', { with: 'queued,completed,idle_segments' });
  const { summary } = state;
  expect(state.running).toEqual([]);
  expect(summary.queued_segments + summary.idle_segments).toBe(1);
  expect(state.completed).toEqual([]);
  expect([...state.queued!.flatMap(({ segments }) => segments), ...state.idle_segments!]).toEqual([
    { uuid: expect.any(String), points_count: 6 },
  ]);
});
