import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runHere } from './cli.case.js';
import { bytes } from './output/format.js';
import { drawGallery, drawPixels } from './output/pixels.js';

const inProcess = (...args: string[]) => runHere(args);

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'fletch-data-cli-'));
  vi.stubEnv('FLETCH_CACHE', cache);
  mkdirSync(join(cache, 'datasets'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

const keep = (name: string, sample: object) =>
  writeFileSync(
    join(cache, 'datasets', `${name}.view-1.json`),
    JSON.stringify({ figures: { things: 7 }, sample }),
  );

describe('fletch data', () => {
  test('list', async () => {
    const { code, stdout } = await inProcess('data', 'list', '--json');
    const entries = JSON.parse(stdout) as { name: string; state: string; license: string }[];
    expect(code).toBe(0);
    expect(entries[0]).toMatchObject({ name: 'mnist', kind: 'images', state: 'absent', own: false });
    const lines = (await inProcess('data', 'ls')).stdout.trim().split('\n');
    expect(lines).toHaveLength(entries.length + 1);
    expect(lines[1]).toMatch(/^mnist +images +11\.5 MB +70,000 images/);
  });

  test('get makes it ready, describe shows it without fetching', async () => {
    const got = await inProcess('data', 'get', 'wordnet', '--json');
    expect(got.code).toBe(0);
    expect(JSON.parse(got.stdout)).toMatchObject({
      state: 'ready',
      view: { figures: { definitions: 117_791 } },
    });
    const { stdout } = await inProcess('data', 'describe', 'wordnet');
    expect(stdout).toMatch(/licence +WordNet 3\.0 license/);
    expect(stdout).toMatch(/definitions +117791/);
    expect((await inProcess('data', 'describe', 'mnist')).stdout).toMatch(
      /not there yet: fletch data get mnist/,
    );
    expect((await inProcess('data', 'describe', 'movielens')).stdout).toMatch(/movielens --path <folder>/);
  });

  test('get --to writes tables only', async () => {
    const { code, stderr } = await inProcess('data', 'get', 'mnist', '--to', 'mnist.csv');
    expect(code).toBe(2);
    expect(stderr).toMatch(/"mnist" is none: .*soup/);
  });

  test('a folder of one’s own', async () => {
    const path = join(cache, 'ml');
    mkdirSync(path);
    writeFileSync(join(path, 'u.data'), '1\t2\t3\t4\n');
    const { code, stdout } = await inProcess('data', 'describe', 'movielens', '--path', path);
    expect(code).toBe(0);
    expect(stdout).toMatch(/user +item +rating +time\n1 +2 +3 +4/);
    const without = await inProcess('data', 'get', 'movielens');
    expect(without.code).not.toBe(0);
    expect(without.stderr).toMatch(/--path/);
  });

  test.each([
    [
      {
        kind: 'images',
        channels: 1,
        rows: 4,
        columns: 2,
        items: [{ label: 'one', pixels: Buffer.alloc(8, 255).toString('base64') }],
      },
      '⣿\no',
    ],
    [
      {
        kind: 'table',
        columns: [
          { name: 'a', type: 'number', missing: 1 },
          { name: 'b', type: 'text', missing: 0 },
        ],
        rows: [
          [1.5, 'x'],
          [null, 'y'],
        ],
      },
      '  a  b\n1.5  x\n     y',
    ],
    [{ kind: 'texts', items: [{ label: 'a word', text: 'what\nit means' }] }, 'a word\n  what it means'],
    [
      { kind: 'vectors', dimension: 100, items: [{ label: 'joy', values: [0.25, -1] }] },
      '     100 dimensions\njoy  0.250 -1.000 …',
    ],
  ])('shows samples: %j', async (sample, expected) => {
    keep('mnist', sample);
    const { stdout } = await inProcess('data', 'describe', 'mnist');
    expect(stdout).toContain(`things   7\n\n${expected}\n`);
  });

  test('an unknown name', async () => {
    const { code, stderr } = await inProcess('data', 'describe', 'nothing');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/no data set "nothing". Data sets: mnist/);
  });
});

test('pictures are dots: none where it is black, all where it is white, some between', () => {
  const draw = (value: number, channels = 1) =>
    drawPixels({ channels, rows: 8, columns: 3, bytes: new Uint8Array(24 * channels).fill(value) });
  expect(draw(0)).toEqual(['⠀⠀', '⠀⠀']);
  expect(draw(255, 3)).toEqual(['⣿⡇', '⣿⡇']);
  const dots = draw(128)
    .join('')
    .split('')
    .reduce((sum, one) => sum + one.codePointAt(0)!.toString(2).split('1').length - 1, 0);
  expect(dots).toBeGreaterThan(8);
  const picture = {
    label: 'a long label',
    pixels: { channels: 1, rows: 4, columns: 4, bytes: new Uint8Array(16) },
  };
  expect(drawGallery([picture, picture, picture], 8)).toBe('⠀⠀  ⠀⠀\na   a\n\n⠀⠀\na');
  expect(drawGallery([], 80)).toBe('');
});

test('sizes', () => {
  expect([0, 999, 1500, 11_500_000, 117_900_000, 2e15].map(bytes)).toEqual([
    ...['0 B', '999 B', '1.5 kB', '11.5 MB', '118 MB', '2000 TB'],
  ]);
});
