import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openVectors } from '@fletch/data';
import { open, type PointStruct, type Store } from '@fletch/search';
import { type RunningServer, serve } from '@fletch/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importSources } from './import.js';
import { inServer, inStore, type Target } from './target.js';
import type { ImportOutcome, ImportRequest } from './types.js';

let folder = '';
let store: Store;
let server: RunningServer;

const uuid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
const points: PointStruct[] = Array.from({ length: 30 }, (_, i) => ({
  id: i === 29 ? uuid : i * 3,
  vector: [i, 1, 10 - i],
  payload: { n: i, tags: ['a', `b${i}`], deep: { list: [null, { x: 1 }] } },
}));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fletch-transfer-'));
  store = await open(join(folder, 'store'), { threads: 1 });
  server = await serve({ store, port: 0, apiKey: 'secret' });
  const source = await store.createCollection('source', {
    vectors: { size: 3, distance: 'Dot', hnsw_config: { m: 8 } },
    metadata: { made: 'by hand' },
  });
  await source.upsert(points);
  await source.createPayloadIndex('n', 'integer');
  await source.createPayloadIndex('tags', 'keyword');
});

afterAll(async () => {
  await server?.close();
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function move(
  target: Target,
  path: string,
  collection: string,
  more: Partial<ImportRequest> & { apiKey?: string } = {},
): Promise<ImportOutcome & { notes: string[] }> {
  const notes: string[] = [];
  const source = await openVectors(path, more.apiKey === undefined ? {} : { apiKey: more.apiKey });
  const outcome = await importSources({
    target,
    sources: [source],
    collection,
    batch: 7,
    encoder: () => Promise.reject(new Error('no texts here')),
    signal: new AbortController().signal,
    onProgress: () => {},
    onNote: (text) => notes.push(text),
    ...more,
  });
  await source.close();
  return { ...outcome, notes };
}

const all = async (target: Target, name: string) =>
  (await target.scroll(name, { limit: 1000, with_payload: true, with_vector: true })).points;

describe('from a running Fletch', () => {
  const apiKey = 'secret';

  test('points, configuration, metadata and payload indexes come over', async () => {
    const target = inStore(store);
    const outcome = await move(target, `${server.url}/collections/source`, 'copy', { apiKey });
    expect(outcome).toMatchObject({ rows: 30, imported: 30, points: 30, notes: [] });
    expect(await all(target, 'copy')).toEqual(await all(target, 'source'));
    const [copy, original] = [await target.info('copy'), await target.info('source')];
    expect(copy!.config).toEqual(original!.config);
    expect(copy!.payload_schema).toEqual(original!.payload_schema);
  });

  test('also into a server', async () => {
    const target = inServer(server.url, apiKey, new AbortController().signal);
    await move(target, `${server.url}/collections/source`, 'over', { apiKey });
    expect(await all(target, 'over')).toEqual(await all(target, 'source'));
    expect((await target.info('over'))!.payload_schema).toEqual(
      (await target.info('source'))!.payload_schema,
    );
  });

  test('and goes on where it stopped', async () => {
    const target = inStore(store);
    const address = `${server.url}/collections/source`;
    const controller = new AbortController();
    const stopped = move(target, address, 'resumed', {
      apiKey,
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done >= 14) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    const before = await target.count('resumed');
    expect(before).toBeGreaterThanOrEqual(14);
    expect(before).toBeLessThan(30);
    const outcome = await move(target, address, 'resumed', { apiKey, resume: true });
    expect(outcome).toMatchObject({ resumed: before, imported: 30 - before, points: 30 });
    expect(await all(target, 'resumed')).toEqual(await all(target, 'source'));
    expect((await target.info('resumed'))!.config.metadata).toEqual({ made: 'by hand' });
  });

  test('without the key, or a collection, it says so', async () => {
    await expect(openVectors(`${server.url}/collections/source`)).rejects.toMatchObject({ code: 'IO' });
    await expect(openVectors(server.url, { apiKey, part: 'none' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(openVectors(server.url, { apiKey })).rejects.toThrow(
      /several collections, name one with --part/,
    );
    await expect(openVectors('http://127.0.0.1:9')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

/** A server that answers as Qdrant would for one collection, and remembers what it was asked. */
async function qdrant(
  answers: Record<string, unknown>,
): Promise<{ url: string; bodies: string[]; server: Server }> {
  const bodies: string[] = [];
  const made = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      if (request.url!.endsWith('/scroll')) bodies.push(body);
      const found = answers[`${request.method} ${request.url}`];
      const answer = typeof found === 'function' ? found(body) : found;
      response.statusCode = answer === undefined ? 404 : 200;
      response.end(
        typeof answer === 'string'
          ? answer
          : JSON.stringify(
              answer === undefined ? { status: { error: 'Not found' } } : { result: answer, status: 'ok' },
            ),
      );
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => made.once('listening', resolve));
  return { url: `http://127.0.0.1:${(made.address() as AddressInfo).port}`, bodies, server: made };
}

/** A target that only remembers. */
function recorder() {
  const seen: { create?: unknown; points: unknown[]; indexes: unknown[]; aliases: string[] } = {
    points: [],
    indexes: [],
    aliases: [],
  };
  const target: Target = {
    requestBytes: 1e9,
    info: async () => (seen.create ? ({ config: { params: seen.create } } as never) : undefined),
    names: async () => [],
    create: async (_, config) => {
      seen.create = config;
    },
    upsert: async (_, batch) => void seen.points.push(...batch),
    scroll: async () => ({ points: [], next_page_offset: null }),
    count: async () => seen.points.length,
    setMetadata: async () => {},
    createIndex: async (_, field, schema) => void seen.indexes.push([field, schema]),
    createAlias: async (_, alias) => void seen.aliases.push(alias),
  };
  return { seen, target };
}

test('everything that Qdrant tells passes through: kinds of vectors, indexes, aliases, large ids', async () => {
  const vectors = {
    title: { size: 2, distance: 'Cosine', on_disk: null },
    tokens: { size: 1, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
  };
  const vector = { title: [1, 0], tokens: [[1], [2]], words: { indices: [3], values: [0.5] } };
  const large = '18446744073709551615';
  const fake = await qdrant({
    'GET /collections': { collections: [{ name: 'wiki' }] },
    'GET /collections/wiki': {
      status: 'green',
      config: {
        params: {
          vectors,
          sparse_vectors: { words: { modifier: 'idf' } },
          shard_number: 2,
          on_disk_payload: true,
        },
        hnsw_config: { m: 24, ef_construct: 200, max_indexing_threads: 0 },
        optimizer_config: { deleted_threshold: 0.2, max_segment_size: null },
        strict_mode_config: { enabled: true, upsert_max_batchsize: 1 },
      },
      payload_schema: {
        city: {
          data_type: 'keyword',
          params: { type: 'keyword', is_tenant: true, on_disk: null },
          points: 2,
        },
        year: { data_type: 'integer', points: 2 },
      },
    },
    'GET /collections/wiki/aliases': { aliases: [{ alias_name: 'current', collection_name: 'wiki' }] },
    'POST /collections/wiki/points/count': { count: 3 },
    'POST /collections/wiki/points/scroll': (body: string) =>
      body.includes('offset')
        ? `{"result":{"points":[{"id":${large},"payload":null,"vector":${JSON.stringify(vector)}}],"next_page_offset":null}}`
        : `{"result":{"points":[{"id":1,"payload":{"text":"\\"id\\": ${large},"},"vector":${JSON.stringify(vector)}}],"next_page_offset":${large}}}`,
  });
  const { seen, target } = recorder();
  try {
    await move(target, fake.url, 'copy');
  } finally {
    fake.server.close();
  }
  expect(seen.create).toEqual({
    vectors: { title: { size: 2, distance: 'Cosine' }, tokens: vectors.tokens },
    sparse_vectors: { words: { modifier: 'idf' } },
    on_disk_payload: true,
    hnsw_config: { m: 24, ef_construct: 200, max_indexing_threads: 0 },
    optimizers_config: { deleted_threshold: 0.2 },
  });
  expect(seen.points).toEqual([
    { id: 1, vector, payload: { text: `"id": ${large},` } },
    { id: expect.stringMatching(/^[0-9a-f-]{36}$/), vector, payload: { _source_id: large } },
  ]);
  expect(fake.bodies[1]).toContain(`"offset":${large}`);
  expect(seen.indexes).toEqual([
    ['city', { type: 'keyword', is_tenant: true }],
    ['year', 'integer'],
  ]);
  expect(seen.aliases).toEqual(['current']);
});

test('what answers with something else is named', async () => {
  const fake = await qdrant({ 'GET /collections': '<html>' });
  try {
    await expect(openVectors(fake.url)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  } finally {
    fake.server.close();
  }
});

test('texts, vectors and points are not mixed', async () => {
  const path = join(folder, 'a.jsonl');
  writeFileSync(path, '{"id":1,"vector":{"a":[1]}}\n');
  const { target } = recorder();
  await expect(move(target, path, 'x', { vector: 'title' })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  const bare = join(folder, 'b.jsonl');
  writeFileSync(bare, '{"id":1,"vector":[1]}\n');
  const sources = [await openVectors(path), await openVectors(bare)];
  await expect(move(target, path, 'x', { sources })).rejects.toThrow(/cannot be imported together/);
});
