import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { isFletchError } from '@fletch/base';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { restore } from '../maintenance/backup.js';
import { open } from '../open.js';
import type { Store } from '../types.js';
import { errnos, failing } from './failing.case.js';

vi.mock('node:fs/promises', async (original) =>
  (await import('./failing.case.js')).failingPromises(await original()),
);
vi.mock('node:fs', async (original) => (await import('./failing.case.js')).failingStreams(await original()));

/** Calls that fail one by one in every run, and the step behind them: no divisor of what alternates. */
const [FIRST, STRIDE] = [24, 7];
const config = { vectors: { size: 2, distance: 'Dot' as const } };
/** What the two collections of the template keep of their vectors, besides what every collection can. */
const codes = { a: { osq: { train_at: 2 } }, b: { leanvec: { dimension: 1, train_at: 2 } } } as const;
let home: string;
let template: string;
let runs = 0;

const opened = (path: string) => open(path, { threads: 1 });

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-failing-'));
  template = join(home, 'template');
  const store = await opened(template);
  for (const name of ['a', 'b'] as const) {
    const collection = await store.createCollection(name, { ...config, quantization_config: codes[name] });
    await collection.upsert([1, 2, 3].map((id) => ({ id, vector: [id, 1], payload: { name } })));
  }
  await store.updateAliases([{ create_alias: { alias_name: 'x', collection_name: 'a' } }]);
  await store.collection('a').createSnapshot();
  await store.close();
});

afterAll(() => rm(home, { recursive: true, force: true }));

/** Everything that users of a store can see. */
async function stateOf(path: string): Promise<string> {
  const warnings: string[] = [];
  const store = await open(path, { threads: 1, onWarning: ({ message }) => warnings.push(message) });
  try {
    const collections: object[] = [];
    for (const name of store.collections()) {
      const collection = store.collection(name);
      const { points } = await collection.scroll({ with_vector: true });
      const found = await collection.query({ query: [1, 0], limit: 10 });
      const snapshots = (await collection.listSnapshots()).map(({ checksum }) => checksum !== null);
      const { vectors } = collection.info().config.params;
      collections.push({ name, points, found, snapshots: Math.min(snapshots.length, 2), vectors });
      expect(snapshots).not.toContain(false);
    }
    // One that was there although an error was told may have a second one beside it.
    const length = Math.min((await store.listSnapshots()).length, 1);
    // An index that could not be saved is built again.
    expect(warnings.filter((message) => !message.includes('is rebuilt'))).toEqual([]);
    return JSON.stringify({ collections, aliases: store.aliases(), snapshots: length }, undefined, 1);
  } finally {
    await store.close();
  }
}

/** Files that are no part of a store that is closed. */
async function strayFiles(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)));
  const known =
    /^(fletch\.json|aliases\.json|snapshots\/.*\.snapshot(\.checksum)?|collections\/[\w-]{36}\/(collection\.json|data\.mdb|lock\.mdb|index-\d+\.snapshot))$/;
  const lonely = files.filter(
    (file) => file.endsWith('.checksum') && !files.includes(file.slice(0, -'.checksum'.length)),
  );
  return [...files.filter((file) => !known.test(file.replaceAll('\\', '/'))), ...lonely];
}

interface Work {
  /** Done before, without faults. */
  readonly before?: (store: Store) => Promise<unknown>;
  readonly act: (store: Store, path: string) => Promise<unknown>;
  /** Done after `act` was stopped between two steps: what may be seen besides before and after. */
  readonly between?: (store: Store) => Promise<unknown>;
}

const snapshotOfA = async (store: Store) => (await store.collection('a').listSnapshots())[0]?.name ?? '';
const fresh = (point: number) => (store: Store) =>
  store.collection('a').upsert([{ id: point, vector: [point, 1] }]);

const verbs: Record<string, Work> = {
  'creating a collection': { act: (store) => store.createCollection('c', config) },
  'deleting a collection': { act: (store) => store.deleteCollection('b') },
  'deleting a collection with aliases': {
    act: (store) => store.deleteCollection('a'),
    between: (store) => store.updateAliases([{ delete_alias: { alias_name: 'x' } }]),
  },
  'changing aliases': {
    act: (store) => store.updateAliases([{ create_alias: { alias_name: 'y', collection_name: 'b' } }]),
  },
  writing: { act: fresh(9) },
  'adding a vector': {
    act: (store) =>
      store.collection('a').createVectorName('more', { dense: { size: 3, distance: 'Dot' } as never }),
  },
  'removing a vector': {
    before: (store) =>
      store.collection('a').createVectorName('more', { dense: { size: 3, distance: 'Dot' } as never }),
    act: (store) => store.collection('a').deleteVectorName('more'),
  },
  'a snapshot of a collection': { act: (store) => store.collection('a').createSnapshot() },
  'a snapshot of the store': {
    before: (store) => store.deleteCollection('b'),
    act: (store) => store.createSnapshot(),
  },
  'deleting a snapshot': {
    act: async (store) => {
      // Once the file is gone, asking again finds none.
      const name = await snapshotOfA(store);
      if (name !== '') await store.collection('a').deleteSnapshot(name);
    },
  },
  'recovering a collection': {
    before: fresh(9),
    act: async (store) => {
      const path = await store.collection('a').snapshotFile(await snapshotOfA(store));
      await store.recoverSnapshot('a', { path });
    },
  },
  'recovering into a new collection': {
    act: async (store, folder) => {
      // A file that is kept is moved.
      const path = `${folder}.upload`;
      await cp(await store.collection('a').snapshotFile(await snapshotOfA(store)), path);
      await store.recoverSnapshot('d', { path, keepAs: 'kept' });
    },
    between: async (store) => {
      const path = await store.collection('a').snapshotFile(await snapshotOfA(store));
      await store.recoverSnapshot('d', { path });
    },
  },
};

/**
 * Every number of a failing call, until one that is never reached. Whether those after it fail as well alternates, and
 * behind the first ones some are left out; `npm run soak` leaves out none.
 */
async function everyCall(act: (at: number, lasting: boolean) => Promise<boolean>): Promise<number> {
  const all = process.env.FLETCH_FAULTS === 'all';
  for (let at = 1; ; at += all || at < FIRST ? 1 : STRIDE) {
    let reached = false;
    const modes = all ? [false, true] : [((at >> 1) & 1) === 1];
    for (const lasting of modes) reached = (await act(at, lasting)) || reached;
    if (!reached) return at - 1;
  }
}

function expectTold(result: PromiseSettledResult<unknown>, what: string | undefined): void {
  if (result.status === 'rejected' && !isFletchError(result.reason))
    throw new Error(`${what} gave an error without a code`, { cause: result.reason });
}

test.each(Object.entries(verbs))(
  '%s: any call may fail',
  { timeout: 120_000 },
  async (_name, { before, act, between }) => {
    const start = join(home, `start-${runs++}`);
    await cp(template, start, { recursive: true });
    const first = await opened(start);
    await before?.(first);
    await first.close();
    const was = await stateOf(start);

    const allowed = [was];
    if (between) {
      const half = join(home, `half-${runs++}`);
      await cp(start, half, { recursive: true });
      const store = await opened(half);
      await between(store);
      await store.close();
      allowed.push(await stateOf(half));
    }
    const good = join(home, `good-${runs++}`);
    await cp(start, good, { recursive: true });
    const store = await opened(good);
    await act(store, good);
    await store.close();
    const becomes = await stateOf(good);
    allowed.push(becomes);

    const reached = await everyCall(async (at, lasting) => {
      const path = join(home, `run-${runs++}`);
      await cp(start, path, { recursive: true });
      let store = await opened(path);
      const errno = errnos[at % errnos.length]!;
      const { struck, result } = await failing({ at, errno, lasting }, () => act(store, path));
      const what = `call ${at}${lasting ? ' and all after it' : ''} (${struck}, ${errno})`;
      expectTold(result, what);
      if (result.status === 'rejected') {
        // Every second time the store is opened again, otherwise it must go on as it is.
        if (at % 2 === 0) {
          await store.close();
          expect(allowed, what).toContain(await stateOf(path));
          store = await opened(path);
        }
        const again = await Promise.allSettled([act(store, path)]);
        if (again[0].status === 'rejected') {
          // Where not even undoing was possible the store says so, until it is opened again.
          expect(lasting, `${what}, then ${String(again[0].reason)}`).toBe(true);
          expectTold(again[0], what);
          await store.close();
          const state = await stateOf(path);
          store = await opened(path);
          if (state !== becomes) await act(store, path);
        }
      }
      await store.close();
      expect(await stateOf(path), what).toBe(becomes);
      expect(await strayFiles(path), what).toEqual([]);
      await rm(path, { recursive: true });
      return struck !== undefined;
    });
    expect(reached).toBeGreaterThan(0);
  },
);

test('opening a store, and making one: any call may fail', { timeout: 120_000 }, async () => {
  for (const there of [true, false]) {
    const expected = there ? await stateOf(template) : undefined;
    const reached = await everyCall(async (at, lasting) => {
      const path = join(home, `run-${runs++}`);
      if (there) await cp(template, path, { recursive: true });
      const errno = errnos[at % errnos.length]!;
      const warnings: string[] = [];
      const onWarning = ({ message }: { message: string }) => warnings.push(message);
      const { struck, result } = await failing({ at, errno, lasting }, () =>
        open(path, { threads: 1, onWarning }),
      );
      const what = `call ${at}${lasting ? ' and all after it' : ''} (${struck}, ${errno})`;
      expectTold(result, what);
      if (result.status === 'fulfilled') {
        expect(warnings.filter((message) => !message.includes('is rebuilt'))).toEqual([]);
        if (there) expect(await result.value.collection('x').count(), what).toBe(3);
        await result.value.close();
      }
      const store = await opened(path);
      await store.close();
      if (there) expect(await stateOf(path), what).toBe(expected);
      expect(await strayFiles(path), what).toEqual([]);
      await rm(path, { recursive: true });
      return struck !== undefined;
    });
    expect(reached).toBeGreaterThan(10);
  }
});

test('closing a store that was written to: any call may fail', { timeout: 120_000 }, async () => {
  await everyCall(async (at, lasting) => {
    const path = join(home, `run-${runs++}`);
    await cp(template, path, { recursive: true });
    const warnings: string[] = [];
    const store = await open(path, { threads: 1, onWarning: ({ message }) => warnings.push(message) });
    await fresh(9)(store);
    const errno = errnos[at % errnos.length]!;
    const { struck, result } = await failing({ at, errno, lasting }, () => store.close());
    const what = `call ${at}${lasting ? ' and all after it' : ''} (${struck}, ${errno})`;
    expectTold(result, what);
    if (struck !== undefined && result.status === 'fulfilled' && warnings.length === 0)
      throw new Error(`${what} went by without a word`);
    expect(JSON.parse(await stateOf(path)).collections[0].points, what).toHaveLength(4);
    expect(await strayFiles(path), what).toEqual([]);
    await rm(path, { recursive: true });
    return struck !== undefined;
  });
});

test('a backup, and a store made of a snapshot: any call may fail', { timeout: 120_000 }, async () => {
  const path = join(home, `run-${runs++}`);
  await cp(template, path, { recursive: true });
  const store = await opened(path);
  const { name } = await store.createSnapshot();
  const file = await store.snapshotFile(name);
  const works: ((out: string) => Promise<unknown>)[] = [
    (out) => store.backup(out),
    (out) => restore(file, out),
  ];
  for (const work of works) {
    await everyCall(async (at, lasting) => {
      const folder = join(home, `out-${runs++}`);
      const out = join(folder, 'new');
      const errno = errnos[at % errnos.length]!;
      const { struck, result } = await failing({ at, errno, lasting }, () => work(out));
      const what = `call ${at}${lasting ? ' and all after it' : ''} (${struck}, ${errno})`;
      expectTold(result, what);
      if (result.status === 'rejected') {
        const left = await readdir(folder).catch((): string[] => []);
        // A folder that could not be removed then is when it is tried again.
        if (!lasting) expect(left.filter((each) => each.endsWith('.new'))).toEqual([]);
        if (!left.includes('new')) await work(out);
      }
      expect(JSON.parse(await stateOf(out)).collections, what).toHaveLength(2);
      expect((await readdir(folder)).sort(), what).toEqual(['new']);
      await rm(folder, { recursive: true });
      return struck !== undefined;
    });
  }
  await store.close();
});
