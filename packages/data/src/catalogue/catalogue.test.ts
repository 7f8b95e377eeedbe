import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fixture } from '../vectors/testing.case.js';
import { loadWordNetGlosses } from '../wordnet.js';
import { datasets } from './datasets.js';
import { describeDataset, getDataset, listDatasets } from './describe.js';
import { chosen, shortened, viewImages, viewTable } from './samples.js';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'fletch-catalogue-'));
  vi.stubEnv('FLETCH_CACHE', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

test('every data set has a name of its own and says all there is to say', () => {
  expect(new Set(datasets.map(({ name }) => name)).size).toBe(datasets.length);
  for (const { view, own, download, ...facts } of datasets) {
    expect(view).toBeTypeOf('function');
    expect(download > 0).toBe(!own);
    for (const [key, value] of Object.entries(facts)) expect(value, `${facts.name}: ${key}`).toMatch(/\S/);
  }
});

test('the documentation has a row for each, and no other', () => {
  const docs = readFileSync(new URL('../../../../docs/data.md', import.meta.url), 'utf8');
  const names = Array.from(docs.matchAll(/^\| `([a-z0-9-]+)` \|/gm), ([, name]) => name);
  expect(names).toEqual(datasets.map(({ name }) => name));
});

test('listing and describing fetch nothing', async () => {
  const listed = await listDatasets();
  expect(listed).toHaveLength(datasets.length);
  expect(listed.filter(({ state }) => state === 'ready')).toEqual([]);
  expect(await describeDataset('mnist')).toMatchObject({ name: 'mnist', state: 'absent', view: null });
  expect(readdirSync(cache)).toEqual([]);
});

test('one that was got is there, with what was seen', async () => {
  const got = await getDataset('wordnet');
  expect(got).toMatchObject({
    state: 'ready',
    view: { figures: { definitions: (await loadWordNetGlosses()).length } },
  });
  expect(await describeDataset('wordnet')).toEqual(got);
  expect((await listDatasets()).find(({ name }) => name === 'wordnet')!.state).toBe('ready');
});

test('one of the user’s own needs its path, and nothing of it is kept', async () => {
  await expect(getDataset('ann-benchmarks')).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(/name it \(path, --path\)/),
  });
  const { state, view } = await getDataset('ann-benchmarks', { path: fixture('ann.hdf5') });
  expect([state, view!.figures]).toEqual(['own', { format: 'hdf5', count: 7, dimension: 5 }]);
  expect(view!.sample).toMatchObject({ kind: 'vectors', dimension: 5 });
  const folder = join(cache, 'beir');
  mkdirSync(folder);
  writeFileSync(join(folder, 'corpus.jsonl'), '{"_id":"d1","title":"A","text":"b"}\n');
  expect((await getDataset('beir', { path: folder })).view!.sample).toEqual({
    kind: 'texts',
    items: [{ label: 'd1', text: 'A\nb' }],
  });
  expect(readdirSync(cache)).toEqual(['beir']);
});

test('an unknown one', async () => {
  await expect(describeDataset('nothing')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringMatching(/Data sets: mnist, fashion-mnist/),
  });
});

describe('samples', () => {
  test('of images have two of each class', () => {
    const labels = Uint8Array.of(1, 1, 1, 0);
    const images = Uint8Array.of(1, 2, 3, 4);
    const set = { count: 4, channels: 1, rows: 1, columns: 1, images, labels, classes: ['a', 'b'] };
    const { sample, figures } = viewImages({ train: set, test: set });
    const items = [
      ['a', 4],
      ['b', 1],
      ['b', 2],
    ].map(([label, value]) => ({ label, pixels: Buffer.from([value as number]).toString('base64') }));
    expect(sample).toEqual({ kind: 'images', channels: 1, rows: 1, columns: 1, items });
    expect(figures).toEqual({ train: 4, test: 4, classes: 2, pixels: '1 × 1' });
  });

  test('of tables say what is missing', () => {
    const view = viewTable({ rows: 2, columns: { n: Float64Array.of(1, Number.NaN), t: ['', 'x'] } });
    expect(view.sample).toMatchObject({
      columns: [
        { name: 'n', type: 'number', missing: 1 },
        { name: 't', type: 'text', missing: 1 },
      ],
      rows: [
        [1, null],
        [null, 'x'],
      ],
    });
  });

  test('are the same every time; texts are cut between characters', () => {
    expect(chosen(1000)).toEqual(chosen(1000));
    expect(chosen(3)).toEqual([0, 1, 2]);
    expect(shortened(`${'x'.repeat(399)}😀`)).toBe(`${'x'.repeat(399)}…`);
  });
});
