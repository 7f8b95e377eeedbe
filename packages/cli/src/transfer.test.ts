import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, runHere, startCli } from './cli.case.js';

let folder = '';
let store = '';

const rows = Array.from({ length: 20 }, (_, i) => ({
  sku: i === 3 ? 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' : i === 4 ? 'item-4' : i,
  embedding: [i + 1, (i * 7) % 5, -i / 3],
  name: `item ${i}`,
  price: i / 4,
}));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fletch-transfer-'));
  store = join(folder, 'store');
  writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const cli = (...args: string[]) => runHere([...args, '--store', store]);

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await cli(...args, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

/** The points of a collection as lines, in the order of their ids. */
async function pointsOf(collection: string, ...args: string[]): Promise<{ id: unknown; payload: unknown }[]> {
  const path = at(`${collection}-points.jsonl`);
  await json('export', collection, '--to', path, '--force', ...args);
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A `.fbin` of `count` vectors of two dimensions. */
function fbin(name: string, count: number, value = (i: number) => i + 1): string {
  const bytes = new DataView(new ArrayBuffer(8 + 8 * count));
  bytes.setUint32(0, count, true);
  bytes.setUint32(4, 2, true);
  for (let i = 0; i < count; i++) {
    bytes.setFloat32(8 + 8 * i, value(i), true);
    bytes.setFloat32(12 + 8 * i, 1, true);
  }
  writeFileSync(at(name), bytes);
  return at(name);
}

describe('a collection that moves', () => {
  test('comes in from a file, with JSON alone on stdout', async () => {
    const outcome = await json(
      'import',
      at('rows.jsonl'),
      '-c',
      'items',
      '--id-field',
      'sku',
      '--distance',
      'Euclid',
    );
    expect(outcome).toMatchObject({
      collection: 'items',
      rows: 20,
      imported: 20,
      skipped: 0,
      resumed: 0,
      points: 20,
    });
  });

  test('keeps ids that can be kept, and the others in the payload', async () => {
    const points = await pointsOf('items');
    expect(points).toHaveLength(20);
    expect(points[0]).toEqual({ id: 0, vector: [1, 0, 0], payload: { name: 'item 0', price: 0 } });
    expect(points.find(({ id }) => id === 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')).toBeDefined();
    const named = points.find(({ payload }) => (payload as { _source_id?: string })._source_id === 'item-4');
    expect(named?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
  });

  test('leaves no trace of the import behind', async () => {
    expect((await cli('collections', 'info', 'items', '--json')).stdout).not.toContain('fletch_import');
  });

  test.each(['npy', 'fvecs', 'fbin', 'parquet', 'jsonl'])(
    'goes out as .%s and comes in again the same',
    async (ending) => {
      const path = at(`out-${ending}.${ending}`);
      const out = await json<{ exported: number; files: string[] }>('export', 'items', '--to', path);
      expect(out.exported).toBe(20);
      for (const file of out.files) expect(existsSync(file)).toBe(true);
      await json('import', path, '-c', `again-${ending}`, '--distance', 'Euclid');
      expect(await pointsOf(`again-${ending}`)).toEqual(await pointsOf('items'));
    },
  );

  test('goes out in part', async () => {
    const filter = JSON.stringify({ must: [{ key: 'price', range: { lt: 1 } }] });
    expect((await pointsOf('items', '-f', filter)).map(({ id }) => id).slice(0, 3)).toEqual([0, 1, 2]);
    expect(await pointsOf('items', '-f', filter)).toHaveLength(4);
  });

  test('replaces a file only by force', async () => {
    const { code, stdout, stderr } = await cli('export', 'items', '--to', at('out-npy.npy'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/out-npy\.npy is there already: --force replaces it/);
    expect((await cli('export', 'items', '--to', at('out-npy.npy'), '--force')).code).toBe(0);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('says what there is when it is not there', async () => {
    const { code, stderr } = await cli('export', 'itms', '--to', at('x.npy'));
    expect(stderr).toMatch(/no collection "itms"\. There are: .*"items"/);
    expect(code).toBe(1);
    expect((await cli('export', 'items', '--to', at('x.docx'))).stderr).toMatch(/unknown ending "\.docx"/);
    expect((await cli('export', 'items', '--to', at('x.npy'), '--vector', 'title')).stderr).toMatch(
      /no vector "title"/,
    );
    expect((await cli('export', 'items', '--to', at('corpus'))).stderr).toMatch(
      /None of 20 points has a text in "text"/,
    );
    expect(existsSync(at('corpus/corpus.jsonl'))).toBe(false);
  });
});

describe('what is there already', () => {
  test('is not written over unasked', async () => {
    const path = fbin('small.fbin', 5);
    await json('import', path, '-c', 'small');
    const { code, stderr } = await cli('import', path, '-c', 'small');
    expect(stderr).toMatch(/"small" has points already: choose another --collection, or --append/);
    expect(code).toBe(1);
    expect(await json('import', path, '-c', 'small', '--append')).toMatchObject({ points: 5 });
    expect(await json('import', path, '-c', 'small', '--append', '--first-id', '100')).toMatchObject({
      points: 10,
    });
  });

  test('must have vectors of the same length', async () => {
    const { code, stderr } = await cli('import', at('rows.jsonl'), '-c', 'small', '--append');
    expect(stderr).toMatch(/rows\.jsonl have 3 dimensions, those of "small" have 2/);
    expect(code).toBe(1);
  });

  test('several files are one after the other', async () => {
    const files = [fbin('a.fbin', 3), fbin('b.fbin', 4)];
    expect(await json('import', ...files, '-c', 'both', '--batch', '2')).toMatchObject({
      rows: 7,
      points: 7,
    });
    expect((await pointsOf('both')).map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('a named vector is filled', async () => {
    await json('import', at('small.fbin'), '-c', 'named', '--vector', 'title', '--distance', 'Dot');
    expect(await pointsOf('named')).toMatchObject([{ id: 0, vector: { title: [1, 1] } }, {}, {}, {}, {}]);
    await json('export', 'named', '--to', at('title.fvecs'));
    expect(readFileSync(at('title.fvecs'))).toHaveLength(5 * 12);
  });
});

describe('a row that cannot be', () => {
  test.each([
    ['NaN', Number.NaN, /Row 7 of .*bad\.fbin: component 0 is NaN\. --skip-bad leaves/],
    ['infinite', Number.NEGATIVE_INFINITY, /Row 7 of .*component 0 is -Infinity/],
  ])('%s is named, or left out when that is asked for', async (name, value, message) => {
    const path = fbin('bad.fbin', 10, (i) => (i === 7 ? value : i + 1));
    const { code, stdout, stderr } = await cli('import', path, '-c', `bad-${name}`, '--batch', '4');
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const outcome = await json('import', path, '-c', `bad-${name}`, '--batch', '4', '--resume', '--skip-bad');
    expect(outcome).toMatchObject({ rows: 10, skipped: 1, resumed: 4, points: 9 });
  });

  test('a file that cannot be read leaves no collection', async () => {
    writeFileSync(at('cut.fbin'), readFileSync(at('small.fbin')).subarray(0, 20));
    expect((await cli('import', at('cut.fbin'), '-c', 'cut')).stderr).toMatch(
      /cut\.fbin: its header promises 5 rows/,
    );
    expect((await cli('collections', 'info', 'cut')).code).toBe(1);
  });
});

test('a part is imported, and the rest later', async () => {
  const path = fbin('part.fbin', 50);
  expect(await json('import', path, '-c', 'part', '--limit', '17', '--batch', '5')).toMatchObject({
    rows: 17,
    points: 17,
  });
  const refused = await cli('import', path, '-c', 'part');
  expect(refused.stderr).toMatch(/stopped after 15 rows: --resume goes on/);
  expect(await json('import', path, '-c', 'part', '--resume', '--batch', '5')).toMatchObject({
    rows: 50,
    resumed: 15,
    imported: 35,
    points: 50,
  });
});

test.each(['SIGINT', 'SIGKILL'] as const)(
  'an import that %s ended is resumed, without duplicates',
  async (signal) => {
    const count = 60_000;
    const path = fbin(`${signal}.fbin`, count);
    const args = ['import', path, '-c', signal, '--batch', '32', '--store', store, '--json'];
    const running = startCli(args);
    await running.printed('stderr', /importing: /);
    running.child.kill(signal);
    const stopped = await running.finished;
    if (signal === 'SIGINT') {
      expect(stopped).toMatchObject({ code: 130, stdout: '' });
      expect(stopped.stderr).toMatch(/Stopped\.\n$/);
    }
    expect((await cli('import', path, '-c', signal)).stderr).toMatch(
      /stopped after \d+ rows: --resume goes on/,
    );
    const { code, stdout, stderr } = await runCli([...args, '--resume', '--batch', '5000']);
    expect(code, stderr).toBe(0);
    const { resumed, imported, points } = JSON.parse(stdout);
    // One that is killed at once begins anew; one that is asked to stop says how far it came.
    expect(resumed).toBeGreaterThanOrEqual(signal === 'SIGINT' ? 1 : 0);
    expect({ total: resumed + imported, points }).toEqual({ total: count, points: count });
  },
  120_000,
);

test('texts of a BEIR folder are encoded, and go out again', async () => {
  mkdirSync(at('beir'));
  const documents = [
    { _id: 'cat', title: 'Cats', text: 'They purr and hunt mice', metadata: { legs: 4 } },
    { _id: '7', title: '', text: 'A loyal companion that barks at strangers' },
  ];
  writeFileSync(at('beir/corpus.jsonl'), documents.map((each) => `${JSON.stringify(each)}\n`).join(''));
  await json('import', at('beir'), '-c', 'beir');
  const { hits } = await json<{ hits: object[] }>('search', 'kitten', '-c', 'beir', '--limit', '1');
  expect(hits).toMatchObject([{ payload: { title: 'Cats', legs: 4, _source_id: 'cat' } }]);
  await json('export', 'beir', '--to', at('beir-out/'));
  const lines = readFileSync(at('beir-out/corpus.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ _id }) => _id).sort()).toEqual(['7', 'cat']);
  expect(lines.find(({ _id }) => _id === 'cat')).toEqual(documents[0]);
}, 60_000);
