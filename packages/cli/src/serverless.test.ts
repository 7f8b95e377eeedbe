import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rng } from '@fletch/linalg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runHere } from './cli.case.js';
import { condition } from './commands/serverless.js';

const count = 400;
const dimension = 8;
const values = rng(1).fillNormal(new Float32Array(count * dimension));

let folder: string;
const at = (name: string) => join(folder, name);

/** `.fvecs`: each vector behind its dimension. */
function fvecs(rows: Float32Array): Buffer {
  const result = Buffer.alloc((rows.length / dimension) * 4 * (dimension + 1));
  for (let i = 0; i < rows.length / dimension; i++) {
    result.writeInt32LE(dimension, i * 4 * (dimension + 1));
    for (let j = 0; j < dimension; j++)
      result.writeFloatLE(rows[i * dimension + j]!, (i * (dimension + 1) + 1 + j) * 4);
  }
  return result;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-cli-serverless-'));
  await writeFile(at('items.fvecs'), fvecs(values));
  await writeFile(at('queries.fvecs'), fvecs(values.slice(0, 5 * dimension)));
  const lines = Array.from({ length: count }, (_, i) => `${i % 100},item ${i},${2000 + (i % 25)}`);
  await writeFile(at('items.csv'), `price,name,year\n${lines.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

const push = (...more: string[]) =>
  runHere(['serverless', 'push', at('items.fvecs'), '--to', at('index'), ...more]);

describe('fletch serverless', () => {
  test('push, query, cost, over a folder', async () => {
    const pushed = await push('--attributes', at('items.csv'), '--partitions', '3');
    expect(pushed.stderr).not.toContain('Error');
    expect(pushed.code).toBe(0);
    expect(pushed.stdout).toContain('Pushed 400 vectors in 3 partitions');
    expect(pushed.stdout).toContain('Attributes: price, year.');
    expect(await readdir(at('index'))).toContain('manifest.json');

    const asked = await runHere([
      ...['serverless', 'query', at('queries.fvecs'), '--from', at('index'), '-k', '3', '--json'],
      ...['--where', 'price<50', '--where', 'year=2001..2010'],
    ]);
    expect(asked.code).toBe(0);
    const { results, usage } = JSON.parse(asked.stdout);
    expect(results).toHaveLength(5);
    for (const { ids, matched, partial } of results) {
      expect(ids).toHaveLength(3);
      for (const id of ids) {
        expect(id % 100).toBeLessThan(50);
        expect(id % 25).toBeGreaterThan(1);
        expect(id % 25).toBeLessThanOrEqual(10);
      }
      expect(matched).toBe(72);
      expect(partial).toBe(false);
    }
    expect(usage.cold).toBeGreaterThan(0);

    const plain = await runHere([
      'serverless',
      'query',
      at('queries.fvecs'),
      '--from',
      at('index'),
      '--limit',
      '2',
    ]);
    expect(plain.stdout).toMatch(/^query +match +partitions/m);
    expect(plain.stdout).toContain('0 (0.00)');
    expect(plain.stdout).toContain('2 queries');

    const cost = await runHere([
      ...['serverless', 'cost', at('queries.fvecs'), '--from', at('index'), '--server', '0.34'],
    ]);
    expect(cost.code).toBe(0);
    expect(cost.stdout).toContain('Dollars for a million queries');
    expect(cost.stdout).toMatch(/^again +\d+ of \d+/m);
    expect(cost.stdout).toContain('A server at $0.34 an hour');
  });

  test('a partition that is gone: answers come, and what they lack is said', async () => {
    await push('--partitions', '3');
    const { tag } = JSON.parse((await push('--partitions', '3', '--json')).stdout);
    await rm(at(`index/${tag}/partition-0`), { recursive: true });
    const { code, stderr, stdout } = await runHere([
      ...['serverless', 'query', at('queries.fvecs'), '--from', at('index'), '--centroid-factor', '100'],
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('5 answers of 5 may lack hits');
    expect(stderr).toContain('processor-0: There is no');
    expect(stdout).toContain('5 queries');
  });

  test.each([
    [['push', 'missing.npy', '--to', 'x'], 'missing.npy'],
    [['query', 'items.csv', '--from', 'x'], 'items.csv'],
    [['query', 'queries.fvecs', '--from', 'nowhere'], 'No query was answered'],
  ])('%j is refused', async (args, message) => {
    const [verb, file, ...rest] = args as [string, string, ...string[]];
    const { code, stderr } = await runHere(['serverless', verb, at(file), rest[0]!, at(rest[1]!)]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });

  test('tables that do not fit', async () => {
    await writeFile(at('short.csv'), 'price\n1\n2\n');
    expect((await push('--attributes', at('short.csv'))).stderr).toContain('has 2 rows for 400 vectors');
    const holes = Array.from({ length: count }, (_, i) => `${i},${i === 7 ? '' : i}`);
    await writeFile(at('holes.csv'), `id,price\n${holes.join('\n')}\n`);
    expect((await push('--attributes', at('holes.csv'))).stderr).toContain('"price" is missing in row 7');
  });
});

test('the commands of the page that need no cloud work as they stand there', async () => {
  const page = await readFile(new URL('../../../docs/serverless.md', import.meta.url), 'utf8');
  const [, block] = /```sh\n([\s\S]*?)```/.exec(page)!;
  const [, script, commands] = /^node -e "\n([\s\S]*?)\n"\n([\s\S]*)$/.exec(block!)!;
  const workplace = await mkdtemp(join(tmpdir(), 'fletch-page-'));
  const home = process.cwd();
  try {
    await promisify(execFile)(process.execPath, ['-e', script!], { cwd: workplace });
    process.chdir(workplace);
    for (const line of commands!.trim().split('\n')) {
      const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
      const { code, stderr, stdout } = await runHere(words.slice(1));
      expect({ code, stderr }, line).toMatchObject({
        code: 0,
        stderr: expect.not.stringContaining('lack hits'),
      });
      expect(stdout).toMatch(/Pushed 2,000 vectors|20 queries|A server at/);
    }
  } finally {
    process.chdir(home);
    await rm(workplace, { recursive: true });
  }
});

test('conditions', () => {
  expect(condition('price<20')).toEqual([{ attr: 'price', op: '<', a: 20 }]);
  expect(condition('a b >= -1.5e3', condition('x=2'))).toEqual([
    { attr: 'x', op: '=', a: 2 },
    { attr: 'a b', op: '>=', a: -1500 },
  ]);
  expect(condition('price=10..20')).toEqual([{ attr: 'price', op: 'between', a: 10, b: 20 }]);
  for (const bad of ['price', 'price<', '<3', 'price<1..2', 'price=a', 'price=1..b'])
    expect(() => condition(bad)).toThrow('Write a condition like');
});
