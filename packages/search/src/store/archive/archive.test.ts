import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFile,
  mkdir,
  mkdtemp,
  open as openFile,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PointRecord } from '../../types/index.js';
import { open } from '../open.js';
import type { Store, StoreOptions } from '../types.js';
import { HEAD, SUMS } from './format.js';
import { withStoreSnapshot } from './store.js';

const config = { vectors: { size: 3, distance: 'Euclid' as const }, metadata: { of: 'a' } };
const stores: Store[] = [];
const warnings: string[] = [];
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-archive-'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  warnings.length = 0;
  await rm(home, { recursive: true, force: true });
});

async function opened(options: StoreOptions = {}): Promise<Store> {
  const store = await open(join(home, 'store'), {
    threads: 1,
    onWarning: ({ message }) => warnings.push(message),
    ...options,
  });
  stores.push(store);
  return store;
}

const point = (id: number) => ({ id, vector: [id, id / 2, 1], payload: { id, text: 'x'.repeat(id) } });
const points = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => point(from + i));
const coded = (code: string, message: string | RegExp = '') =>
  expect.objectContaining({
    code,
    message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
  });

async function content(store: Store, name: string): Promise<PointRecord[]> {
  return (await store.collection(name).scroll({ limit: 10_000, with_vector: true })).points;
}

/** A store with the collection `a` of 50 points, its snapshot, and 10 points that came after. */
async function withSnapshot() {
  const store = await opened();
  const collection = await store.createCollection('a', config);
  await collection.upsert(points(0, 50));
  await collection.createPayloadIndex('id', 'integer');
  const before = await content(store, 'a');
  const snapshot = await collection.createSnapshot();
  const file = await collection.snapshotFile(snapshot.name);
  await collection.upsert(points(50, 60));
  return { store, collection, before, snapshot, file };
}

describe('a snapshot of a collection', () => {
  test('is described, listed and deleted', async () => {
    const { store, collection, snapshot, file } = await withSnapshot();
    expect(snapshot).toEqual({
      name: expect.stringMatching(/^a-\d+-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\.snapshot$/),
      creation_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
      size: (await stat(file)).size,
      checksum: createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    });
    expect(file).toBe(join(store.path, 'snapshots', 'a', snapshot.name));
    const second = await collection.createSnapshot();
    expect(second.name).not.toBe(snapshot.name);
    expect(await collection.listSnapshots()).toEqual([snapshot, second]);
    expect(await collection.deleteSnapshot(snapshot.name)).toBe(true);
    expect(await collection.listSnapshots()).toEqual([second]);
    await expect(collection.deleteSnapshot(snapshot.name)).rejects.toThrow(
      coded('NOT_FOUND', `Snapshot ${snapshot.name} not found`),
    );
    for (const name of [
      '',
      '.',
      '..',
      '../a',
      `../a/${second.name}`,
      'x\0',
      `${second.name}.checksum`,
      '/etc/passwd',
    ])
      await expect(collection.snapshotFile(name)).rejects.toThrow(coded('NOT_FOUND'));
    await symlink('/etc/passwd', join(store.path, 'snapshots', 'a', 'link.snapshot'));
    await expect(collection.snapshotFile('link.snapshot')).rejects.toThrow(coded('NOT_FOUND'));
    expect(await collection.listSnapshots()).toEqual([second]);
    expect(await readdir(join(store.path, 'temporary'))).toEqual([]);
  });

  test('brings back the points and indexes, and leaves the settings of today', async () => {
    const { store, collection, before, file } = await withSnapshot();
    await collection.deletePayloadIndex('id');
    await collection.update({ metadata: { now: true }, hnsw_config: { m: 7 } });
    await store.updateAliases([{ create_alias: { alias_name: 'alias', collection_name: 'a' } }]);
    await store.recoverSnapshot('alias', { location: pathToFileURL(file).href });
    expect(await content(store, 'a')).toEqual(before);
    expect(store.collections()).toEqual(['a']);
    const info = store.collection('alias').info();
    expect(info.payload_schema).toEqual({ id: { data_type: 'integer', points: 50 } });
    expect(info.config).toMatchObject({ metadata: { of: 'a', now: true }, hnsw_config: { m: 7 } });
    await expect(collection.count()).rejects.toThrow(coded('CLOSED'));
    await store.collection('a').upsert(points(70, 71));
    await store.close();
    const again = await opened();
    expect(await again.collection('a').count()).toBe(51);
    expect(await readdir(join(again.path, 'collections'))).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  test('makes a collection that was not there, twins of one that is, and takes its index along', async () => {
    const { store, before, file } = await withSnapshot();
    for (const name of ['b', 'c']) await store.recoverSnapshot(name, { path: file });
    for (const name of ['b', 'c']) {
      expect(await content(store, name)).toEqual(before);
      expect(store.collection(name).info().config.metadata).toEqual({ of: 'a' });
    }
    await store.collection('b').upsert(points(90, 91));
    expect(await store.collection('c').count()).toBe(50);
    await store.close();
    const again = await opened();
    expect(again.collections()).toEqual(['a', 'b', 'c']);
    expect(await again.collection('b').count()).toBe(51);
    // No warning: no index was built again.
    expect(warnings).toEqual([]);
  });

  test('is consistent while writes go on', async () => {
    const store = await opened();
    const collection = await store.createCollection('a', config);
    await collection.upsert(points(0, 400));
    let writing = true;
    let written = 400;
    const writer = (async () => {
      for (; writing; written += 20) await collection.upsert(points(written, written + 20));
    })();
    const files: string[] = [];
    for (let i = 0; i < 3; i++)
      files.push(await collection.snapshotFile((await collection.createSnapshot()).name));
    writing = false;
    await writer;
    for (const file of files) {
      await store.recoverSnapshot('copy', { path: file });
      const found = await content(store, 'copy');
      expect(found.length % 20).toBe(0);
      expect(found.length).toBeGreaterThanOrEqual(400);
      expect(found.map(({ id }) => id)).toEqual(Array.from({ length: found.length }, (_, i) => i));
      const hits = await store.collection('copy').query({ query: point(77).vector, limit: 1 });
      expect(hits[0]!.id).toBe(77);
    }
    expect(warnings).toEqual([]);
  });

  test('of a shard stands apart, and there is one shard', async () => {
    const { store, collection, before } = await withSnapshot();
    const shard = { shard: 0 };
    await collection.deleteSnapshot((await collection.listSnapshots())[0]!.name);
    await store.recoverSnapshot('a', {
      path: await collection.snapshotFile((await collection.createSnapshot(shard)).name, shard),
    });
    const now = store.collection('a');
    expect(await now.listSnapshots()).toEqual([]);
    const [only] = await now.listSnapshots(shard);
    expect(only!.name).toMatch(/^a-shard-0-.*\.snapshot$/);
    await now.delete({ filter: {} });
    await store.recoverSnapshot('a', { shard: 0, location: only!.name });
    expect((await content(store, 'a')).slice(0, 50)).toEqual(before);
    await expect(store.collection('a').listSnapshots({ shard: 1 })).rejects.toThrow(
      coded('NOT_FOUND', 'shard 1 not found'),
    );
    await expect(store.recoverSnapshot('a', { shard: 0, location: 'other' })).rejects.toThrow(
      coded('NOT_FOUND'),
    );
    expect(await store.collection('a').deleteSnapshot(only!.name, shard)).toBe(true);
  });

  test('of a collection with a long or odd name has a place too', async () => {
    const store = await opened();
    for (const name of ['..', '.', 'ö'.repeat(255), 'a b']) {
      const collection = await store.createCollection(name, config);
      await collection.upsert(points(0, 3));
      const { name: snapshot } = await collection.createSnapshot();
      const file = await collection.snapshotFile(snapshot);
      expect(file.startsWith(join(store.path, 'snapshots/'))).toBe(true);
      await store.recoverSnapshot(name, { location: pathToFileURL(file).href });
      expect(await store.collection(name).count()).toBe(3);
    }
  });

  test('is kept with those of the collection when it came from elsewhere', async () => {
    const { store, file, snapshot } = await withSnapshot();
    const upload = join(home, 'upload');
    await copyFile(file, upload);
    await store.recoverSnapshot('b', {
      path: upload,
      keepAs: '../../mine.snapshot',
      checksum: snapshot.checksum,
    });
    const kept = await store.collection('b').listSnapshots();
    expect(kept).toEqual([expect.objectContaining({ name: 'mine.snapshot', checksum: snapshot.checksum })]);
    await expect(stat(upload)).rejects.toThrow('ENOENT');
  });
});

describe('what is recovered', () => {
  test('must be of the same vectors, and have the checksum that is asked for', async () => {
    const { store, file, before } = await withSnapshot();
    await store.createCollection('other', { vectors: { size: 4, distance: 'Euclid' } });
    await expect(store.recoverSnapshot('other', { path: file })).rejects.toThrow(
      coded('INVALID_ARGUMENT', 'Snapshot is not compatible with existing collection'),
    );
    const checksum = '0'.repeat(64);
    await expect(store.recoverSnapshot('a', { path: file, checksum })).rejects.toThrow(
      coded('CHECKSUM_MISMATCH', /^expected 0{64}, actual [0-9a-f]{64}$/),
    );
    expect(await store.collection('a').count()).toBe(60);
    expect(await store.collection('other').count()).toBe(0);
    expect(before).toHaveLength(50);
    expect(await readdir(join(store.path, 'collections'))).toHaveLength(2);
  });

  test('comes from the folder of snapshots when it is named by a path', async () => {
    const { store, file } = await withSnapshot();
    const outside = join(home, 'outside.snapshot');
    await copyFile(file, outside);
    await symlink(outside, join(store.path, 'snapshots', 'a', 'link.snapshot'));
    const forbidden = coded('FORBIDDEN', 'must be inside the snapshots directory');
    for (const path of [
      outside,
      '/etc/passwd',
      '/no/such/file',
      join(store.path, 'snapshots', 'a', 'link.snapshot'),
      join(store.path, 'snapshots'),
    ])
      await expect(store.recoverSnapshot('b', { location: pathToFileURL(path).href })).rejects.toThrow(
        forbidden,
      );
    const tricky = `file://${store.path}/snapshots/../../outside.snapshot`;
    await expect(store.recoverSnapshot('b', { location: tricky })).rejects.toThrow(forbidden);
    for (const [location, message] of [
      [`file://${store.path}/snapshots/a/none`, 'does not exist'],
      ['file://example.com/x', 'file path must be absolute or on localhost'],
      ['ftp://example.com/x', 'with scheme ftp is not supported'],
      ['javascript:1', 'with scheme javascript is not supported'],
      ['nonsense', 'expected an address'],
    ] as const)
      await expect(store.recoverSnapshot('b', { location })).rejects.toThrow(
        coded('INVALID_ARGUMENT', message),
      );
    expect(store.hasCollection('b')).toBe(false);
  });

  test('is fetched from servers, with a key, unless that is switched off', async () => {
    const { store, file, before, snapshot } = await withSnapshot();
    const bytes = await readFile(file);
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers['api-key'] as string | undefined);
      if (request.url === '/cut') response.writeHead(200).end(bytes.subarray(0, bytes.length / 2));
      else if (request.url === '/good') response.writeHead(200).end(bytes);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const at = `http://127.0.0.1:${port}`;
    try {
      await store.recoverSnapshot('b', { location: `${at}/good`, api_key: 'k', checksum: snapshot.checksum });
      expect(await content(store, 'b')).toEqual(before);
      expect(asked).toEqual(['k']);
      await expect(store.recoverSnapshot('b', { location: `${at}/cut` })).rejects.toThrow(coded('CORRUPT'));
      await expect(store.recoverSnapshot('b', { location: `${at}/none` })).rejects.toThrow(
        coded('INVALID_ARGUMENT', 'status - 404'),
      );
      expect(await content(store, 'b')).toEqual(before);
      expect(await readdir(join(store.path, 'temporary'))).toEqual([]);
      await store.close();
      const closed = await opened({ snapshotUrls: false });
      await expect(closed.recoverSnapshot('b', { location: `${at}/good` })).rejects.toThrow(
        coded('FORBIDDEN', 'Snapshot recovery from remote URLs is disabled in the configuration'),
      );
    } finally {
      server.close();
    }
    await expect(
      (await stores.at(-1)!).recoverSnapshot('x', { location: 'http://127.0.0.1:1/' }),
    ).rejects.toThrow(coded('FORBIDDEN'));
  });

  test('replaces a damaged collection', async () => {
    const { store, file, before } = await withSnapshot();
    await copyFile(file, join(home, 'kept'));
    await store.close();
    const [folder] = await readdir(join(store.path, 'collections'));
    await truncate(join(store.path, 'collections', folder!, 'data.mdb'), 20_000);
    const again = await opened();
    expect(() => again.collection('a')).toThrow(coded('CORRUPT'));
    await again.recoverSnapshot('a', { path: join(home, 'kept') });
    expect(await content(again, 'a')).toEqual(before);
    expect(await readdir(join(again.path, 'collections'))).toHaveLength(1);
  });
});

describe('a bad snapshot', () => {
  const refused = async (store: Store, path: string, message: string | RegExp = '', code = 'CORRUPT') => {
    const count = await store.collection('a').count();
    await expect(store.recoverSnapshot('a', { path })).rejects.toThrow(coded(code, message));
    await expect(store.recoverSnapshot('new', { path })).rejects.toThrow(coded(code, message));
    expect(await store.collection('a').count()).toBe(count);
    expect(store.collections()).toEqual(['a']);
    expect(await readdir(join(store.path, 'collections'))).toHaveLength(1);
  };

  test('that was cut anywhere, or has a flipped bit anywhere, is refused as a whole', async () => {
    const { store, file } = await withSnapshot();
    const bytes = await readFile(file);
    const bad = join(home, 'bad');
    for (let i = 0; i < 24; i++) {
      const at = Math.floor((i / 24) * bytes.length) + 1;
      await writeFile(bad, bytes.subarray(0, at));
      await refused(store, bad);
    }
    let missed = 0;
    for (let i = 0; i < 120; i++) {
      const at = Math.floor(((i + 0.37) / 120) * bytes.length);
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (i % 8);
      await writeFile(bad, flipped);
      // Bits between files, and after the last one, mean nothing.
      const result = await store.recoverSnapshot('new', { path: bad }).catch((error) => error.code);
      if (result === undefined) {
        missed++;
        expect(await content(store, 'new')).toHaveLength(50);
        await store.deleteCollection('new');
      } else expect(result).toBe('CORRUPT');
    }
    expect(missed).toBeLessThan(30);
    await writeFile(bad, '');
    await refused(store, bad, 'it ends too early');
    await refused(store, join(home, 'none'), 'There is no snapshot', 'NOT_FOUND');
  });

  /** A tar of these entries, with right checksums unless told otherwise. */
  async function tar(entries: [Partial<Header> & { name: string }, string?][], sums = true): Promise<string> {
    const path = join(home, `hostile-${Math.random()}.tar`);
    const stream = pack();
    const head = JSON.stringify({ fletch: 'snapshot', format: 1, kind: 'collection' });
    const all: [Partial<Header> & { name: string }, string?][] = [[{ name: HEAD }, head], ...entries];
    const table = Object.fromEntries(
      all.map(([{ name }, text = '']) => [
        name,
        { size: text.length, sha256: createHash('sha256').update(text).digest('hex') },
      ]),
    );
    for (const [header, text] of [
      ...all,
      ...(sums ? [[{ name: SUMS }, JSON.stringify(table)] as const] : []),
    ])
      stream.entry(header, text ?? '');
    stream.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    await writeFile(path, Buffer.concat(chunks));
    return path;
  }

  test.each<[string, [Partial<Header> & { name: string }, string?][], string | RegExp]>([
    ['a path upwards', [[{ name: '../evil.json' }, 'x']], 'is not a plain file'],
    ['an absolute path', [[{ name: '/tmp/evil.json' }, 'x']], 'is not a plain file'],
    ['a folder', [[{ name: 'folder', type: 'directory' }]], 'is not a plain file'],
    ['a link', [[{ name: 'data.mdb', type: 'symlink', linkname: '/etc/passwd' }]], 'is not a plain file'],
    [
      'a hard link',
      [[{ name: 'data.mdb', type: 'link', linkname: 'collection.json' }]],
      'is not a plain file',
    ],
    ['a device', [[{ name: 'data.mdb', type: 'character-device' }]], 'is not a plain file'],
    ['a path with backslashes', [[{ name: '..\\evil.json' }, 'x']], 'is not a plain file'],
    ['a name with a line break', [[{ name: 'a\nb.json' }, 'x']], 'is not a plain file'],
    ['a name too long for its field', [[{ name: `${'x'.repeat(150)}.json` }, 'x']], 'is not a plain file'],
    ['a lock', [[{ name: 'lock.mdb' }, 'x']], 'is not a plain file'],
    ['extended headers', [[{ name: 'data.mdb', pax: { path: '../../evil' } }, 'x']], 'is not a plain file'],
    [
      'one name twice',
      [
        [{ name: 'data.mdb' }, 'x'],
        [{ name: 'data.mdb' }, 'y'],
      ],
      'two files called data.mdb',
    ],
    ['no manifest', [[{ name: 'data.mdb' }, 'x']], 'collection.json is missing'],
    [
      'a manifest that is none',
      [
        [{ name: 'collection.json' }, '[]'],
        [{ name: 'data.mdb' }, 'x'],
      ],
      'collection.json',
    ],
    [
      'no data',
      [
        [
          { name: 'collection.json' },
          '{"format":1,"name":"a","uuid":"x","vectors":[{"name":"","dimension":3,"distance":"Euclid"}]}',
        ],
      ],
      'data.mdb is damaged: it is missing',
    ],
    [
      'data that is none',
      [
        [
          { name: 'collection.json' },
          '{"format":1,"name":"a","uuid":"x","vectors":[{"name":"","dimension":3,"distance":"Euclid"}]}',
        ],
        [{ name: 'data.mdb' }, 'nonsense'],
      ],
      'data.mdb is damaged: it is too short',
    ],
  ])('with %s is refused', async (_what, entries, message) => {
    const { store } = await withSnapshot();
    await refused(store, await tar(entries), message);
    await expect(stat(join(home, 'evil.json'))).rejects.toThrow();
  });

  test('without checksums, of another kind or of another maker is refused', async () => {
    const { store } = await withSnapshot();
    await refused(store, await tar([[{ name: 'data.mdb' }, 'x']], false), 'its checksums are missing');
    const { name } = await store.createSnapshot();
    await refused(store, await store.snapshotFile(name), 'is one of a store', 'INVALID_ARGUMENT');
    const foreign = pack();
    foreign.entry({ name: 'config.json' }, '{}');
    foreign.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of foreign) chunks.push(chunk as Buffer);
    await writeFile(join(home, 'foreign'), Buffer.concat(chunks));
    await refused(store, join(home, 'foreign'), 'it is not a snapshot that Fletch made');
  });

  test('whose header promises more bytes than there are is refused before any is read', async () => {
    const { store, file } = await withSnapshot();
    const bad = join(home, 'bad');
    await copyFile(file, bad);
    const handle = await openFile(bad, 'r+');
    const header = Buffer.alloc(512);
    await handle.read(header, 0, 512, 0);
    for (const size of ['77777777777\0', `\x80${'\0'.repeat(3)}\x7f${'\xff'.repeat(7)}`]) {
      header.write(size, 124, 12, 'latin1');
      header.write('        ', 148, 8, 'latin1');
      const sum = header.reduce((total, byte) => total + byte, 0);
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
      await handle.write(header, 0, 512, 0);
      await refused(store, bad, /is too large|ends inside|is not valid/);
    }
    await handle.close();
  });
});

describe('a snapshot of the store', () => {
  test('holds every collection and the aliases', async () => {
    const { store, before } = await withSnapshot();
    await (await store.createCollection('b', config)).upsert(points(5, 8));
    await store.updateAliases([{ create_alias: { alias_name: 'x', collection_name: 'a' } }]);
    const snapshot = await store.createSnapshot();
    expect(snapshot.name).toMatch(/^full-snapshot-\d{4}(-\d\d){5}\.snapshot$/);
    expect(await store.listSnapshots()).toEqual([snapshot]);
    await withStoreSnapshot(
      await store.snapshotFile(snapshot.name),
      join(home, 'work'),
      async (files, aliases) => {
        expect(aliases).toEqual([['x', 'a']]);
        for (const [i, file] of files.entries()) await store.recoverSnapshot(`copy${i}`, { path: file });
      },
    );
    expect((await content(store, 'copy0')).slice(0, 50)).toEqual(before);
    expect(await store.collection('copy1').count()).toBe(3);
    expect(await store.deleteSnapshot(snapshot.name)).toBe(true);
    expect(await store.listSnapshots()).toEqual([]);
  });

  test('and a backup are copies that can be opened by themselves', async () => {
    const { store, before } = await withSnapshot();
    await store.updateAliases([{ create_alias: { alias_name: 'x', collection_name: 'a' } }]);
    await store.backup(join(home, 'backup'));
    const copy = await open(join(home, 'backup'), {
      threads: 1,
      onWarning: ({ message }) => warnings.push(message),
    });
    expect((await content(copy, 'x')).slice(0, 50)).toEqual(before);
    expect(await copy.collection('a').count()).toBe(60);
    await copy.close();
    expect(warnings).toEqual([]);
    await expect(store.backup(join(home, 'backup'))).rejects.toThrow(
      coded('INVALID_ARGUMENT', 'is not empty'),
    );
    await mkdir(join(home, 'empty'));
    await store.backup(join(home, 'empty'));
    expect((await readdir(home)).sort()).toEqual(['backup', 'empty', 'store']);
  });
});

describe('kill -9', () => {
  const script = (what: string) => `import('@fletch/search').then(async ({ open }) => {
    const store = await open(${JSON.stringify(join(home, 'store'))}, { threads: 1 });
    ${what}
    await store.close();
  })`;
  function run(what: string, crashPoint = '', delay?: number): Promise<NodeJS.Signals | null> {
    const child = spawn(process.execPath, ['-e', script(what)], {
      cwd: import.meta.dirname,
      env: { ...process.env, FLETCH_CRASH_POINT: crashPoint },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (delay !== undefined) setTimeout(() => child.kill('SIGKILL'), delay);
    return new Promise((resolve) => child.once('close', (_code, signal) => resolve(signal)));
  }

  test.each([
    ['recover-before-rename', 60],
    ['recover-after-rename', 50],
  ])('at %s leaves a whole collection', async (crashPoint, count) => {
    const { store, file } = await withSnapshot();
    await copyFile(file, join(home, 'kept'));
    await store.close();
    const recover = `await store.recoverSnapshot('a', { path: ${JSON.stringify(join(home, 'kept'))} });`;
    expect(await run(recover, crashPoint)).toBe('SIGKILL');
    const again = await opened();
    expect(again.collections()).toEqual(['a']);
    expect(await again.collection('a').count()).toBe(count);
    expect(await readdir(join(again.path, 'collections'))).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  test('while snapshots are made and recovered leaves no half one', async () => {
    const { store, file } = await withSnapshot();
    await copyFile(file, join(home, 'kept'));
    await store.close();
    const loop = `for (;;) {
      await store.collection('a').createSnapshot();
      await store.recoverSnapshot('a', { path: ${JSON.stringify(join(home, 'kept'))} });
    }`;
    for (let i = 0; i < 8; i++) {
      expect(await run(loop, '', 250 + i * 40)).toBe('SIGKILL');
      const again = await opened();
      expect(again.collections()).toEqual(['a']);
      expect([50, 60]).toContain(await again.collection('a').count());
      expect(await readdir(join(again.path, 'collections'))).toHaveLength(1);
      for (const { name, checksum } of await again.collection('a').listSnapshots()) {
        const path = await again.collection('a').snapshotFile(name);
        expect(
          createHash('sha256')
            .update(await readFile(path))
            .digest('hex'),
        ).toBe(checksum);
      }
      await again.close();
    }
    expect(warnings).toEqual([]);
  }, 60_000);
});
