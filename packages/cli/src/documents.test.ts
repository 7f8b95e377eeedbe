import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, startCli } from './cli.case.js';

let folder = '';
let store = '';

const pets = [
  { text: 'A small furry animal that purrs and hunts mice', kind: 'cat', legs: 4 },
  { text: 'A loyal companion that barks at strangers', kind: 'dog', legs: 4 },
  { text: 'It swims silently in a glass bowl', kind: 'fish', legs: 0 },
  { text: 'A colourful bird that repeats what you say', kind: 'parrot', legs: 2 },
];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fletch-cli-'));
  store = join(folder, 'store');
  writeFileSync(join(folder, 'pets.jsonl'), pets.map((pet) => JSON.stringify(pet)).join('\n'));
  mkdirSync(join(folder, 'notes/deep'), { recursive: true });
  writeFileSync(join(folder, 'notes/a.txt'), 'First paragraph.\n\nSecond paragraph.\n');
  writeFileSync(join(folder, 'notes/deep/b.md'), '# Title\n\nSome words.\n');
  writeFileSync(join(folder, 'notes/.hidden.txt'), 'Not this one.\n');
  writeFileSync(join(folder, 'notes/picture.png'), 'nor this one');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cli = (...args: string[]) => runCli([...args, '--store', store]);

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await cli(...args, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

describe('a collection of documents, from its making to its end', () => {
  test('is indexed, with JSON alone on stdout', async () => {
    const outcome = await json('index', join(folder, 'pets.jsonl'), '--collection', 'pets');
    expect(outcome).toMatchObject({ collection: 'pets', encoder: 'use', documents: 4, added: 4, skipped: 0 });
  });

  test('is left alone when it is indexed again', async () => {
    const { code, stdout } = await cli('index', join(folder, 'pets.jsonl'), '--collection', 'pets');
    expect(stdout).toMatch(
      /^Indexed 0 documents of 1 file in .*, 4 documents unchanged\.\n"pets" holds 4 points\.\n/,
    );
    expect(code).toBe(0);
  });

  test('is searched by meaning', async () => {
    const { hits } = await json<{ hits: { payload: { kind: string } }[] }>(
      'search',
      'kitten',
      '--limit',
      '2',
    );
    expect(hits.map(({ payload }) => payload.kind)[0]).toBe('cat');
    expect(hits).toHaveLength(2);
    const { stdout } = await cli('search', 'a guard dog', '--limit', '1');
    expect(stdout).toMatch(
      /^score +about +text\n0\.\d{3} +dog · 4 · \S*pets\.jsonl:2 +A loyal companion that barks at strangers\n$/,
    );
  });

  test('is filtered', async () => {
    const filter = JSON.stringify({ must: [{ key: 'legs', range: { lt: 3 } }] });
    const { hits } = await json<{ hits: { payload: { kind: string } }[] }>('search', 'kitten', '-f', filter);
    expect(hits.map(({ payload }) => payload.kind).sort()).toEqual(['fish', 'parrot']);
  });

  test('a bad filter is wrong usage', async () => {
    const filter = JSON.stringify({ must: [{ key: 'legs', range: { below: 3 } }] });
    const { code, stdout, stderr } = await cli('search', 'kitten', '-f', filter);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Error: .*must/);
  });

  test('is measured', async () => {
    type Bench = { points: number; rows: { ef: number | null; recall: number; qps: number }[] };
    const { points, rows } = await json<Bench>('bench', 'search', '--ef', '8,16', '--limit', '2');
    expect(points).toBe(4);
    expect(rows.map(({ ef }) => ef)).toEqual([null, 8, 16]);
    for (const row of rows) expect(row).toMatchObject({ recall: 1, qps: expect.any(Number) });
    expect((await cli('bench', 'search', '--ef', '8')).stdout).toMatch(
      /ef +recall@10 +queries\/s +p50 ms +p99 ms/,
    );
  });

  test('is listed and shown', async () => {
    const { collections } = await json<{ collections: object[] }>('collections', 'list');
    expect(collections).toMatchObject([{ name: 'pets', points: 4, vectors: '512 Cosine', encoder: 'use' }]);
    expect(await json('collections', 'info', 'pets')).toMatchObject({ name: 'pets', points_count: 4 });
    expect((await cli('collections', 'info', 'pets')).stdout).toMatch(/points +4\n/);
  });

  test('folders are walked for what can be read', async () => {
    const outcome = await json('index', join(folder, 'notes'), '-c', 'notes');
    expect(outcome).toMatchObject({ files: 2, documents: 3, added: 3 });
  });

  test('with several collections one must be chosen', async () => {
    const { code, stderr } = await cli('search', 'kitten');
    expect(stderr).toMatch(/several collections.*--collection: "notes", "pets"|"pets", "notes"/);
    expect(code).toBe(1);
    expect((await cli('search', 'kitten', '-c', 'cats')).stderr).toMatch(/no collection "cats"/);
  });

  test('is deleted only when that is meant', async () => {
    const asked = await cli('collections', 'delete', 'notes');
    expect(asked.stderr).toContain('--yes');
    expect(asked.code).toBe(2);
    expect(await json('collections', 'delete', 'notes', '--yes')).toEqual({ deleted: 'notes' });
    expect((await cli('collections', 'delete', 'notes', '--yes')).code).toBe(1);
  });

  test('an empty one is made for vectors', async () => {
    await json('collections', 'create', 'images', '--size', '3', '--distance', 'Dot');
    expect((await cli('collections', 'create', 'images', '--size', '3')).stderr).toMatch(/images/);
    const { code, stderr } = await cli('index', join(folder, 'pets.jsonl'), '-c', 'images');
    expect(stderr).toMatch(/512.*3|3.*512/);
    expect(code).toBe(1);
  });
});

describe('a file that cannot be read is named, and nothing of the run is written', () => {
  test.each([
    ['rows.csv', Buffer.from('text,kind\nfine,a\n"broken,b\n'), /rows\.csv/, /[Ll]ine [23]/],
    ['latin1.txt', Buffer.from('caf\xe9\n', 'latin1'), /latin1\.txt is not UTF-8/, /byte 3/],
    ['objects.jsonl', Buffer.from('{"text":"a"}\n{"text":\n'), /objects\.jsonl/, /[Ll]ine 2/],
    ['titles.jsonl', Buffer.from('{"title":"a"}\n'), /titles\.jsonl/, /no text field "text"/],
  ])('%s', async (name, content, file, place) => {
    writeFileSync(join(folder, name), content);
    const { code, stdout, stderr } = await cli(
      'index',
      join(folder, 'pets.jsonl'),
      join(folder, name),
      '-c',
      'bad',
    );
    expect(stderr).toMatch(file);
    expect(stderr).toMatch(place);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect((await cli('collections', 'info', 'bad')).code).toBe(1);
  });
});

test('an interrupted run stops cleanly and is resumed', async () => {
  const words = [
    'river',
    'stone',
    'engine',
    'sorrow',
    'market',
    'garden',
    'letter',
    'winter',
    'battle',
    'music',
  ];
  const rows = Array.from({ length: 4000 }, (_, i) => ({
    text: `${words[i % 10]} and ${words[Math.floor(i / 10) % 10]} number ${i}, again and again, in many words`,
  }));
  const file = join(folder, 'many.jsonl');
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  const args = ['index', file, '-c', 'many', '--batch-size', '64', '--store', store, '--json'];

  const running = startCli(args);
  await running.printed('stderr', /indexing: /);
  running.child.kill('SIGINT');
  const stopped = await running.finished;
  expect(stopped).toMatchObject({ code: 130, stdout: '' });
  expect(stopped.stderr).toMatch(/Stopped\.\n$/);
  const files = readdirSync(store, { recursive: true }).map(String);
  expect(files.filter((name) => /\.tmp$/.test(name))).toEqual([]);

  const { code, stdout } = await runCli(args);
  expect(code).toBe(0);
  const { added, skipped, points } = JSON.parse(stdout);
  expect(skipped).toBeGreaterThanOrEqual(64);
  expect(added).toBeGreaterThan(0);
  expect({ total: added + skipped, points }).toEqual({ total: 4000, points: 4000 });
}, 60_000);
