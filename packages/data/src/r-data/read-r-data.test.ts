import { readFileSync } from 'node:fs';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fixture, scratch } from '../vectors/testing.case.js';
import { readRPackageTable, readRTables } from './read-r-data.js';

const { folder, file } = scratch();

/** What `fixtures/make-r.R` made. */
const frame = {
  rows: 4,
  columns: {
    number: Float64Array.of(1.5, Number.NaN, Number.NEGATIVE_INFINITY, 4),
    whole: Float64Array.of(1, Number.NaN, 3, 4),
    count: Float64Array.of(1, 2, 3, 4),
    truth: Float64Array.of(1, 0, Number.NaN, 1),
    text: ['a', '', 'café', ''],
    kind: ['low', 'high', '', 'low'],
    day: Float64Array.of(18262, 18263, 18264, 18265),
    latin: ['é', 'x', 'y', 'z'],
  },
  levels: { kind: ['low', 'high'] },
};

test.each(['frame.rds', 'frame-v2.rds', 'frame-bzip2.rds', 'frame-xz.rds'])('%s', async (name) => {
  expect(await readRTables(fixture(name))).toEqual(new Map([['data', frame]]));
});

test('several values with their names; what is no data frame is left out', async () => {
  const named = { rows: 2, columns: { row: ['first', 'second'], x: Float64Array.of(1, 2) } };
  const both = new Map<string, object>([
    ['frame', frame],
    ['named', named],
  ]);
  expect(await readRTables(fixture('two.rda'))).toEqual(both);
  expect(await readRTables(fixture('frame.xdr'))).toEqual(both);
});

test('a sequence that is kept as its ends', async () => {
  const { columns } = (await readRTables(fixture('long.rds'))).get('data')!;
  expect(columns.x).toHaveLength(1_000_000);
  expect(columns.x![999_999]).toBe(1_000_000);
});

describe('the data base of a package', () => {
  const value = readFileSync(fixture('frame-v2.rds'));
  const packed = deflateSync(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);

  /** The list that R writes of where values lie, of one value called `x`. */
  const index = (offset: number, size: number): Buffer => {
    const int = (...values: number[]) => Buffer.concat(values.map(intOf));
    const text = (name: string) => Buffer.concat([int(0x40009, name.length), Buffer.from(name)]);
    const names = (name: string) =>
      Buffer.concat([int(0x402, 1), text('names'), int(16, 1), text(name), int(254)]);
    const again = (name: string) => Buffer.concat([int(0x402, 0x1ff), int(16, 1), text(name), int(254)]);
    const variables = Buffer.concat([int(0x213, 1), int(13, 2, offset, size), names('x')]);
    return Buffer.concat([Buffer.from('X\n'), int(2, 0, 0), int(0x213, 1), variables, again('variables')]);
  };
  const intOf = (n: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(n);
    return bytes;
  };
  const write = (offset: number, size: number, content: Uint8Array) => {
    file('Rdata.rdb', content);
    file('Rdata.rdx', gzipSync(index(offset, size)));
    return readRPackageTable(`${folder}/Rdata`, 'x');
  };
  const whole = Buffer.concat([Buffer.from('before'), length, packed]);

  test('gives a table by its name', async () => {
    expect(await write(6, 4 + packed.length, whole)).toEqual(frame);
    await expect(readRPackageTable(`${folder}/Rdata`, 'y')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/no "y". Names: x/),
    });
    await expect(readRPackageTable(`${folder}/none`, 'y')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test.each([
    [6, 5 + packed.length, whole, /its index names bytes/],
    [-1, 4, whole, /its index names bytes/],
    [6, 3, whole, /its index names bytes/],
    [6, packed.length, whole, /does not unpack/],
    [0, 6 + packed.length, Buffer.concat([Buffer.alloc(4, 1), whole]), /does not unpack/],
  ])('is refused when its places are wrong: %i %i', async (offset, size, content, message) => {
    await expect(write(offset, size, content)).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(message),
    });
  });
});

describe('refuses', () => {
  test('functions, which are programs', async () => {
    await expect(readRTables(fixture('function.rds'))).rejects.toMatchObject({
      code: 'UNSAFE_FORMAT',
      message: expect.stringMatching(/holds a function.*saveRDS\(as.data.frame\(x\), path\)/),
    });
  });

  const xdr = (...ints: number[]) =>
    Buffer.concat([Buffer.from('X\n'), Buffer.from(new Int32Array([2, 0, 0, ...ints]).buffer).swap32()]);

  test.each([
    ['nothing', Buffer.alloc(0), /no R data/],
    ['a text form', Buffer.from('A\n2\n'), /no R data/],
    ['a damaged pack', readFileSync(fixture('frame.rds')).subarray(0, 60), /does not unpack/],
    ['a damaged xz', readFileSync(fixture('frame-xz.rds')).subarray(0, 60), /does not unpack/],
    ['another version', Buffer.concat([Buffer.from('X\n'), Buffer.alloc(12, 1)]), /version is/],
    ['more numbers than bytes', xdr(14, 2 ** 30), /no room for/],
    ['a negative number of them', xdr(14, -1), /no room for/],
    ['deep nesting', xdr(...Array.from({ length: 500 }, () => [19, 1]).flat()), /deeper than 200/],
    ['a reference to nothing', xdr(0x1ff), /points at nothing/],
    ['an unknown type', xdr(99), /type 99/],
    ['something behind', xdr(254, 254), /something follows/],
    ['numbers that are no table', xdr(14, 0), /no data frame/],
  ])('%s', async (_, content, message) => {
    await expect(readRTables(file('bad.rds', content))).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(message),
    });
  });
});
