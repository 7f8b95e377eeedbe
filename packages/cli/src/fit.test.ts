import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulateRelaxedPO } from '@fletch/estimate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runHere } from './cli.case.js';

let folder: string;
let data: string;
let fresh: string;
const levels = 'saw,clicked,bought';

const csv = (rows: readonly (readonly (string | number)[])[]) =>
  `${rows.map((row) => row.join(',')).join('\n')}\n`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-fit-'));
  data = join(folder, 'visits.csv');
  fresh = join(folder, 'new.csv');
  const { X, y } = simulateRelaxedPO({ n: 300, p: 2, alpha: [0, 2], density: 1, size: 1, seed: 3 });
  const rows = Array.from(y, (k, i) => [
    `visit ${i}`,
    X.at(i, 0),
    X.at(i, 1) < 0 ? 'Bonn' : 'Rome',
    levels.split(',')[k - 1]!,
    k === 3 ? 1 : 0,
  ]);
  await writeFile(data, csv([['id', 'age', 'city', 'outcome', 'sale'], ...rows]));
  await writeFile(
    fresh,
    csv([
      ['id', 'city', 'age'],
      ['"a, b"', 'Rome', 0.5],
      ['c', 'Bonn', -0.5],
    ]),
  );
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const learn = (name: string, ...rest: string[]) =>
  runHere([
    'fit',
    name,
    data,
    '--drop',
    'id,sale',
    '--target',
    'outcome',
    '--levels',
    levels,
    '--folds',
    '3',
    ...rest,
  ]);

describe('fletch fit', () => {
  test('presto: a table for people, a model, a plot', async () => {
    const { code, stdout, stderr } = await learn(
      'presto',
      ...['--lambdas', '6', '--bootstrap', '10', '--save', at('presto.json'), '--plot', at('presto.svg')],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Saved in') });
    for (const text of [
      'PRESTO: rare class bought',
      'Slopes of each boundary',
      'clicked | bought',
      'city=Rome',
      'cross-validated Brier score',
      'Held-out rows of 3 folds',
      '10 bootstrap samples',
    ])
      expect(stdout).toContain(text);
    const svg = await readFile(at('presto.svg'), 'utf8');
    expect(svg).toContain('is P(bought) what happens?');
    expect(svg).toContain('Brier score');
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('proportional-odds and logit: coefficients with errors, z, p and intervals', async () => {
    const { stdout } = await learn('proportional-odds', '--no-save');
    expect(stdout).toMatch(/coefficient +estimate +std\. error +z +p +95 % low +95 % high/);
    expect(stdout).toMatch(/age +[-\d.]+ +[\d.]+ +[-\d.]+ +(<0\.0001|0\.\d{4}) /);
    const one = await runHere([
      ...['fit', 'logit', data, '--target', 'sale', '--columns', 'age,city', '--no-save', '--json'],
    ]);
    const json = JSON.parse(one.stdout);
    expect(json).toMatchObject({ estimator: 'logit', target: 'sale', model: null });
    expect(json.tables[0].rows.map(({ coefficient }: { coefficient: string }) => coefficient)).toEqual([
      '(intercept)',
      'age',
      'city=Rome',
    ]);
    expect(json.tables[1].title).toBe('Held-out rows of 5 folds');
  });

  test('counts rows as often as a column says', async () => {
    const counted = at('counted.csv');
    const rows = [
      ['no', 'a', 30],
      ['no', 'b', 10],
      ['yes', 'a', 12],
      ['yes', 'b', 20],
    ];
    await writeFile(counted, csv([['sold', 'shop', 'n'], ...rows]));
    const { stdout } = await runHere([
      ...['fit', 'logit', counted, '-t', 'sold', '--frequencies', 'n', '--folds', '2', '--no-save', '--json'],
    ]);
    const [intercept, slope] = JSON.parse(stdout).tables[0].rows;
    // Logits of 12 : 30, and of 20 : 10 beside it.
    expect(intercept.estimate).toBeCloseTo(Math.log(12 / 30), 6);
    expect(slope.estimate).toBeCloseTo(Math.log(20 / 10) - Math.log(12 / 30), 6);
    expect(slope['std. error']).toBeCloseTo(Math.sqrt(1 / 30 + 1 / 10 + 1 / 12 + 1 / 20), 4);
    const wrong = await runHere([
      'fit',
      'logit',
      counted,
      '-t',
      'sold',
      '--frequencies',
      'shop',
      '--no-save',
    ]);
    expect(wrong.stderr).toMatch(/Row 0 of column "shop" is a: counts are whole numbers/);
  });

  test('names the line of the file; a rare level may be missing from a fold', async () => {
    const holes = at('holes.csv');
    const row = (i: number) => [i / 7, i === 11 ? 'rare' : i % 2 ? 'odd' : 'even', i === 4 ? '' : 2 * i];
    await writeFile(holes, csv([['a', 'kind', 'y'], ...Array.from({ length: 30 }, (_, i) => row(i))]));
    const { code, stderr } = await runHere(['fit', 'regress', holes, '-t', 'y', '--no-save']);
    expect(code).toBe(1);
    expect(stderr).toContain(`Row 4 of the target is missing: drop such rows. (Line 6 of ${holes}.)`);
    const fine = await runHere(['fit', 'regress', holes, '-t', 'a', '--drop', 'y', '--no-save', '--json']);
    const { tables, notes } = JSON.parse(fine.stdout);
    expect(tables[0].rows.map(({ coefficient }: { coefficient: string }) => coefficient)).toEqual([
      '(intercept)',
      'kind=odd',
      'kind=rare',
    ]);
    expect(tables[1].title).toBe('Held-out rows of 5 folds');
    expect(notes.join()).toContain('t with 27 degrees of freedom');
  });

  test('says that a class is not rare, and that an order is strange', async () => {
    const classes = at('classes.csv');
    const rows = Array.from({ length: 60 }, (_, i) => [Math.sin(i), 1 + (i % 4 === 3 ? 2 : i % 3)]);
    await writeFile(classes, csv([['a', 'y'], ...rows]));
    const notes = async (levels: string) => {
      const { stdout } = await runHere([
        ...['fit', 'presto', classes, '-t', 'y', '--levels', levels, '--lambda', '0.5', '--folds', '0'],
        ...['--no-save', '--json'],
      ]);
      return JSON.parse(stdout).notes.join('\n') as string;
    };
    const usual = await notes('1,2,3');
    expect(usual).toMatch(/3, the last class, has 50.0 % of the rows.*3,2,1/);
    expect(usual).toContain('no column has an effect');
    expect(usual).not.toContain('neither rise');
    expect(await notes('1,3,2')).toContain('neither rise nor fall in the order given (1, 3, 2)');
    expect(await notes('3,2,1')).not.toMatch(/neither rise|last class/);
  });

  test.each([
    [['fit', 'presto', 'nothing.csv', '-t', 'y'], /nothing\.csv/],
    [['fit', 'presto', 'DATA', '-t', 'result'], /no column "result". Columns: id, age, city, outcome, sale/],
    [
      ['fit', 'presto', 'DATA', '-t', 'outcome'],
      /order of the classes matters: give levels.*bought, clicked, saw/,
    ],
    [
      ['fit', 'presto', 'DATA', '-t', 'outcome', '--levels', 'saw,clicked'],
      /is "bought", which is none of the levels/,
    ],
    [['fit', 'logit', 'DATA', '-t', 'outcome'], /3 classes .*name the event/],
    [
      ['fit', 'presto', 'DATA', '-t', 'outcome', '--levels', levels, '--mix', '2'],
      /It must be a number of at least 0 and at most 1/,
    ],
    [
      ['fit', 'presto', 'DATA', '-t', 'outcome', '--levels', levels, '--lambdas', '1.5'],
      /whole number of at least 1/,
    ],
    [['fit', 'logit', 'DATA', '-t', 'sale', '--folds', '1'], /0 or at least 2/],
    [
      [
        'fit',
        'logit',
        'DATA',
        '-t',
        'sale',
        '--columns',
        'age',
        '--folds',
        '0',
        '--plot',
        'x.svg',
        '--no-save',
      ],
      /leave --folds at 2/,
    ],
    [['fit', 'logit', 'DATA'], /required option '-t, --target <column>'/],
    [['fit', 'svm', 'DATA', '-t', 'y'], /unknown command 'svm'/],
  ])('%j says what is wrong', async (args, message) => {
    const { code, stdout, stderr } = await runHere(args.map((arg) => (arg === 'DATA' ? data : arg)));
    expect(stderr).toMatch(message);
    expect(code).toBeGreaterThan(0);
    expect(stdout).toBe('');
  });
});

describe('fletch predict', () => {
  test('applies a model to a table with its columns in any order, as csv and as JSON', async () => {
    await learn('presto', '--lambda', '0.01', '--folds', '0', '--save', at('model.json'));
    const { code, stdout } = await runHere(['predict', at('model.json'), fresh, '--proba', '--keep', 'id']);
    expect(code).toBe(0);
    const [head, first, second, end] = stdout.split('\n');
    expect(head).toBe('id,prediction,P(saw),P(clicked),P(bought)');
    expect(first).toMatch(/^"a, b",(saw|clicked|bought),0\.\d+,0\.\d+,0\.\d+$/);
    expect(second).toMatch(/^c,/);
    expect(end).toBe('');
    const numbers = first!.split(',').slice(-3).map(Number);
    expect(numbers.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    const json = JSON.parse(
      (await runHere(['predict', at('model.json'), fresh, '--proba', '--json'])).stdout,
    );
    expect(json[0]['P(bought)']).toBe(numbers[2]);
    await runHere(['predict', at('model.json'), fresh, '--to', at('out.csv')]);
    expect((await readFile(at('out.csv'), 'utf8')).split('\n')[0]).toBe('prediction');
  });

  test('says what is wrong', async () => {
    await writeFile(
      at('broken.json'),
      '{"format":"fletch-model","version":1,"target":"y","categorical":[],"estimator":{"kind":"presto"}}',
    );
    await writeFile(at('other.csv'), 'age,city\n1,Paris\n');
    await learn('presto', '--lambda', '0.01', '--folds', '0', '--save', at('model.json'));
    const wrong = async (...args: string[]) => {
      const { code, stderr } = await runHere(['predict', ...args]);
      expect(code).toBeGreaterThan(0);
      return stderr;
    };
    expect(await wrong(at('none.json'), fresh)).toContain('There is no file');
    expect(await wrong(data, fresh)).toContain('is no model: it is not JSON');
    expect(await wrong(at('broken.json'), fresh)).toContain('no model of the kind "presto"');
    expect(await wrong(at('model.json'), at('other.csv'))).toContain(
      '"Paris", which is none of the fitted levels',
    );
  });
});
