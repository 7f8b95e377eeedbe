import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSpecs } from '../../space/spec.js';
import type { PointRecord } from '../../types/index.js';
import { defaultConfig } from '../config/read.js';
import { Environment } from '../environment.js';
import { writeManifest } from '../manifest.js';
import { open } from '../open.js';
import type { Store } from '../types.js';
import { backup, repair, restore, salvage, verify } from './index.js';

const POINTS = 400;
const SPECS = [
  ...readSpecs([{ name: '', dimension: 3, distance: 'Euclid', hnsw: defaultConfig.hnsw_config }]).values(),
];

let home: string;
let path: string;
const stores: Store[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-maintenance-'));
  path = join(home, 'store');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const store of stores.splice(0)) await store.close();
  await rm(home, { recursive: true, force: true });
});

const vectorOf = (id: number) => [id, Math.fround(id / 7), 1];
const point = (id: number) => ({ id, vector: vectorOf(id), payload: { id, text: `t${id}`.repeat(20) } });

/** A closed store of two collections with an alias and a snapshot; the folder of `a`. */
async function made(): Promise<string> {
  const store = await open(path, { threads: 1 });
  for (const name of ['a', 'b']) {
    const collection = await store.createCollection(name, { vectors: { size: 3, distance: 'Euclid' } });
    for (let i = 0; i < POINTS; i += 100)
      await collection.upsert(Array.from({ length: 100 }, (_, j) => point(i + j)));
  }
  await store.updateAliases([{ create_alias: { alias_name: 'x', collection_name: 'a' } }]);
  await store.collection('a').createSnapshot();
  await store.close();
  return folderOf('a');
}

async function folderOf(name: string): Promise<string> {
  for (const entry of await readdir(join(path, 'collections'))) {
    const folder = join(path, 'collections', entry);
    if (JSON.parse(await readFile(join(folder, 'collection.json'), 'utf8')).name === name) return folder;
  }
  throw new Error(`no ${name}`);
}

/** Changes bytes where `what` stands for the last time in a file, which is where the newest page is. */
async function overwrite(file: string, what: Buffer, change: (bytes: Buffer) => void): Promise<number> {
  const bytes = await readFile(file);
  let hits = 0;
  for (let at = bytes.indexOf(what); at >= 0; at = bytes.indexOf(what, at + 1)) {
    change(bytes.subarray(at, at + what.length));
    hits++;
  }
  await writeFile(file, bytes);
  return hits;
}
const flipFirst = (bytes: Buffer) => {
  bytes[0]! ^= 1;
};
const textOf = (id: number) => Buffer.from(`"text":"t${id}t${id}`);
const bytesOf = (id: number) => Buffer.from(Float32Array.from(vectorOf(id)).buffer);

async function all(store: Store, name: string): Promise<PointRecord[]> {
  return (await store.collection(name).scroll({ limit: 10_000, with_vector: true })).points;
}

const messages = (problems: readonly { message: string }[]) => problems.map(({ message }) => message);

describe('verify', () => {
  test('finds nothing wrong with a store that is whole', async () => {
    await made();
    const report = await verify(path);
    expect(report.problems).toEqual([]);
    expect(report.snapshots).toBe(1);
    expect(report.collections.map(({ name, points }) => [name, points]).sort()).toEqual([
      ['a', POINTS],
      ['b', POINTS],
    ]);
  });

  test('names each damaged entry, index, snapshot and file, and what can be done', async () => {
    const folder = await made();
    const data = join(folder, 'data.mdb');
    await overwrite(data, textOf(123), flipFirst);
    await overwrite(data, bytesOf(200), flipFirst);
    const index = join(folder, 'index-0.snapshot');
    await truncate(index, 3000);
    const [snapshot] = (await readdir(join(path, 'snapshots', 'a'))).filter((name) =>
      name.endsWith('.snapshot'),
    );
    await truncate(join(path, 'snapshots', 'a', snapshot!), 9000);
    const aliases = join(path, 'aliases.json');
    await writeFile(aliases, (await readFile(aliases, 'utf8')).replace('"x"', '"y"'));
    const { problems, collections } = await verify(path);
    expect(problems).toEqual([
      expect.objectContaining({ path: aliases, remedy: 'drop' }),
      expect.objectContaining({ collection: 'a', path: data, table: 'points', remedy: 'drop' }),
      expect.objectContaining({ collection: 'a', path: data, table: 'vectors.0', remedy: 'drop' }),
      expect.objectContaining({ collection: 'a', path: index, remedy: 'rebuild' }),
      expect.objectContaining({ path: join(path, 'snapshots', 'a', snapshot!), remedy: 'none' }),
    ]);
    expect(collections).toHaveLength(2);
    // Nothing was changed by looking.
    expect(messages((await verify(path)).problems)).toEqual(messages(problems));
  });

  test('finds entries that do not belong together', async () => {
    const folder = await made();
    const environment = new Environment(folder, SPECS);
    await environment.commit(() => {
      environment.putId(9001, 3);
      environment.putId(9002, 70_000);
      environment.putPoint(80_000, { version: 1, json: '{}' });
      environment.putPoint(5, { version: 1, json: '{"half":' });
      environment.vectors('').put(90_000, Buffer.alloc(12));
      environment.meta.put('schema', Buffer.from('{'));
    });
    await environment.close();
    const { problems } = await verify(path);
    expect(messages(problems).map((text) => text.replace(/^.*data\.mdb: /, ''))).toEqual([
      'schema in table "meta": it is not JSON.',
      '9001 in table "ids": row 3 has another id, 3.',
      '5 in table "points": its payload is not JSON.',
      '80000 in table "points": no id leads to it.',
      '70000 in table "points": the payload of 9002 is missing.',
      '90000 in table "vectors.0": it belongs to no point.',
    ]);
  });

  test('says what else is wrong: swapped, missing or broken files', async () => {
    const a = await made();
    const b = await folderOf('b');
    await copyFile(join(a, 'data.mdb'), join(home, 'kept'));
    await copyFile(join(b, 'data.mdb'), join(a, 'data.mdb'));
    await truncate(join(b, 'data.mdb'), 40_000);
    const { problems } = await verify(path);
    expect(problems.map(({ collection, remedy }) => [collection, remedy]).sort()).toEqual([
      ['a', 'none'],
      ['b', 'none'],
    ]);
    expect(messages(problems).join()).toContain('belongs to another collection');
    await rm(join(b, 'data.mdb'));
    expect(messages((await verify(path)).problems).join()).toContain('data.mdb is damaged: it is missing');
  });

  test('does not touch what is open, or is no store, and stops when told to', async () => {
    await made();
    stores.push(await open(path, { threads: 1 }));
    await expect(verify(path)).rejects.toMatchObject({ code: 'LOCKED' });
    await expect(verify(home)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((await readdir(home)).sort()).toEqual(['store']);
    await stores.pop()!.close();
    await expect(verify(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    stores.push(await open(path, { threads: 1 }));
  });
});

describe('repair', () => {
  test('builds damaged indexes again, and drops damaged entries only when told to', async () => {
    const folder = await made();
    const data = join(folder, 'data.mdb');
    await overwrite(data, textOf(123), flipFirst);
    await overwrite(data, bytesOf(200), flipFirst);
    await truncate(join(folder, 'index-0.snapshot'), 3000);
    const careful = await repair(path);
    expect(messages(careful.repaired)).toEqual([expect.stringContaining('index-0.snapshot')]);
    expect(careful.remaining.map(({ table }) => table)).toEqual(['points', 'vectors.0']);
    expect(careful.dropped).toEqual({ points: 0, vectors: 0 });

    const thorough = await repair(path, { dropDamaged: true });
    expect(thorough.dropped).toEqual({ points: 1, vectors: 1 });
    expect(thorough.remaining).toEqual([]);
    expect(thorough.repaired).toHaveLength(2);
    expect((await verify(path)).problems).toEqual([]);

    const warnings: string[] = [];
    const store = await open(path, { threads: 1, onWarning: ({ message }) => warnings.push(message) });
    stores.push(store);
    expect(warnings).toEqual([]);
    const others = async (name: string) => {
      const filter = { must_not: { has_id: [123, 200] } };
      return (await store.collection(name).scroll({ limit: 10_000, with_vector: true, filter })).points;
    };
    expect(await others('a')).toEqual(await others('b'));
    expect(await others('a')).toHaveLength(POINTS - 2);
    expect(store.collection('a').retrieve([123, 200])).toEqual([{ id: 200, payload: point(200).payload }]);
    const hits = await store.collection('a').query({ query: vectorOf(150), limit: 1 });
    expect(hits[0]!.id).toBe(150);
    await store.collection('a').upsert([point(123), point(200), point(9000)]);
    expect(await store.collection('a').count()).toBe(POINTS + 1);
  });

  test('brings facts back that were lost', async () => {
    const folder = await made();
    const environment = new Environment(folder, SPECS);
    const version = environment.fact('version');
    await environment.close();
    for (const fact of ['version', 'uuid', 'config'])
      await overwrite(join(folder, 'data.mdb'), Buffer.from(`${fact}\0`), () => undefined);
    const hits = await overwrite(join(folder, 'data.mdb'), Buffer.from('"deleted_threshold"'), flipFirst);
    expect(hits).toBeGreaterThan(0);
    expect((await verify(path)).problems).toEqual([
      expect.objectContaining({ table: 'meta', key: 'config', remedy: 'drop' }),
    ]);
    const { remaining } = await repair(path, { dropDamaged: true });
    expect(remaining).toEqual([]);
    const store = await open(path, { threads: 1 });
    stores.push(store);
    expect(await store.collection('a').count()).toBe(POINTS);
    const { operation_id } = await store.collection('a').upsert([point(1)]);
    expect(operation_id).toBe(Number(version) + 1);
  });

  test('leaves a file that does not hang together to salvage', async () => {
    const folder = await made();
    const before = await readFile(join(folder, 'data.mdb'));
    await truncate(join(folder, 'data.mdb'), Math.floor(before.length / 2));
    const { remaining, repaired } = await repair(path, { dropDamaged: true });
    expect(repaired).toEqual([]);
    expect(remaining).toEqual([expect.objectContaining({ collection: 'a', remedy: 'none' })]);
    expect(remaining[0]!.message).toContain('fletch salvage');
  });

  test('builds all indexes with the graph parameters of today', async () => {
    await made();
    const store = await open(path, { threads: 1 });
    await store.collection('a').update({ hnsw_config: { m: 4 } });
    await store.close();
    const { remaining } = await repair(path, { rebuildIndexes: true });
    expect(remaining).toEqual([]);
    const header = (await readFile(join(await folderOf('a'), 'index-0.snapshot'))).toString(
      'latin1',
      0,
      2000,
    );
    expect(header).toContain('"m":4');
  });
});

describe('salvage', () => {
  const saved = async (file: string) =>
    (await readFile(file, 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as ReturnType<typeof point>);

  test('writes every point of a store that is whole', async () => {
    await made();
    const out = join(home, 'out');
    const { collections } = await salvage(path, out);
    expect(
      collections.map(({ name, points, incomplete, orphans, lost }) => ({
        name,
        points,
        incomplete,
        orphans,
        lost,
      })),
    ).toEqual(
      expect.arrayContaining(
        ['a', 'b'].map((name) => ({ name, points: POINTS, incomplete: 0, orphans: 0, lost: [] })),
      ),
    );
    expect(await saved(join(out, 'a.jsonl'))).toEqual(Array.from({ length: POINTS }, (_, id) => point(id)));
    expect(JSON.parse(await readFile(join(out, 'a.json'), 'utf8'))).toMatchObject({
      name: 'a',
      vectors: [{ name: '', dimension: 3, distance: 'Euclid' }],
    });
    await expect(salvage(path, out)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('saves what is readable from any damage, and never anything wrong', async () => {
    const folder = await made();
    const data = join(folder, 'data.mdb');
    const whole = await readFile(data);
    const right = new Map(Array.from({ length: POINTS }, (_, id) => [id, point(id)]));
    let least = POINTS;
    let most = 0;
    for (let i = 0; i < 40; i++) {
      const bytes = Buffer.from(whole);
      // A run of nonsense somewhere, up to a page long.
      const at = Math.floor((i / 40) * bytes.length);
      bytes.fill(i * 7, at, at + 500 * ((i % 8) + 1));
      await writeFile(data, i % 10 === 9 ? bytes.subarray(0, at) : bytes);
      const out = join(home, `out${i}`);
      const report = await salvage(path, out);
      const a = report.collections.find(({ name }) => name === 'a')!;
      for (const each of await saved(a.file)) {
        const { vector, ...rest } = right.get(each.id)!;
        expect({ ...each, vector }).toEqual({ ...rest, vector });
        if (Array.isArray(each.vector)) expect(each.vector).toEqual(vector);
      }
      least = Math.min(least, a.points);
      most = Math.max(most, a.points);
      if (a.points < POINTS) expect(a.lost.length).toBeGreaterThan(0);
      expect(report.collections.find(({ name }) => name === 'b')!.points).toBe(POINTS);
    }
    expect(least).toBeLessThan(POINTS);
    expect(most).toBe(POINTS);
  });

  test('goes on without a manifest, or without data', async () => {
    const folder = await made();
    await writeFile(join(folder, 'collection.json'), 'broken');
    const { collections } = await salvage(path, join(home, 'one'));
    const nameless = collections.find(({ name }) => name !== 'b')!;
    expect(nameless.points).toBe(POINTS);
    const [first] = await saved(nameless.file);
    expect(first).toEqual({ ...point(0), vector: { 'vector 0': vectorOf(0) } });
    await rm(join(folder, 'data.mdb'));
    const again = await salvage(path, join(home, 'two'));
    expect(again.collections.find(({ name }) => name !== 'b')).toMatchObject({
      points: 0,
      lost: expect.arrayContaining(['data.mdb is missing']),
    });
  });
});

describe('backup and restore', () => {
  test('copy a store that is closed, or open in another process that writes', async () => {
    await made();
    const first = await backup(path, join(home, 'closed'));
    expect([...first.collections].sort()).toEqual(['a', 'b']);
    expect((await verify(join(home, 'closed'))).problems).toEqual([]);

    const script = `import('@fletch/search').then(async ({ open }) => {
      const store = await open(${JSON.stringify(path)}, { threads: 1 });
      const write = require('node:fs').writeSync;
      for (let i = 1000; ; i += 10) {
        await store.collection('a').upsert(Array.from({ length: 10 }, (_, j) => ({ id: i + j, vector: [i, j, 1] })));
        if (i === 1000) write(1, 'open');
      }
    })`;
    const child = spawn(process.execPath, ['-e', script], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    for (let i = 0; i < 4; i++) {
      const out = join(home, `live${i}`);
      await backup(path, out);
      expect((await verify(out)).problems).toEqual([]);
      const warnings: string[] = [];
      const copy = await open(out, { threads: 1, onWarning: ({ message }) => warnings.push(message) });
      const count = await copy.collection('x').count();
      expect(count).toBeGreaterThan(POINTS);
      expect(count % 10).toBe(0);
      await copy.close();
    }
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;
    const store = await open(path, { threads: 1 });
    stores.push(store);
    await expect(backup(path, join(home, 'own'))).rejects.toMatchObject({ code: 'LOCKED' });
    await store.backup(join(home, 'own'));
    expect((await verify(join(home, 'own'))).problems).toEqual([]);
  });

  test('make a store of a snapshot', async () => {
    await made();
    const store = await open(path, { threads: 1 });
    stores.push(store);
    const whole = await store.snapshotFile((await store.createSnapshot()).name);
    const [one] = await store.collection('a').listSnapshots();
    const report = await restore(whole, join(home, 'whole'));
    expect([...report.collections].sort()).toEqual(['a', 'b']);
    const copy = await open(join(home, 'whole'), { threads: 1 });
    stores.push(copy);
    expect(await all(copy, 'x')).toEqual(await all(store, 'a'));
    expect(await all(copy, 'b')).toEqual(await all(store, 'b'));
    expect(
      (await restore(await store.collection('a').snapshotFile(one!.name), join(home, 'one'))).collections,
    ).toEqual(['a']);
    await truncate(whole, 5000);
    await expect(restore(whole, join(home, 'bad'))).rejects.toMatchObject({ code: 'CORRUPT' });
    await expect(restore(join(home, 'none'), join(home, 'bad'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await readdir(home)).sort()).toEqual(['one', 'store', 'whole']);
  });
});

test('a collection of the first format, without checksums, is opened, written and verified', async () => {
  const folder = await made();
  const manifest = JSON.parse(await readFile(join(folder, 'collection.json'), 'utf8'));
  // Rewritten as the first version wrote it.
  const sealed = new Environment(folder, SPECS);
  const tables = [sealed.meta, sealed.ids, sealed.points, sealed.log, sealed.vectors('')] as const;
  const content = tables.map((table) => [...table.getRange({})]);
  await sealed.close();
  await rm(folder, { recursive: true });
  await cp(await folderOf('b'), folder, { recursive: true });
  for (const file of await readdir(folder)) await rm(join(folder, file));
  const plain = new Environment(folder, SPECS, { sealed: false });
  await plain.commit(() => {
    [plain.meta, plain.ids, plain.points, plain.log, plain.vectors('')].forEach((table, i) => {
      for (const { key, value } of content[i]!) if (key !== 'config') table.put(key as never, value);
    });
  });
  await plain.close();
  await writeManifest(join(folder, 'collection.json'), { ...manifest, format: 1 });
  const { checksum: _none, ...old } = JSON.parse(await readFile(join(folder, 'collection.json'), 'utf8'));
  await writeFile(join(folder, 'collection.json'), JSON.stringify(old));
  expect((await verify(path)).problems).toEqual([]);
  const store = await open(path, { threads: 1 });
  const collection = store.collection('a');
  expect(await collection.count()).toBe(POINTS);
  expect(collection.info().config.hnsw_config).toMatchObject({ m: 16, ef_construct: 100 });
  await collection.upsert([point(POINTS)]);
  await collection.update({ metadata: { still: 'old' } });
  const snapshot = await collection.snapshotFile((await collection.createSnapshot()).name);
  await store.recoverSnapshot('copy', { path: snapshot });
  await store.close();
  const again = await open(path, { threads: 1 });
  stores.push(again);
  for (const name of ['a', 'copy']) {
    expect(await again.collection(name).count()).toBe(POINTS + 1);
    expect(again.collection(name).info().config.metadata).toEqual({ still: 'old' });
  }
});
