import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalogue, experimentOf, systemFacts } from './catalogue.js';
import { joinRows, judge } from './claims.js';
import { type ClaimSpec, defineExperiment, type Trial } from './experiment.js';
import { openJournal } from './journal.js';
import { drawPanels } from './plot.js';
import { rowTable, writeReport } from './report.js';
import { outdated, plainResult, readResult, type StoredResult, storedIds, storeResult } from './result.js';
import { runExperiment } from './run.js';
import { systems } from './systems.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-lab-'));
  process.env.FLETCH_CACHE = join(folder, 'cache');
});
afterEach(async () => {
  delete process.env.FLETCH_CACHE;
  await rm(folder, { recursive: true });
});

const claim = (change: Partial<ClaimSpec> = {}): ClaimSpec => ({
  id: 'a',
  text: 'x is large',
  metric: 'x',
  relation: '>=',
  threshold: 2,
  ...change,
});
const trials = (...values: number[]): Trial[] => values.map((x) => ({ metrics: { x }, rows: [] }));

describe('the catalogue', () => {
  test('has 51 systems, numbered in order, each id once', () => {
    expect(systems.map(({ number }) => number)).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
    expect(new Set(systems.map(({ id }) => id)).size).toBe(51);
  });

  test('finds by id and number, and says what looks alike', () => {
    expect(systemFacts('38').id).toBe('lsa-one-step-gd');
    expect(systemFacts('leanvec').number).toBe(15);
    expect(() => systemFacts('lbl')).toThrow('Did you mean lbl2transformervec or lbl2vec?');
    expect(() => systemFacts('52')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  test('a planned system has no experiment', async () => {
    const planned = (await catalogue()).find(({ status }) => status === 'planned');
    if (planned)
      await expect(experimentOf(planned.id)).rejects.toThrow(
        expect.objectContaining({ code: 'UNAVAILABLE' }),
      );
  });

  test('what a built system exports is there', async () => {
    for (const { status, package: home, exports } of await catalogue()) {
      if (status === 'planned') continue;
      const module = (await import(`../../${home}/src/index.ts`)) as Record<string, unknown>;
      expect(exports.length).toBeGreaterThan(0);
      for (const name of exports) expect(module, `${home} exports ${name}`).toHaveProperty(name);
    }
  });

  test('every experiment has claims, and three seeds in full', async () => {
    for (const { id, status } of await catalogue()) {
      if (status === 'planned') continue;
      const experiment = await experimentOf(id);
      expect(experiment.id).toBe(id);
      expect(experiment.claims.length).toBeGreaterThan(0);
      expect(experiment.seeds.full.length).toBeGreaterThanOrEqual(3);
    }
  });
});

describe('claims', () => {
  test.each<[ClaimSpec['relation'], number[], 'mean' | 'worst', number, boolean]>([
    ['>=', [1, 3], 'mean', 2, true],
    ['>=', [1, 3], 'worst', 1, false],
    ['<=', [1, 3], 'worst', 3, false],
    ['<', [1, 2], 'mean', 1.5, true],
    ['>', [2, 2], 'mean', 2, false],
    ['==', [2, 2, 5], 'worst', 5, false],
    ['==', [2, 2], 'mean', 2, true],
  ])('%s over %j by %s', (relation, values, over, value, holds) => {
    const [result] = judge([claim({ relation, over })], trials(...values), 'quick');
    expect(result).toMatchObject({ value, holds });
  });

  test('spread is the standard deviation over the seeds', () => {
    expect(judge([claim()], trials(1, 3), 'quick')[0]!.spread).toBeCloseTo(Math.SQRT2, 12);
    expect(judge([claim()], trials(3), 'quick')[0]!.spread).toBe(0);
  });

  test('what is not a number does not hold', () => {
    for (const relation of ['>=', '<=', '<', '>', '=='] as const)
      for (const over of ['mean', 'worst'] as const)
        expect(judge([claim({ relation, over })], trials(5, Number.NaN), 'quick')[0]!.holds).toBe(false);
  });

  test('claims of other profiles are left out; a metric that nobody measured is an error', () => {
    expect(judge([claim({ profiles: ['full'] })], trials(1), 'quick')).toEqual([]);
    expect(() => judge([claim({ metric: 'y' })], trials(1), 'quick')).toThrow('No run measured "y"');
  });

  test('rows that differ in numbers only are joined by their means', () => {
    const rows = [
      { method: 'a', recall: 0.5 },
      { method: 'b', recall: 1 },
    ];
    const other = [{ method: 'a', recall: 1 }];
    expect(
      joinRows([
        { metrics: {}, rows },
        { metrics: {}, rows: other },
      ]),
    ).toEqual([
      { method: 'a', recall: 0.75 },
      { method: 'b', recall: 1 },
    ]);
  });
});

describe('runs', () => {
  test('an unknown profile and bad seeds are refused', async () => {
    await expect(runExperiment('38', { profile: 'huge' as never })).rejects.toThrow('use smoke, quick, full');
    await expect(runExperiment('38', { seeds: [1, 1] })).rejects.toThrow('different non-negative integers');
    await expect(runExperiment('38', { seeds: [] })).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  test('an aborted run ends', async () => {
    const signal = AbortSignal.abort();
    await expect(runExperiment('38', { profile: 'smoke', signal })).rejects.toThrow(
      expect.objectContaining({ code: 'ABORTED' }),
    );
  });

  test('a journal gives outcomes again until it is cleared, and ignores what is damaged', async () => {
    let runs = 0;
    const work = async () => ({ count: ++runs });
    expect(await openJournal(['k']).once('p', work)).toEqual({ count: 1 });
    const again = openJournal(['k']);
    expect(await again.once('p', work)).toEqual({ count: 1 });
    expect(again.found).toBe(1);
    expect(await openJournal(['other']).once('p', work)).toEqual({ count: 2 });
    await again.clear();
    expect(await openJournal(['k']).once('p', work)).toEqual({ count: 3 });
  });
});

const stored: StoredResult = {
  format: 1,
  id: 'lsa-one-step-gd',
  number: 38,
  profile: 'full',
  seeds: [0, 1, 2],
  seconds: 100,
  holds: true,
  data: 'prompts',
  claims: [],
  rows: [],
  paper: [],
  date: '2026-01-02T03:04:05.000Z',
  machine: { cpu: 'a', cores: 2, memory: 24, platform: 'linux x64' },
  versions: { fletch: '0.1.0', node: 'v20', onnxruntime: '1' },
  series: {},
};

describe('kept results', () => {
  test('come back as they were, and print without what the contract does not name', async () => {
    await storeResult(stored, folder);
    expect(await readResult(stored.id, folder)).toEqual(stored);
    expect(await storedIds(folder)).toEqual([stored.id]);
    expect(Object.keys(plainResult(stored))).toEqual([
      'id',
      'number',
      'profile',
      'seeds',
      'seconds',
      'holds',
      'data',
      'claims',
      'rows',
      'paper',
    ]);
  });

  test.each([
    ['{', 'INVALID_INPUT_FILE'],
    ['{"format":1,"id":"other","claims":[]}', 'INVALID_INPUT_FILE'],
    ['{"format":2}', 'FORMAT_TOO_NEW'],
  ])('%s is refused', async (content, code) => {
    await writeFile(join(folder, `${stored.id}.json`), content);
    await expect(readResult(stored.id, folder)).rejects.toThrow(expect.objectContaining({ code }));
  });

  test('none is none', async () => {
    expect(await readResult('presto', folder)).toBeUndefined();
  });

  test('a threshold that changed since makes a result outdated', async () => {
    const experiment = { ...(await experimentOf('38')), claims: [claim()] };
    expect(outdated({ ...stored, claims: [] }, experiment)).toEqual(['claim a is not in it']);
    const result = { ...claim(), value: 3, spread: 0, holds: true };
    expect(outdated({ ...stored, claims: [result] }, experiment)).toEqual([]);
    expect(outdated({ ...stored, claims: [{ ...result, threshold: 1 }] }, experiment)).toEqual([
      'claim a was x >= 1',
    ]);
  });
});

describe('the report', () => {
  test('lists all systems, shows figures and draws a plot', async () => {
    const result = await runExperiment('38', { profile: 'smoke' });
    const { claims } = result;
    expect(claims.length).toBeGreaterThan(0);
    await storeResult(result, join(folder, 'kept'));
    const written = await writeReport({ folder, results: join(folder, 'kept') });
    expect(written).toEqual([join(folder, 'results/lsa-one-step-gd.svg'), join(folder, 'results.md')]);
    const text = await readFile(join(folder, 'results.md'), 'utf8');
    expect(text.match(/^\| \d+ \|/gm)).toHaveLength(51);
    expect(text).toContain('does not hold');
    expect(text).toContain('model_mse');
    const svg = await readFile(join(folder, 'results/lsa-one-step-gd.svg'), 'utf8');
    expect(svg).toMatch(/^<svg xmlns/);
    expect(svg.match(/<svg/g)).toHaveLength(4);
    expect(svg).not.toContain('NaN');
  });

  test('tables round to four digits and escape bars', () => {
    expect(rowTable([{ a: 'x|y', b: 0.123456, c: 1234567 }])).toBe(
      '| a | b | c |\n|---|---:|---:|\n| x\\|y | 0.1235 | 1,234,567 |',
    );
  });

  test('headings are escaped', () => {
    expect(drawPanels('a < b & c', [])).toContain('a &lt; b &amp; c');
  });
});

test('an interrupted full run goes on where it was', async () => {
  const done: string[] = [];
  const experiment = defineExperiment({
    id: 'x',
    exports: [],
    data: '',
    seeds: { smoke: [0], quick: [0], full: [0, 1] },
    claims: [],
    paper: [],
    async run({ once, seed }) {
      const value = await once('part', async () => {
        done.push(`part of ${seed}`);
        return seed;
      });
      if (seed === 1 && done.length < 3) {
        done.push('interrupted');
        throw new Error('interrupted');
      }
      return { metrics: { value }, rows: [] };
    },
    plot: () => [],
  });
  const { runDefined } = await import('./run.js');
  const run = () =>
    runDefined({ id: 'x', number: 0 }, experiment, {
      profile: 'full',
      onResume: (n) => done.push(`found ${n}`),
    });
  await expect(run()).rejects.toThrow('interrupted');
  expect((await run()).seeds).toEqual([0, 1]);
  expect(done).toEqual(['part of 0', 'part of 1', 'interrupted', 'found 2']);
  await run();
  expect(done.slice(4)).toEqual(['part of 0', 'part of 1']);
});
