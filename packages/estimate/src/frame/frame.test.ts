import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Matrix } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Design } from './design.js';
import { Frame, frameOf, takeTable } from './frame.js';
import { readFrame } from './read-frame.js';
import { classTarget, codesOf, numericTarget } from './target.js';

const people = [
  { age: 30, city: 'Rome', member: true },
  { age: 40, city: 'Oslo', member: false },
  { age: 50, city: 'Bonn', member: true },
  { age: 60, city: 'Rome', member: true },
];

describe('frames', () => {
  it('come from objects and from arrays by name, numbers as numbers', () => {
    const frame = frameOf(people);
    expect(frame.columns.map(({ name, kind }) => [name, kind])).toEqual([
      ['age', 'number'],
      ['city', 'category'],
      ['member', 'category'],
    ]);
    expect(frameOf({ age: [30, 40, 50, 60], city: people.map(({ city }) => city) }).columns).toEqual(
      frame.select(['age', 'city']).columns,
    );
    expect(frame.drop(['age']).names).toEqual(['city', 'member']);
    expect(frame.take([3, 0]).column('age').values).toEqual(Float64Array.of(60, 30));
  });

  it('come from CSV, with texts that read as numbers being numbers unless told', async () => {
    const path = join(tmpdir(), `fletch-frame-${process.pid}.csv`);
    await writeFile(path, 'age,city,code\n30,Rome,1\n,Oslo,2\n50,NA,1\n');
    const frame = await readFrame(path, { categorical: ['code'] });
    expect(frame.column('age').values).toEqual(Float64Array.of(30, Number.NaN, 50));
    expect(frame.column('city').values).toEqual(['Rome', 'Oslo', null]);
    expect(frame.column('code').values).toEqual(['1', '2', '1']);
  });

  it.each([
    [() => frameOf({ a: [1, 2], b: [1] }), /Column "b" has 1 values, column "a" 2/],
    [() => frameOf([{ a: new Date(0) }]), /Row 0 of column "a" holds .* a date/],
    [() => frameOf(people).column('name'), /no column "name". Columns: age, city, member/],
    [
      () => new Frame([...frameOf(people).columns, ...frameOf(people).columns]),
      /Two columns are called "age"/,
    ],
    [() => frameOf(people, { categorical: ['zip'] }), /no column "zip"/],
  ])('refuse what is none (%#)', (make, message) => {
    expect(make).toThrow(message);
  });
});

describe('the design', () => {
  it('drops the first level of a category, or none', () => {
    const design = Design.fit(people);
    expect(design.names).toEqual(['age', 'city=Oslo', 'city=Rome', 'member=true']);
    expect(design.matrix(people).toArrays()).toEqual([
      [30, 0, 1, 1],
      [40, 1, 0, 0],
      [50, 0, 0, 1],
      [60, 0, 1, 1],
    ]);
    const whole = Design.fit(people, { encoding: 'one-hot', categories: { city: ['Rome', 'Oslo', 'Bonn'] } });
    expect(whole.names).toEqual([
      'age',
      'city=Rome',
      'city=Oslo',
      'city=Bonn',
      'member=false',
      'member=true',
    ]);
    expect(whole.matrix(people).toArrays()[2]).toEqual([50, 0, 0, 1, 0, 1]);
  });

  it('is the same at prediction, after JSON, whatever the order of columns and rows', () => {
    const design = Design.fromJSON(JSON.parse(JSON.stringify(Design.fit(people))));
    const [first] = Design.fit(people).matrix(people).toArrays();
    expect(design.matrix([{ member: 'true', city: 'Rome', age: 30, extra: 'x' }]).toArrays()).toEqual([
      first,
    ]);
  });

  it('fills what is missing with what it was fitted on', () => {
    const rows = [
      { a: 1, b: 'x' },
      { a: null, b: 'x' },
      { a: 3, b: null },
      { a: 8, b: 'y' },
    ];
    const fill = (missing: 'mean' | 'median') =>
      Design.fit(rows, { missing })
        .matrix([{ a: Number.NaN, b: '' }])
        .toArrays();
    expect(fill('mean')).toEqual([[4, 0]]);
    expect(fill('median')).toEqual([[3, 0]]);
    expect(() => Design.fit(rows).matrix(rows)).toThrow(/Row 1 of column "a" is missing/);
  });

  it('keeps a matrix of float64 as it is', () => {
    const X = new Matrix(Float64Array.of(1, 2, 3, 4), 2, 2);
    const design = Design.fit(X);
    expect(design.matrix(X)).toBe(X);
    expect(design.names).toEqual(['x1', 'x2']);
    expect(design.matrix([[5, 6]]).toArrays()).toEqual([[5, 6]]);
    const holes = new Matrix(Float64Array.of(1, 2, Number.NaN, 4), 2, 2);
    expect(Design.fit(holes, { missing: 'mean' }).matrix(holes).toArrays()).toEqual([
      [1, 2],
      [1, 4],
    ]);
  });

  it.each([
    [
      () => Design.fit(people).matrix([{ age: 1, city: 'Paris', member: true }]),
      /Row 0 of column "city" is "Paris", which is none of the fitted levels Bonn, Oslo, Rome/,
    ],
    [() => Design.fit(people).matrix([{ age: 1, city: 'Rome' }]), /no column "member"/],
    [
      () => Design.fit(people).matrix([{ age: 'old', city: 'Rome', member: true }]),
      /"age" was fitted as numbers, but row 0 holds "old"/,
    ],
    [() => Design.fit(people).matrix([[1, 2, 3]]), /fitted on the columns age, city, member/],
    [() => Design.fit([[1, 2]]).matrix([[1, 2, 3]]), /3 columns; it was fitted on 2/],
    [() => Design.fit([[1, 2]]).matrix([[1, Number.POSITIVE_INFINITY]]), /Row 0 of column "x2" is Infinity/],
    [() => Design.fit([[1, 2]]).matrix([[Number.NaN, 1]]), /Row 0 of column "x1" is missing/],
    [() => Design.fit([]), /0 rows/],
    [() => Design.fit(people, { categories: { zip: ['1'] } }), /no column "zip"/],
    [() => Design.fit(people, { categories: { city: ['Rome', 'Rome'] } }), /levels of column "city"/],
    [() => Design.fit(people, { missing: 'zero' as never }), /missing must be refuse or mean or median/],
    [() => Design.fit([{ a: null }], { missing: 'mean' }), /"a" has no value/],
    [() => Design.fromJSON({ kind: 'columns' } as never), /not readable/],
  ])('says what is wrong (%#)', (work, message) => {
    expect(work).toThrow(message);
  });

  it('codes every category by exactly one column, whatever the values', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ minLength: 1 }).map((text) => `_${text}`),
          { minLength: 1 },
        ),
        (values) => {
          const table = { value: values };
          const X = Design.fit(table, { encoding: 'one-hot' }).matrix(table);
          for (let i = 0; i < X.rows; i++) expect(X.row(i).reduce((sum, x) => sum + x, 0)).toBe(1);
          values.forEach((value, i) => {
            expect(X.row(i).indexOf(1)).toBe(X.row(values.indexOf(value)).indexOf(1));
          });
        },
      ),
      { seed: 1, numRuns: 50 },
    );
  });

  it('takes rows of a matrix', () => {
    const X = new Matrix(Float64Array.of(1, 2, 3, 4), 2, 2);
    expect((takeTable(X, [1, 1]) as Matrix).toArrays()).toEqual([
      [3, 4],
      [3, 4],
    ]);
  });
});

describe('targets', () => {
  it('know their classes in order', () => {
    expect(classTarget([3, 1, 2, 3], 4, { ordered: true })).toEqual({
      classes: [1, 2, 3],
      codes: Int32Array.of(2, 0, 1, 2),
      counts: Int32Array.of(1, 1, 2),
    });
    expect(classTarget(['b', 'a'], 2, { levels: ['b', 'a'], ordered: true }).codes).toEqual(
      Int32Array.of(0, 1),
    );
    const column = { name: 'y', kind: 'category', values: ['hi', 'lo'], levels: ['lo', 'hi'] } as const;
    expect(classTarget(column, 2, { ordered: true }).classes).toEqual(['lo', 'hi']);
    expect(codesOf(['lo'], ['lo', 'hi'])).toEqual(Int32Array.of(0));
  });

  it.each([
    [() => classTarget(['a', 'b'], 2, { ordered: true }), /order of the classes matters: give levels/],
    [() => classTarget([1, 1.5], 2, { ordered: true }), /whole numbers or have levels; the target holds 1.5/],
    [() => classTarget([1, 1], 2), /one class only \(1\)/],
    [
      () => classTarget(['a', 'c'], 2, { levels: ['a', 'b'] }),
      /Row 1 of the target is "c", which is none of the levels a, b/,
    ],
    [() => classTarget(['a', 'a'], 2, { levels: ['b', 'a'] }), /one class only \(a\)/],
    [() => classTarget(['a', 'a'], 2, { ordered: true }), /one class only \(a\)/],
    [() => classTarget(['a', 'b'], 2, { levels: ['a', 'b', 'c'] }), /No row of the target has the level "c"/],
    [() => classTarget(['a', 'b'], 2, { levels: ['a', 'b', 'a'] }), /repeat themselves/],
    [() => classTarget([1, null], 2), /Row 1 of the target is missing/],
    [() => classTarget([1, 2], 3), /3 rows, but the target 2/],
    [() => numericTarget([1, Number.NaN], 2), /Row 1 of the target is missing/],
    [() => numericTarget(['x'], 1), /Row 0 of the target is "x", not a number/],
  ])('say what is wrong (%#)', (work, message) => {
    expect(work).toThrow(message);
  });
});
