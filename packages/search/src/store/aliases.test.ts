import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AliasAction } from '../types/index.js';
import { open } from './open.js';
import type { Store, StoreWarning } from './types.js';

const config = { vectors: { size: 2, distance: 'Dot' as const } };
const stores: Store[] = [];
const warnings: StoreWarning[] = [];
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-aliases-'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  warnings.length = 0;
  await rm(home, { recursive: true, force: true });
});

async function opened(): Promise<Store> {
  const store = await open(join(home, 'store'), { threads: 1, onWarning: (each) => warnings.push(each) });
  stores.push(store);
  return store;
}

const create = (alias_name: string, collection_name: string): AliasAction => ({
  create_alias: { alias_name, collection_name },
});
const coded = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

async function withCollections(): Promise<Store> {
  const store = await opened();
  for (const name of ['a', 'b']) await store.createCollection(name, config);
  return store;
}

describe('aliases', () => {
  test('name collections, in all that is asked by name, also after reopening', async () => {
    const store = await withCollections();
    await store.updateAliases([create('x', 'a'), create('y', 'a'), create('z', 'b')]);
    expect(store.collection('x')).toBe(store.collection('a'));
    expect(store.hasCollection('z')).toBe(true);
    expect(store.collections()).toEqual(['a', 'b']);
    expect(store.collectionAliases('a').map(({ alias_name }) => alias_name)).toEqual(['x', 'y']);
    await store.collection('x').upsert([{ id: 1, vector: [1, 2] }]);
    await store.close();
    const again = await opened();
    expect(await again.collection('a').count()).toBe(1);
    expect(again.aliases()).toEqual([
      { alias_name: 'x', collection_name: 'a' },
      { alias_name: 'y', collection_name: 'a' },
      { alias_name: 'z', collection_name: 'b' },
    ]);
  });

  test('are switched, renamed and deleted in one step', async () => {
    const store = await withCollections();
    await store.updateAliases([create('live', 'a')]);
    await store.updateAliases([{ delete_alias: { alias_name: 'live' } }, create('live', 'b')]);
    expect(store.collection('live').name).toBe('b');
    await store.updateAliases([create('live', 'a')]);
    expect(store.collection('live').name).toBe('a');
    await store.updateAliases([{ rename_alias: { old_alias_name: 'live', new_alias_name: 'old' } }]);
    expect(store.aliases()).toEqual([{ alias_name: 'old', collection_name: 'a' }]);
    await store.updateAliases([{ delete_alias: { alias_name: 'never there' } }]);
  });

  test.each<[AliasAction[], string, string]>([
    [[create('x', 'b'), create('y', 'c')], 'NOT_FOUND', "Collection `c` doesn't exist!"],
    [[create('x', 'b'), create('a', 'b')], 'ALREADY_EXISTS', 'Collection `a` already exists!'],
    [
      [create('x', 'b'), { rename_alias: { old_alias_name: 'q', new_alias_name: 'r' } }],
      'NOT_FOUND',
      'Alias q does not exists!',
    ],
    [
      [create('x', 'b'), { rename_alias: { old_alias_name: 'x', new_alias_name: 'a' } }],
      'ALREADY_EXISTS',
      'a',
    ],
    [[create('x', 'b'), create('a/b', 'b')], 'INVALID_ARGUMENT', 'a/b'],
    [[create('x', 'b'), {} as never], 'INVALID_ARGUMENT', 'actions[1]: expected create_alias'],
    [[create('x', 'b'), { delete_alias: {} } as never], 'INVALID_ARGUMENT', 'actions[1].delete_alias'],
    ['no' as never, 'INVALID_ARGUMENT', 'list of actions'],
  ])('change all together or not at all: %j', async (actions, code, message) => {
    const store = await withCollections();
    await store.updateAliases([create('x', 'a')]);
    await expect(store.updateAliases(actions)).rejects.toThrow(coded(code, message));
    expect(store.aliases()).toEqual([{ alias_name: 'x', collection_name: 'a' }]);
  });

  test('keep collections from being called like them, and go with their collection', async () => {
    const store = await withCollections();
    await store.updateAliases([create('x', 'a'), create('y', 'b'), create('__proto__', 'a')]);
    await expect(store.createCollection('x', config)).rejects.toThrow(
      coded(
        'INVALID_ARGUMENT',
        "Can't create collection with name x. Alias with the same name already exists",
      ),
    );
    expect(store.collection('__proto__').name).toBe('a');
    expect(await store.deleteCollection('x')).toBe(false);
    await store.deleteCollection('a');
    expect(store.aliases()).toEqual([{ alias_name: 'y', collection_name: 'b' }]);
    await store.createCollection('x', config);
  });

  test('whose file is damaged are refused, while collections work by their names', async () => {
    const store = await withCollections();
    await store.updateAliases([create('x', 'a')]);
    await store.close();
    const path = join(store.path, 'aliases.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"x"', '"w"'));
    const again = await opened();
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('aliases.json')]);
    const damaged = coded('CORRUPT', 'aliases.json is damaged');
    expect(() => again.aliases()).toThrow(damaged);
    expect(() => again.collection('w')).toThrow(damaged);
    await expect(again.updateAliases([create('v', 'a')])).rejects.toThrow(damaged);
    expect(again.collection('a').name).toBe('a');
    await again.createCollection('c', config);
  });
});

describe('kill -9', () => {
  /** Runs a script on the store in a process of its own, which may be killed by a crash point. */
  function run(script: string, crashPoint: string): Promise<{ code: number | null; text: string }> {
    const program = `import('@fletch/search').then(async ({ open }) => {
      const store = await open(${JSON.stringify(join(home, 'store'))}, { threads: 1 });
      ${script}
      await store.close();
    })`;
    const child: ChildProcess = spawn(process.execPath, ['-e', program], {
      cwd: import.meta.dirname,
      env: { ...process.env, FLETCH_CRASH_POINT: crashPoint },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout!.on('data', (data: Buffer) => {
      text += data.toString();
    });
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
  }

  test('during changes leaves what was before or what came after', async () => {
    const store = await withCollections();
    await store.updateAliases([create('x', 'a'), create('y', 'a')]);
    await store.close();
    let seen = 0;
    for (let delay = 0; delay < 6; delay++) {
      const { text } = await run(
        `setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${20 + delay * 15});
         for (let i = 0; ; i++) {
           const collection_name = i % 2 ? 'a' : 'b';
           await store.updateAliases(['x', 'y'].map((alias_name) => ({ create_alias: { alias_name, collection_name } })));
           require('node:fs').writeSync(1, collection_name);
         }`,
        '',
      );
      const again = await open(join(home, 'store'), { threads: 1 });
      const targets = again.aliases().map(({ collection_name }) => collection_name);
      expect(['a a', 'b b']).toContain(targets.join(' '));
      // The last one that was acknowledged, or the one that was under way.
      if (text.length > 0) seen++;
      await again.close();
    }
    expect(seen).toBeGreaterThan(0);
  });

  test('between the aliases of a deleted collection and its files leaves no alias that leads nowhere', async () => {
    const store = await withCollections();
    await store.updateAliases([create('x', 'a'), create('y', 'b')]);
    await store.close();
    expect((await run(`await store.deleteCollection('a');`, 'delete-after-aliases')).code).toBeNull();
    const again = await opened();
    expect(again.collections()).toEqual(['a', 'b']);
    expect(again.aliases()).toEqual([{ alias_name: 'y', collection_name: 'b' }]);
  });
});
