import { gzipSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { scratch } from '../vectors/testing.case.js';
import { readParquetTableHere } from './parquet.js';
import { readTable } from './read-table.js';
import { categoriesOf, columnOf, completeRows, matrixOf, numbersOf, takeRows, textsOf } from './table.js';

const { folder, file } = scratch();

const CSV = 'kind,alcohol,code\nred,12.5,007\nwhite,,010\n"a, b",1e1,1\nNA,-Inf,2\n';
const expected = {
  rows: 4,
  columns: {
    kind: ['red', 'white', 'a, b', ''],
    alcohol: Float64Array.of(12.5, Number.NaN, 10, Number.NEGATIVE_INFINITY),
    code: ['007', '010', '1', '2'],
  },
};

describe('reads', () => {
  test('CSV, packed or not', async () => {
    expect(await readTable(file('a.csv', CSV))).toEqual(expected);
    expect(await readTable(file('a.csv.gz', gzipSync(CSV)))).toEqual(expected);
    expect(await readTable(file('a.tsv', CSV.replace('"a, b"', 'a, b').replace(/,(?! )/g, '\t')))).toEqual(
      expected,
    );
  });

  test('CSV without names, with other marks of what is missing, and chosen columns', async () => {
    const path = file('b.csv', '1;-9\n-9;x\n');
    const options = { names: ['a', 'b'], delimiter: ';', missing: ['-9'] };
    expect(await readTable(path, options)).toEqual({
      rows: 2,
      columns: { a: Float64Array.of(1, Number.NaN), b: ['', 'x'] },
    });
    expect(Object.keys((await readTable(path, { ...options, columns: ['b'] })).columns)).toEqual(['b']);
    expect((await readTable(path, { ...options, types: { a: 'text' } })).columns.a).toEqual(['1', '']);
  });

  test('a column of row names without a name', async () => {
    expect(Object.keys((await readTable(file('c.csv', ',x\n1,2\n'))).columns)).toEqual(['row', 'x']);
  });

  test('objects, one a line or in a list, with fields that some do not have', async () => {
    const rows = [
      { a: 1, b: 'x' },
      { a: null, c: true },
      { a: 2.5, b: 'y' },
    ];
    const table = {
      rows: 3,
      columns: { a: Float64Array.of(1, Number.NaN, 2.5), b: ['x', '', 'y'], c: ['', 'true', ''] },
    };
    expect(await readTable(file('a.json', JSON.stringify(rows)))).toEqual(table);
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    expect(await readTable(file('a.jsonl', lines))).toEqual(table);
  });

  test('Parquet', async () => {
    const path = `${folder}/a.parquet`;
    await parquetWriteFile({
      filename: path,
      columnData: [
        { name: 'n', data: [1.5, null, 3], type: 'DOUBLE' },
        { name: 't', data: ['a', 'b', null], type: 'STRING' },
        { name: 'i', data: [1n, 2n, 3n], type: 'INT64' },
      ],
    });
    const table = {
      rows: 3,
      columns: { n: Float64Array.of(1.5, Number.NaN, 3), t: ['a', 'b', ''], i: Float64Array.of(1, 2, 3) },
    };
    expect(await readParquetTableHere(path, {})).toEqual(table);
    expect(await readTable(path, { columns: ['i'] })).toEqual({ rows: 3, columns: { i: table.columns.i } });
    await expect(readParquetTableHere(path, { columns: ['x'] })).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(/no column "x". Columns: n, t, i/),
    });
  });
});

describe('refuses', () => {
  test.each([
    ['long.csv', 'a,b\n1,2\n1,2,3\n', /line 3 has 3 values/],
    ['twice.csv', 'a,a\n1,2\n', /two columns are called "a"/],
    ['proto.csv', '__proto__,a\n1,2\n', /a column is called __proto__/],
    ['quote.csv', 'a,b\n"1,2\n', /does not parse/],
    ['empty.csv', '', /it is empty/],
    ['latin.csv', Buffer.from('a\n\xe9\n', 'latin1'), /not UTF-8/],
    ['bad.csv.gz', Buffer.from('a,b\n'), /does not unpack/],
    ['cut.csv.gz', gzipSync(CSV).subarray(0, 30), /does not unpack/],
    ['bad.jsonl', '{"a":1}\n{', /line 2 is not JSON/],
    ['list.jsonl', '[1]\n', /line 1 is not an object/],
    ['nested.jsonl', '{"a":[1]}\n', /line 1: "a" holds a list/],
    ['object.json', '{"a":1}', /no list of objects/],
    ['bad.json', '[', /it is no JSON/],
  ])('%s', async (name, content, message) => {
    await expect(readTable(file(name, content))).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(message),
    });
  });

  test('a text where numbers are asked for, with its line', async () => {
    await expect(readTable(file('t.csv', CSV), { types: { kind: 'number' } })).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(/line 2: "red" in the column "kind" is no number/),
    });
  });

  test('another ending, no file, a folder', async () => {
    await expect(readTable(file('a.xyz', CSV))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(readTable(`${folder}/none.csv`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(readTable(folder)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('a table', () => {
  const table = { ...expected, levels: { code: ['1', '2', '010', '007'] } };

  test('gives columns, or says which there are', () => {
    expect(numbersOf(table, 'alcohol')).toBe(table.columns.alcohol);
    expect(textsOf(table, 'alcohol')).toEqual(['12.5', '', '10', '-Infinity']);
    expect(() => columnOf(table, 'x')).toThrow(/Columns: kind, alcohol, code/);
    expect(() => numbersOf(table, 'kind')).toThrow(/holds texts \("red", "white", "a, b"\)/);
  });

  test('gives categories', () => {
    expect(categoriesOf(table, 'kind')).toEqual({
      codes: Int32Array.of(1, 2, 0, -1),
      levels: ['a, b', 'red', 'white'],
    });
    expect(categoriesOf(table, 'code').codes).toEqual(Int32Array.of(3, 2, 0, 1));
    expect(categoriesOf(table, 'alcohol')).toEqual({
      codes: Int32Array.of(2, -1, 1, 0),
      levels: ['-Infinity', '10', '12.5'],
    });
  });

  test('gives a matrix of what is whole', () => {
    expect(() => matrixOf(table, ['alcohol'])).toThrow(/Row 1 of the column "alcohol" is missing/);
    expect(() => matrixOf(completeRows(table), ['alcohol'])).not.toThrow();
    const some = takeRows(completeRows(table, ['alcohol']), [1, 0]);
    expect(matrixOf(some, ['alcohol', 'alcohol'])).toEqual({
      data: Float64Array.of(10, 10, 12.5, 12.5),
      rows: 2,
      columns: 2,
    });
    expect(some.columns.kind).toEqual(['a, b', 'red']);
    expect(() => takeRows(table, [4])).toThrow(/no row 4/);
  });
});
