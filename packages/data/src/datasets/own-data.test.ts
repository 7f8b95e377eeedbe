import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratch } from '../vectors/testing.case.js';
import { readCifar } from './cifar.js';
import { readMovieLens } from './interactions.js';
import { readBunchTable, readDiabetes } from './sklearn.js';
import { parseWordVectors } from './word-vectors.js';

const { folder, file } = scratch();

function made(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
  return path;
}

describe('MovieLens', () => {
  const expected = {
    count: 3,
    users: Int32Array.of(0, 1, 0),
    items: Int32Array.of(0, 0, 1),
    ratings: Float32Array.of(5, 3, 4),
    times: Float64Array.of(100, 200, 300),
    userIds: ['7', '9'],
    itemIds: ['50', '2'],
    titles: ['Star Wars (1977)', 'Misérables, Les (1995)'],
    categories: [['Action', 'Sci-Fi'], ['Drama']],
  };
  const flags = (...on: number[]) => Array.from({ length: 19 }, (_, i) => (on.includes(i) ? 1 : 0)).join('|');

  test('100K', async () => {
    const path = made('ml-100k', {
      'u.data': '7\t50\t5\t100\n9\t50\t3\t200\n7\t2\t4\t300\n',
      'u.item': Buffer.from(
        `50|Star Wars (1977)|01-Jan-1977||http://x|${flags(1, 15)}\n2|Misérables, Les (1995)|||http://y|${flags(8)}\n`,
        'latin1',
      ),
    });
    expect(await readMovieLens(path)).toEqual(expected);
  });

  test('1M', async () => {
    const path = made('ml-1m', {
      'ratings.dat': '7::50::5::100\n9::50::3::200\n7::2::4::300\n',
      'movies.dat': Buffer.from(
        '50::Star Wars (1977)::Action|Sci-Fi\n2::Misérables, Les (1995)::Drama\n',
        'latin1',
      ),
    });
    expect(await readMovieLens(path)).toEqual(expected);
  });

  test('25M', async () => {
    const path = made('ml-25m', {
      'ratings.csv': 'userId,movieId,rating,timestamp\n7,50,5.0,100\n9,50,3.0,200\n7,2,4.0,300\n',
      'movies.csv':
        'movieId,title,genres\n50,Star Wars (1977),Action|Sci-Fi\n2,"Misérables, Les (1995)",Drama\n',
    });
    expect(await readMovieLens(path)).toEqual(expected);
    const bare = made('bare', { 'ratings.csv': 'userId,movieId,rating,timestamp\n1,2,0.5,3\n' });
    expect(await readMovieLens(bare)).toMatchObject({ count: 1, titles: [''], categories: [[]] });
  });

  test.each([
    ['short', '1\t2\t3\n', /line 1 is not user, item, rating and time/],
    ['words', '1\t2\t3\t4\n1\t2\tfive\t4\n', /line 2 is not user/],
    ['outside', '1\t2\t9\t4\n', /rating 9, outside of 0 to 5/],
  ])('%s', async (name, content, message) => {
    await expect(readMovieLens(made(name, { 'u.data': content }))).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(message),
    });
  });

  test('a folder without', async () => {
    await expect(readMovieLens(made('none', {}))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('CIFAR', () => {
  const record = (labels: number[], value: number) =>
    Buffer.concat([Buffer.from(labels), Buffer.alloc(3072, value)]);

  test('10: batches one after the other, with the names of the classes', async () => {
    const { train, test: tested } = await readCifar(
      made('cifar10', {
        'data_batch_2.bin': record([3], 30),
        'data_batch_1.bin': Buffer.concat([record([1], 10), record([2], 20)]),
        'test_batch.bin': record([9], 90),
      }),
    );
    expect(train).toMatchObject({ count: 3, channels: 3, rows: 32, columns: 32 });
    expect(Array.from(train.labels)).toEqual([1, 2, 3]);
    expect([0, 1, 2].map((i) => train.images[i * 3072 + 3071])).toEqual([10, 20, 30]);
    expect([tested.count, tested.classes[9]]).toEqual([1, 'truck']);
  });

  test('100: fine and coarse labels', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `group ${i}`).join('\n');
    const path = made('cifar100', {
      'train.bin': record([4, 77], 1),
      'test.bin': record([19, 99], 2),
      'coarse_label_names.txt': `${names}\n`,
    });
    expect((await readCifar(path)).train.labels[0]).toBe(77);
    const { train, test: tested } = await readCifar(path, { labels: 'coarse' });
    expect([train.labels[0], tested.classes[tested.labels[0]!]]).toEqual([4, 'group 19']);
  });

  test.each([
    ['empty', {}, 'NOT_FOUND', /holds no test_batch.bin or test.bin/],
    ['lonely', { 'test_batch.bin': record([1], 1) }, 'NOT_FOUND', /holds no data_batch_1.bin/],
    [
      'cut',
      { 'data_batch_1.bin': record([1], 1).subarray(1), 'test_batch.bin': record([1], 1) },
      'INVALID_INPUT_FILE',
      /3072 bytes are no multiple of 3073/,
    ],
    [
      'label',
      { 'data_batch_1.bin': record([10], 1), 'test_batch.bin': record([1], 1) },
      'INVALID_INPUT_FILE',
      /label of image 0 is 10/,
    ],
  ])('%s', async (name, files, code, message) => {
    await expect(readCifar(made(`cifar-${name}`, files))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe('word vectors', () => {
  const numbers = (value: number) => Array.from({ length: 100 }, () => value).join(',');
  const json = (entries: string) =>
    Buffer.from(`{"size":2,"words":["]","\\"é"],"vectors":{${entries}},"unkVector":[]}`);

  test('are read one by one, in any order', () => {
    const { words, vectors } = parseWordVectors(json(`"\\"é":[${numbers(0.5)},1,1],"]":[${numbers(2)},1,0]`));
    expect(words).toEqual([']', '"é']);
    expect([vectors[0], vectors[99], vectors[100], vectors[199]]).toEqual([2, 2, 0.5, 0.5]);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['one vector too few', json(`"]":[${numbers(2)},1,0]`)],
    ['a number too few', json(`"]":[1,0],"\\"é":[${numbers(1)},1,1]`)],
    ['a place outside', json(`"]":[${numbers(2)},1,7],"\\"é":[${numbers(1)},1,1]`)],
    ['a word without end', Buffer.from('{"words":["a"],"vectors":{"a')],
    ['a vector without end', Buffer.from('{"words":["a"],"vectors":{"a":[1')],
  ])('%s', (_, content) => {
    expect(() => parseWordVectors(content)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
  });
});

describe('tables of scikit-learn', () => {
  test('classes are named', async () => {
    const path = file('iris.csv', '2,4,setosa,virginica\n5.1,3.5,1.4,0.2,0\n6.3,3.3,6.0,2.5,1\n');
    const { rows, columns, levels } = await readBunchTable(path, 'iris');
    expect([rows, columns.species, levels]).toEqual([
      2,
      ['setosa', 'virginica'],
      { species: ['setosa', 'virginica'] },
    ]);
    expect(columns['petal length']).toEqual(Float64Array.of(1.4, 6));
  });

  test.each([
    ['3,4,setosa,virginica\n5.1,3.5,1.4,0.2,0\n', /promises 3 rows/],
    ['1,5,setosa,virginica\n5.1,3.5,1.4,0.2,0\n', /of 5 values/],
    ['1,4,setosa,virginica\n5.1,3.5,1.4,0.2,2\n', /of the classes/],
  ])('what does not agree with its head: %j', async (content, message) => {
    await expect(readBunchTable(file('bad-iris.csv', content), 'iris')).rejects.toThrow(message);
  });

  test('measurements and outcome stand in two files', async () => {
    const data = file('data.csv', '59 2 32.1 101.0 157 93.2 38.0 4.0 4.8598 87\n');
    const table = await readDiabetes([data, file('target.csv', '1.51e+02\n')]);
    expect([table.columns.bmi, table.columns.progression]).toEqual([
      Float64Array.of(32.1),
      Float64Array.of(151),
    ]);
    await expect(readDiabetes([data, file('long.csv', '1\n2\n')])).rejects.toThrow(/has 2 rows/);
  });
});
