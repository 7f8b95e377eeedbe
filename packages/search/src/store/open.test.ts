import { type ChildProcess, spawn } from 'node:child_process';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { open } from './open.js';
import type { Store, StoreWarning } from './types.js';

const config = { vectors: { size: 2, distance: 'Dot' as const } };
const stores: Store[] = [];
const children: ChildProcess[] = [];
let home: string;
let warnings: StoreWarning[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-open-'));
  warnings = [];
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

async function opened(path = join(home, 'store')): Promise<Store> {
  const store = await open(path, { threads: 1, onWarning: (warning) => warnings.push(warning) });
  stores.push(store);
  return store;
}

const coded = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

/** Folders of collections by their names. */
async function folders(path = join(home, 'store')): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(join(path, 'collections'))) {
    const folder = join(path, 'collections', entry);
    found.set(JSON.parse(await readFile(join(folder, 'collection.json'), 'utf8')).name, folder);
  }
  return found;
}

describe('what can be opened', () => {
  test('a folder that is not there, and one that is empty', async () => {
    expect((await opened(join(home, 'a', 'b'))).collections()).toEqual([]);
    await mkdir(join(home, 'empty'));
    expect((await opened(join(home, 'empty'))).collections()).toEqual([]);
  });

  test('no foreign folder, into which nothing is written', async () => {
    await writeFile(join(home, 'letter.txt'), 'dear');
    await expect(open(home)).rejects.toThrow(coded('INVALID_ARGUMENT', 'is not a Fletch store'));
    expect(await readdir(home)).toEqual(['letter.txt']);
  });

  test('no file, nothing below a file, and no loop of links', async () => {
    const file = join(home, 'file');
    await writeFile(file, '');
    await expect(open(file)).rejects.toThrow(coded('INVALID_ARGUMENT', 'is not a folder'));
    await expect(open(join(file, 'x'))).rejects.toThrow(coded('INVALID_ARGUMENT', 'is not a folder'));
    await symlink(join(home, 'loop'), join(home, 'loop'));
    await expect(open(join(home, 'loop'))).rejects.toThrow(coded('INVALID_ARGUMENT', 'is not a folder'));
  });

  test.each<[string, string, string]>([
    ['{"fletch":"store","format":2}', 'FORMAT_TOO_NEW', 'newer version'],
    ['{"fletch":"store"}', 'CORRUPT', 'names no format'],
    ['{"fletch":"kite","format":1}', 'CORRUPT', 'does not describe a store'],
    ['null', 'CORRUPT', 'names no format'],
    ['', 'CORRUPT', 'not JSON'],
  ])('no store whose manifest is %j', async (text, code, message) => {
    await writeFile(join(home, 'fletch.json'), text);
    await expect(open(home)).rejects.toThrow(coded(code, message));
    expect(await readdir(home)).toEqual(['fletch.json']);
  });
});

describe('the lock', () => {
  const hold = async (path: string) => {
    const script = `import('@fletch/search').then(async ({ open }) => { await open(${JSON.stringify(path)}, { threads: 1 }); console.log('open'); setInterval(() => {}, 1000); })`;
    const child = spawn(process.execPath, ['-e', script], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    return child;
  };

  test('keeps the same process out, until it is released', async () => {
    const store = await opened();
    await expect(open(store.path)).rejects.toThrow(coded('LOCKED', 'this process has it open already'));
    await store.close();
    await opened();
  });

  test('keeps another process out, and is taken over once that was killed', async () => {
    const path = join(home, 'store');
    const child = await hold(path);
    await expect(open(path)).rejects.toThrow(
      expect.objectContaining({ code: 'LOCKED', details: { path, pid: child.pid } }),
    );
    await expect(open(path)).rejects.toThrow(`process ${child.pid} has it open`);
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;
    await opened(path);
  });

  test.each<[string, () => object | string]>([
    ['a process that is gone', () => ({ pid: 2 ** 22 + 1, started: '1', boot: null })],
    ['an earlier process of the same number', () => ({ pid: process.ppid, started: '1', boot: 'x' })],
    ['a writer that crashed', () => '{"pid":'],
  ])('left by %s is taken over', async (_who, content) => {
    const store = await opened();
    await store.close();
    await writeFile(join(store.path, 'lock'), JSON.stringify(content()));
    await opened();
    expect((await readdir(store.path)).sort()).toEqual(['collections', 'fletch.json', 'lock']);
  });

  test('goes to one of many that want it', async () => {
    await (await opened()).close();
    await writeFile(join(home, 'store', 'lock'), 'stale');
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => opened()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('collections', () => {
  test('are created, listed, found again and deleted', async () => {
    const store = await opened();
    await store.createCollection('größe', config);
    await store.createCollection('a.b', { ...config, metadata: { from: 'here' } });
    expect(store.collections()).toEqual(['a.b', 'größe']);
    await store.close();
    const again = await opened();
    expect(again.collections()).toEqual(['a.b', 'größe']);
    expect(again.collection('a.b').info().config.metadata).toEqual({ from: 'here' });
    expect(await again.deleteCollection('a.b')).toBe(true);
    expect(await again.deleteCollection('a.b')).toBe(false);
    expect(again.hasCollection('a.b')).toBe(false);
    expect(() => again.collection('a.b')).toThrow(coded('NOT_FOUND', 'no collection "a.b"'));
    expect(await readdir(join(again.path, 'collections'))).toHaveLength(1);
    await expect(again.createCollection('größe', config)).rejects.toThrow(coded('ALREADY_EXISTS'));
  });

  test('of one name are created once, however many ask at the same time', async () => {
    const store = await opened();
    const results = await Promise.allSettled([1, 2, 3].map(() => store.createCollection('a', config)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  test('that were deleted or closed answer nothing any more', async () => {
    const store = await opened();
    const collection = await store.createCollection('a', config);
    await store.deleteCollection('a');
    expect(() => collection.info()).toThrow(coded('CLOSED'));
    await expect(collection.upsert([])).rejects.toThrow(coded('CLOSED'));
    await store.close();
    expect(() => store.collections()).toThrow(coded('CLOSED'));
    await store.close();
  });

  test('leave nothing behind when their creation or deletion was cut short', async () => {
    const store = await opened();
    await store.close();
    for (const name of ['.new-x', '.gone-y'])
      await mkdir(join(store.path, 'collections', name, 'in'), { recursive: true });
    await opened();
    expect(await readdir(join(store.path, 'collections'))).toEqual([]);
  });

  test.each(['', 'a/b', '..\\x', 'a:b', 'x'.repeat(256), 'a\u0000b', 7])(
    'are not called %j',
    async (name) => {
      const store = await opened();
      await expect(store.createCollection(name as string, config)).rejects.toThrow(coded('INVALID_ARGUMENT'));
    },
  );

  test.each<[unknown, string]>([
    [{ vectors: 7 }, 'vectors'],
    [{ vectors: { 'a/b': { size: 4, distance: 'Dot' } } }, 'cannot be called'],
    [{ vectors: { a: { size: 4, distance: 'Dot' } }, sparse_vectors: { a: {} } }, 'named "a" already'],
    [{ sparse_vectors: { a: { modifier: 'tf' } } }, 'sparse_vectors.a.modifier'],
    [{ sparse_vectors: { a: { index: { datatype: 'turbo4' } } } }, 'sparse vectors do not support'],
    [{ vectors: { size: 4, distance: 'Dot', datatype: 'int4' } }, 'vectors.datatype'],
    [
      { vectors: { size: 4, distance: 'Dot', multivector_config: { comparator: 'sum' } } },
      'vectors.multivector_config.comparator',
    ],
    [{ vectors: { size: 0, distance: 'Dot' } }, 'vectors.size: expected an integer from 1 to 65536, got 0'],
    [{ vectors: { size: 1.5, distance: 'Dot' } }, 'vectors.size'],
    [{ vectors: { size: '4', distance: 'Dot' } }, 'vectors.size'],
    [{ vectors: { size: 4, distance: 'Hamming' } }, 'vectors.distance: expected one of Cosine'],
    [{ vectors: { a: { size: 4 } } }, 'vectors.a.distance'],
    [{ vectors: { a: 4 } }, 'vectors.a'],
    [{ vectors: { size: 4, distance: 'Dot', hnsw_config: { m: -1 } } }, 'vectors.hnsw_config.m'],
    [{ vectors: { size: 4, distance: 'Dot' }, hnsw_config: { ef_construct: 0 } }, 'hnsw_config.ef_construct'],
    [{ vectors: { size: 4, distance: 'Dot' }, metadata: [] }, 'metadata'],
  ])('are not made of %j', async (bad, message) => {
    const store = await opened();
    await expect(store.createCollection('a', bad as never)).rejects.toThrow(
      coded('INVALID_ARGUMENT', message),
    );
    expect(store.collections()).toEqual([]);
    expect(await readdir(join(store.path, 'collections'))).toEqual([]);
  });

  test('that are damaged are reported, and the others work', async () => {
    const store = await opened();
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await (await store.createCollection(name, config)).upsert([
        { id: 1, vector: [1, 2], payload: { name } },
      ]);
    await store.close();
    const at = await folders();
    // The data files of a and b change places, c is from the future, d lost its manifest.
    await rename(join(at.get('a')!, 'data.mdb'), join(home, 'data.mdb'));
    await rename(join(at.get('b')!, 'data.mdb'), join(at.get('a')!, 'data.mdb'));
    await rename(join(home, 'data.mdb'), join(at.get('b')!, 'data.mdb'));
    const manifest = JSON.parse(await readFile(join(at.get('c')!, 'collection.json'), 'utf8'));
    await writeFile(join(at.get('c')!, 'collection.json'), JSON.stringify({ ...manifest, format: 9 }));
    await rm(join(at.get('d')!, 'collection.json'));
    const again = await opened();
    expect(() => again.collection('a')).toThrow(coded('CORRUPT', 'belongs to another collection'));
    expect(() => again.collection('b')).toThrow(coded('CORRUPT', 'belongs to another collection'));
    expect(() => again.collection('c')).toThrow(coded('FORMAT_TOO_NEW'));
    expect(() => again.collection('d')).toThrow(coded('NOT_FOUND'));
    expect(warnings).toHaveLength(4);
    expect(again.collection('e').retrieve([1])).toEqual([{ id: 1, payload: { name: 'e' } }]);
    await expect(again.createCollection('a', config)).rejects.toThrow(coded('ALREADY_EXISTS'));
  });

  test('whose folders were swapped are noticed', async () => {
    const store = await opened();
    await store.createCollection('a', config);
    await store.createCollection('b', config);
    await store.close();
    const at = await folders();
    await cp(at.get('b')!, join(home, 'aside'), { recursive: true });
    await rm(at.get('b')!, { recursive: true });
    await cp(at.get('a')!, at.get('b')!, { recursive: true });
    const again = await opened();
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('of another collection'),
    ]);
    expect(again.collections()).toContain('a');
  });

  test.each<[string, (path: string) => Promise<void>]>([
    ['no database', (path) => writeFile(path, Buffer.alloc(65_536, 7))],
    ['empty', (path) => truncate(path, 0)],
    ['shorter than its first pages', (path) => truncate(path, 20_000)],
    ['cut in the middle', async (path) => truncate(path, Math.floor((await stat(path)).size * 0.3))],
    ['cut near its end', async (path) => truncate(path, Math.floor((await stat(path)).size * 0.8))],
    ['missing', (path) => rm(path)],
  ])('whose data is %s are reported', async (_how, damage) => {
    const store = await opened();
    const collection = await store.createCollection('a', config);
    for (let i = 0; i < 3; i++)
      await collection.upsert(
        Array.from({ length: 1000 }, (_, id) => ({
          id,
          vector: [id, i],
          payload: { text: 'x'.repeat(200) },
        })),
      );
    await store.close();
    await damage(join((await folders()).get('a')!, 'data.mdb'));
    const again = await opened();
    expect(() => again.collection('a')).toThrow(coded('CORRUPT', 'data.mdb'));
    expect(warnings).toHaveLength(1);
  });
});
