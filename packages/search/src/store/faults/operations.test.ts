import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clusteredVectors, range } from '../../index/testing.js';
import { backup } from '../maintenance/backup.js';
import { verify } from '../maintenance/verify.js';
import { open } from '../open.js';
import type { Store } from '../types.js';

const config = { vectors: { size: 2, distance: 'Dot' as const } };
const stores: Store[] = [];
let home: string;
let path: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-operations-'));
  path = join(home, 'store');
});

afterEach(async () => {
  vi.useRealTimers();
  for (const store of stores.splice(0)) await store.close();
  await rm(home, { recursive: true, force: true });
});

async function opened(at = path, warnings: string[] = []): Promise<Store> {
  const store = await open(at, { threads: 1, onWarning: ({ message }) => warnings.push(message) });
  stores.push(store);
  return store;
}

async function filled(): Promise<Store> {
  const store = await opened();
  const collection = await store.createCollection('a', config);
  await collection.upsert([{ id: 1, vector: [1, 2] }]);
  return store;
}

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );
const coded = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

describe('a folder that is taken away from under an open store', () => {
  const verbs: Record<string, (store: Store) => Promise<unknown>> = {
    upsert: (store) => store.collection('a').upsert([{ id: 2, vector: [1, 2] }]),
    delete: (store) => store.collection('a').delete({ points: [1] }),
    metadata: (store) => store.collection('a').setMetadata({ a: 1 }),
    index: (store) => store.collection('a').createPayloadIndex('a', 'keyword'),
    vector: (store) =>
      store.collection('a').createVectorName('more', { dense: { size: 2, distance: 'Dot' } as never }),
    snapshot: (store) => store.collection('a').createSnapshot(),
    'snapshot of all': (store) => store.createSnapshot(),
    aliases: (store) => store.updateAliases([{ create_alias: { alias_name: 'x', collection_name: 'a' } }]),
    create: (store) => store.createCollection('b', config),
    drop: (store) => store.deleteCollection('a'),
    recover: (store) => store.recoverSnapshot('a', { location: 'file:///nowhere' }),
  };

  test.each(['deleted', 'moved'])('and %s: every write is refused, and nothing is made anew', async (how) => {
    const warnings: string[] = [];
    const store = await opened(path, warnings);
    await (await store.createCollection('a', config)).upsert([{ id: 1, vector: [1, 2] }]);
    if (how === 'deleted') await rm(path, { recursive: true });
    else await rename(path, join(home, 'elsewhere'));
    for (const [name, verb] of Object.entries(verbs))
      await expect(verb(store), name).rejects.toThrow(coded('IO', 'was deleted, moved or replaced'));
    expect(await store.collection('a').count()).toBe(1);
    expect(await exists(path)).toBe(false);
    await store.close();
    expect(warnings.join()).toContain('was deleted, moved or replaced');
    expect(await exists(path)).toBe(false);
    if (how === 'moved') {
      expect(await (await opened(join(home, 'elsewhere'))).collection('a').count()).toBe(1);
    }
  });

  test('and put back is written to again', async () => {
    const store = await filled();
    await rename(path, join(home, 'elsewhere'));
    await expect(verbs.upsert!(store)).rejects.toThrow(coded('IO'));
    await rename(join(home, 'elsewhere'), path);
    await verbs.upsert!(store);
    await store.close();
    expect(await (await opened()).collection('a').count()).toBe(2);
  });

  test('and replaced by another is left alone', async () => {
    const store = await filled();
    await rename(path, join(home, 'elsewhere'));
    await mkdir(path);
    for (const verb of [verbs.upsert!, verbs.create!, verbs.snapshot!])
      await expect(verb(store)).rejects.toThrow(coded('IO'));
    await store.close();
    expect(await readdir(path)).toEqual([]);
  });
});

test('a clock that goes back, and another time zone, change nothing', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2030-01-01T00:00:00Z') });
  const store = await filled();
  const collection = store.collection('a');
  const first = await collection.createSnapshot();
  vi.setSystemTime(new Date('1999-12-31T23:59:59Z'));
  vi.stubEnv('TZ', 'Pacific/Kiritimati');
  const { operation_id } = await collection.upsert([{ id: 1, vector: [5, 5] }]);
  expect(operation_id).toBe(2);
  const names = [first.name];
  for (let i = 0; i < 3; i++) names.push((await collection.createSnapshot()).name);
  expect(new Set(names).size).toBe(4);
  await store.close();
  const again = await opened();
  expect(again.collection('a').retrieve([1], { with_vector: true })).toMatchObject([{ vector: [5, 5] }]);
  expect((await again.collection('a').upsert([{ id: 2, vector: [1, 1] }])).operation_id).toBe(3);
  vi.unstubAllEnvs();
});

describe('files that a killed process left behind', () => {
  test('half written ones, and those of its attempt at the lock, are gone once the store is opened', async () => {
    const store = await filled();
    const { name } = await store.collection('a').createSnapshot();
    await store.updateAliases([{ create_alias: { alias_name: 'x', collection_name: 'a' } }]);
    await store.close();
    const [collection] = await readdir(join(path, 'collections'));
    // No process has this number.
    const gone = 2 ** 22 + 1;
    const left = [
      `fletch.json.${gone}.tmp`,
      `aliases.json.${gone}.tmp`,
      `aliases.json.${gone + 1}.tmp`,
      `lock.${gone}.6f1c`,
      `collections/${collection}/collection.json.${gone}.tmp`,
      `collections/${collection}/index-0.snapshot.${gone}.tmp`,
      `snapshots/a/${name}.checksum.${gone}.tmp`,
      'snapshots/a/gone.snapshot.checksum',
    ];
    for (const file of left) await writeFile(join(path, file), file.startsWith('aliases') ? '' : '{"half');
    const again = await opened();
    expect(await again.collection('x').count()).toBe(1);
    expect(await again.collection('a').listSnapshots()).toHaveLength(1);
    for (const file of left) expect(await exists(join(path, file)), file).toBe(false);
  });

  test('an empty manifest and two half ones beside it: the store says so, and touches nothing', async () => {
    await (await filled()).close();
    await writeFile(join(path, 'fletch.json'), '');
    for (const pid of [1, 2]) await writeFile(join(path, `fletch.json.${pid}.tmp`), '{"fletch":"store"');
    const before = await readdir(path);
    await expect(open(path)).rejects.toThrow(coded('CORRUPT', 'fletch.json is damaged'));
    expect(await readdir(path)).toEqual(before);
    expect(await readFile(join(path, 'fletch.json'), 'utf8')).toBe('');
  });

  test('bytes after the end of the tables, zeros or not, are no points', async () => {
    await (await filled()).close();
    const [collection] = await readdir(join(path, 'collections'));
    const data = join(path, 'collections', collection!, 'data.mdb');
    for (const tail of [Buffer.alloc(40_000), Buffer.alloc(40_000, 0xa5)]) {
      await writeFile(data, tail, { flag: 'a' });
      const store = await opened();
      const count = await store.collection('a').count();
      await store.collection('a').upsert([{ id: count + 1, vector: [1, 1] }]);
      expect((await store.collection('a').scroll()).points.map(({ id }) => id)).toEqual(range(count + 1, 1));
      await store.close();
      expect((await verify(path)).problems).toEqual([]);
    }
  });
});

describe('a signal', () => {
  /** The shortest of three times until it stops, as the machine may be busy with something else. */
  const aborting = async (work: (signal: AbortSignal) => Promise<unknown>, after: number) => {
    const tries = [];
    for (let i = 0; i < 3; i++) tries.push(await abortOnce(work, after));
    return {
      statuses: tries.map(({ status }) => status),
      took: Math.min(...tries.map(({ took }) => took)),
    };
  };
  const abortOnce = async (work: (signal: AbortSignal) => Promise<unknown>, after: number) => {
    const controller = new AbortController();
    const result = Promise.allSettled([work(controller.signal)]);
    await new Promise((resolve) => setTimeout(resolve, after));
    const began = performance.now();
    controller.abort();
    const [{ status }] = await result;
    return { status, took: performance.now() - began };
  };

  test('stops a long read in less than 100 ms', async () => {
    const store = await opened();
    const [count, size] = [20_000, 32];
    const collection = await store.createCollection('large', { vectors: { size, distance: 'Dot' } });
    const vectors = clusteredVectors(count, size, 1);
    const vector = (id: number) => Array.from(vectors.subarray(id * size, (id + 1) * size));
    for (let from = 0; from < count; from += 2000)
      await collection.upsert(range(2000, from).map((id) => ({ id, vector: vector(id) })));
    const params = { exact: true };
    const queries = range(2000).map((id) => ({ query: vector(id), limit: 100, params }));
    const batch = await aborting((signal) => collection.queryBatch(queries, { signal }), 50);
    expect(batch.statuses).toEqual(['rejected', 'rejected', 'rejected']);
    expect(batch.took).toBeLessThan(100);
    const matrix = { sample: 3000, limit: 100 };
    const pairs = await aborting((signal) => collection.searchMatrixPairs(matrix, { signal }), 20);
    expect(pairs.took).toBeLessThan(100);
    expect(await collection.count()).toBe(count);
  });

  test('given before it begins stops a check, and a copy, of which nothing is left', async () => {
    await (await filled()).close();
    const signal = AbortSignal.abort();
    await expect(verify(path, { signal })).rejects.toThrow(coded('ABORTED'));
    await expect(backup(path, join(home, 'copy'), { signal })).rejects.toThrow(coded('ABORTED'));
    expect(await readdir(home)).toEqual(['store']);
    expect(await (await opened()).collection('a').count()).toBe(1);
  });
});

// Permissions stand in for a disk that can only be read; the super-user heeds none.
test.runIf(process.platform !== 'win32' && process.getuid?.() !== 0)(
  'a folder that can only be read is refused with the reason, and unharmed',
  async () => {
    await (await filled()).close();
    await promisify(execFile)('chmod', ['-R', 'a-w', path]);
    try {
      await expect(open(path)).rejects.toThrow(coded('IO', 'No permission to write'));
    } finally {
      await promisify(execFile)('chmod', ['-R', 'u+w', path]);
    }
    expect(await (await opened()).collection('a').count()).toBe(1);
  },
);
