import { linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratch } from '../vectors/testing.case.js';
import { unpackSafetensors } from './memory.js';
import { openSafetensors } from './open.js';
import type { SafetensorsRule } from './rules.js';
import { writeCheckpoint, writeSafetensors } from './write.js';

const { folder, file } = scratch();

/** A file with any header, and so many bytes behind it. */
function raw(header: string | Uint8Array, data = 0, length?: bigint): Buffer {
  const text = Buffer.from(header);
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([head, text, Buffer.alloc(data)]);
}

const entry = (name: string, more: object = {}) =>
  `{"${name}":${JSON.stringify({ dtype: 'F32', shape: [2], data_offsets: [0, 8], ...more })}}`;
const two = (a: number[], b: number[]) =>
  JSON.stringify({
    a: { dtype: 'U8', shape: [a[1]! - a[0]!], data_offsets: a },
    b: { dtype: 'U8', shape: [b[1]! - b[0]!], data_offsets: b },
  });

const cases: readonly (readonly [SafetensorsRule, string, Buffer])[] = [
  ['LENGTH', 'nothing', Buffer.alloc(0)],
  ['LENGTH', 'seven bytes', Buffer.alloc(7)],
  ['HEADER_IN_FILE', 'a length of 2^63', raw('{}', 0, 2n ** 63n)],
  ['HEADER_IN_FILE', 'a length of 2^64 - 1', raw('{}', 0, 2n ** 64n - 1n)],
  ['HEADER_IN_FILE', 'a length beyond the file', raw('{}', 0, 3n)],
  ['FIRST_BYTE', 'an empty header', raw('', 4)],
  ['FIRST_BYTE', 'a list', raw('[1]')],
  ['FIRST_BYTE', 'a space before', raw(` ${entry('a')}`, 8)],
  ['FIRST_BYTE', 'a byte-order mark', raw(`\ufeff${entry('a')}`, 8)],
  ['PADDING', 'zeros behind', raw(`${entry('a')}\0\0`, 8)],
  ['PADDING', 'a line break behind', raw(`${entry('a')}\n`, 8)],
  ['UTF8', 'no UTF-8', raw(Buffer.from('{"\xff":1}', 'latin1'))],
  ['UTF8', 'an overlong slash', raw(Buffer.from('{"\xc0\xaf":1}', 'latin1'))],
  ['JSON', 'no JSON', raw('{"a":}')],
  ['JSON', 'two objects', raw('{}{}')],
  ['JSON', 'deep nesting', raw(`{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`)],
  ['JSON', 'a string without end', raw('{"a}')],
  ['DUPLICATE_KEY', 'a tensor twice', raw(`${entry('a').slice(0, -1)},${entry('a').slice(1)}`, 8)],
  [
    'DUPLICATE_KEY',
    'a tensor twice, once escaped',
    raw(`${entry('a').slice(0, -1)},${entry('\\u0061').slice(1)}`, 8),
  ],
  [
    'DUPLICATE_KEY',
    'a field twice',
    raw('{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 8),
  ],
  ['NAME', '__proto__', raw(entry('__proto__'), 8)],
  ['NAME', 'half a character', raw(entry('\\ud800'), 8)],
  ['METADATA', 'metadata that is a text', raw('{"__metadata__":"x"}')],
  ['METADATA', 'metadata with a number', raw('{"__metadata__":{"a":1}}')],
  ['METADATA', 'metadata with a list', raw('{"__metadata__":{"a":["b"]}}')],
  ['FIELDS', 'an entry that is a number', raw('{"a":1}')],
  ['FIELDS', 'an unknown field', raw(entry('a', { more: 1 }), 8)],
  ['DTYPE', 'an unknown type', raw(entry('a', { dtype: 'F33' }), 8)],
  ['DTYPE', 'a type named as a method', raw(entry('a', { dtype: 'toString' }), 8)],
  ['DTYPE', 'no type', raw('{"a":{"shape":[2],"data_offsets":[0,8]}}', 8)],
  ['PLAIN', 'a negative offset', raw(entry('a', { data_offsets: [-8, 0] }), 8)],
  ['PLAIN', 'a fraction', raw(entry('a', { data_offsets: [0, 8.5] }), 8)],
  ['PLAIN', 'a whole number with a fraction', raw(entry('a').replace('8]', '8.0]'), 8)],
  ['PLAIN', 'a number with an exponent', raw(entry('a').replace('8]', '8e0]'), 8)],
  ['PLAIN', 'null', raw('{"a":null}')],
  ['OFFSETS', 'beyond 2^53', raw(entry('a').replace('8]', '9007199254740993]'), 8)],
  ['OFFSETS', 'end before begin', raw(entry('a', { data_offsets: [8, 0] }), 8)],
  ['OFFSETS', 'three', raw(entry('a', { data_offsets: [0, 8, 8] }), 8)],
  ['OFFSETS', 'texts', raw(entry('a', { data_offsets: ['0', '8'] }), 8)],
  ['OFFSETS', 'an object', raw(entry('a', { data_offsets: { 0: 0, 1: 8, length: 2 } }), 8)],
  ['SHAPE', 'no shape', raw('{"a":{"dtype":"F32","data_offsets":[0,8]}}', 8)],
  ['SHAPE', 'a size beyond 2^32', raw(entry('a', { shape: [2 ** 32] }), 8)],
  ['SHAPE', 'a product that overflows', raw(entry('a', { shape: [2 ** 31, 2 ** 31, 2 ** 31] }), 8)],
  ['SHAPE', 'a text', raw(entry('a', { shape: ['2'] }), 8)],
  [
    'SHAPE',
    'bits that end inside a byte',
    raw(entry('a', { dtype: 'F4', shape: [3], data_offsets: [0, 2] }), 2),
  ],
  ['SIZE', 'more bytes than the shape needs', raw(entry('a', { data_offsets: [0, 12] }), 12)],
  ['SIZE', 'bytes of an empty tensor', raw(entry('a', { shape: [0] }), 8)],
  ['SIZE', 'a scalar of two numbers', raw(entry('a', { shape: [] }), 8)],
  ['CONTIGUOUS', 'an overlap', raw(two([0, 8], [4, 12]), 12)],
  ['CONTIGUOUS', 'the same bytes twice', raw(two([0, 8], [0, 8]), 8)],
  ['CONTIGUOUS', 'a hole', raw(two([0, 8], [9, 12]), 12)],
  ['CONTIGUOUS', 'a hole at the beginning', raw(entry('a', { data_offsets: [8, 16] }), 16)],
  ['FILE_END', 'bytes behind the last tensor', raw(entry('a'), 9)],
  ['FILE_END', 'too few bytes', raw(entry('a'), 7)],
  ['FILE_END', 'another file behind an empty one', raw('{}', 100)],
];

describe('case 32: headers', () => {
  test.each(cases)('%s: %s', async (rule, _, content) => {
    const error = { code: 'INVALID_INPUT_FILE', details: expect.objectContaining({ rule }) };
    await expect(openSafetensors(file('bad.safetensors', content))).rejects.toMatchObject(error);
    expect(() => unpackSafetensors(content)).toThrow(expect.objectContaining(error));
  });

  test('longer than allowed, without reading it', async () => {
    const path = file('long.safetensors', raw('{}', 0, 25_000_001n));
    truncateSync(path, 200_000_000);
    const refused = (maxHeader?: number) =>
      expect(openSafetensors(path, maxHeader === undefined ? {} : { maxHeader })).rejects.toMatchObject({
        details: { rule: 'HEADER_LIMIT' },
      });
    await refused();
    await refused(25_000_000);
    writeFileSync(path, raw('{}', 0, 100_000_001n));
    truncateSync(path, 200_000_000);
    await refused(2 ** 40);
  });

  test('a million tensors', async () => {
    const names = Array.from(
      { length: 600_000 },
      (_, i) => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`,
    );
    const path = file('many.safetensors', raw(`{${names.join(',')}}`));
    const [limited, counted] = ['HEADER_LIMIT', 'COUNT'].map((rule) => ({ details: { rule } }));
    await expect(openSafetensors(path)).rejects.toMatchObject(limited!);
    await expect(openSafetensors(path, { maxHeader: 100_000_000 })).rejects.toMatchObject(counted!);
  });

  test('sound ones with sizes of zero, scalars, spaces, and any order are read', () => {
    const header = {
      b: { dtype: 'F32', shape: [], data_offsets: [8, 12] },
      none: { dtype: 'F64', shape: [0, 4_294_967_295, 4_294_967_295], data_offsets: [8, 8] },
      a: { data_offsets: [0, 8], dtype: 'F32', shape: [1, 2] },
      '__metadata__ ': { dtype: 'U8', shape: [0], data_offsets: [12, 12] },
    };
    const { tensors, metadata } = unpackSafetensors(raw(`${JSON.stringify(header, undefined, 1)}   `, 12));
    expect([...tensors.keys()]).toEqual(['a', 'none', 'b', '__metadata__ ']);
    expect(metadata).toEqual({});
    expect(unpackSafetensors(raw('{}')).tensors.size).toBe(0);
  });

  test('types that JavaScript has no arrays of are listed and give their bytes', async () => {
    const path = file('f8.safetensors', raw(entry('a', { dtype: 'F8_E4M3', shape: [8] }), 8));
    const opened = await openSafetensors(path);
    expect(opened.tensors.get('a')).toMatchObject({ dtype: 'F8_E4M3', size: 8 });
    await expect(opened.read('a')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/"a" is of type F8_E4M3.*readBytes/),
    });
    expect(await opened.readBytes('a')).toEqual(Buffer.alloc(8));
    await expect(opened.readBytes('a', 4, 9)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await opened.close();
  });
});

describe('case 33: lists of files', () => {
  let count = 0;
  const tensor = (name: string) => ({ name, dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }) as const;

  /** A sound checkpoint in two files, and what is done to it. */
  async function spoiled(spoil: (folder: string) => unknown): Promise<string> {
    const target = join(folder, `shards-${count++}`);
    await writeCheckpoint(target, [tensor('a'), tensor('b')], { maxShardSize: 8 });
    spoil(target);
    return target;
  }

  const index = (target: string) => join(target, 'model.safetensors.index.json');
  const second = 'model-00002-of-00002.safetensors';
  const list = (map: object) => (target: string) =>
    writeFileSync(index(target), JSON.stringify({ weight_map: map }));
  const first = 'model-00001-of-00002.safetensors';

  test('a sound one', async () => {
    await (await openSafetensors(await spoiled(() => {}))).close();
  });

  test.each([
    '../../etc/passwd',
    '../x.safetensors',
    '/etc/passwd',
    'C:\\x.safetensors',
    'c:x.safetensors',
    'sub/x.safetensors',
    'sub\\x.safetensors',
    '..',
    '.',
    '',
    'a\0.safetensors',
  ])('that name %j', async (name) => {
    const target = await spoiled(list({ a: first, b: name }));
    await expect(openSafetensors(target)).rejects.toMatchObject({
      code: 'UNSAFE_PATH',
      message: expect.stringMatching(/is not opened: a file in the same folder is named by its plain name/),
    });
  });

  test.skipIf(process.platform === 'win32').each([
    ['a symbolic link', symlinkSync, /link to a file outside/],
    ['a hard link', linkSync, /is a hard link/],
  ])('%s out of the folder, unless links are allowed', async (_, link, message) => {
    const outside = join(folder, `outside-${count}.safetensors`);
    await writeSafetensors(outside, [tensor('b')]);
    const target = await spoiled((to) => {
      link(outside, join(to, 'linked.safetensors'));
      list({ a: first, b: 'linked.safetensors' })(to);
    });
    await expect(openSafetensors(target)).rejects.toMatchObject({
      code: 'UNSAFE_PATH',
      message: expect.stringMatching(message),
    });
    await (await openSafetensors(target, { allowLinks: true })).close();
  });

  test.skipIf(process.platform === 'win32')('a circle of links, a folder, a link to a device', async () => {
    for (const make of [
      (path: string) => symlinkSync(path, path),
      (path: string) => mkdirSync(path),
      (path: string) => symlinkSync('/dev/zero', path),
    ]) {
      const target = await spoiled((to) => {
        make(join(to, 'odd.safetensors'));
        list({ a: first, b: 'odd.safetensors' })(to);
      });
      await expect(openSafetensors(target)).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
      await expect(openSafetensors(target, { allowLinks: true })).rejects.toMatchObject({
        code: 'UNSAFE_PATH',
      });
    }
  });

  test.each([
    [
      'a missing file',
      list({ a: first, b: 'none.safetensors' }),
      /names the file none.safetensors, which is missing/,
    ],
    ['a missing tensor', list({ a: first, b: second, c: second }), /"c" is not in model-00002/],
    ['a tensor that is not listed', list({ a: first }), undefined],
    ['a tensor listed for the other file', list({ a: second, b: first }), /"a" is not in model-00002.*/],
    [
      'a tensor in two files',
      (to: string) => writeSafetensors(join(to, second), [tensor('a'), tensor('b')], { force: true }),
      /"a" is in model-00001-of-00002.safetensors and in model-00002/,
    ],
  ])('%s', async (_, spoil, message) => {
    const target = await spoiled(() => {});
    await spoil(target);
    // Files that are not listed are none of its business.
    if (!message) return (await openSafetensors(target)).close();
    await expect(openSafetensors(target)).rejects.toMatchObject({
      code: 'SHARD_MISMATCH',
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ['no JSON', '{', 'INVALID_INPUT_FILE'],
    ['null', 'null', 'INVALID_INPUT_FILE'],
    ['no map', '{"weight_map":[]}', 'INVALID_INPUT_FILE'],
    ['a number for a file', '{"weight_map":{"a":1}}', 'INVALID_INPUT_FILE'],
    [
      'too many files',
      JSON.stringify({
        weight_map: Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [i, `${i}`])),
      }),
      'LIMIT_EXCEEDED',
    ],
  ])('%s', async (_, content, code) => {
    await expect(
      openSafetensors(await spoiled((to) => writeFileSync(index(to), content))),
    ).rejects.toMatchObject({
      code,
    });
  });
});

describe('case 37: pickles', () => {
  const zip = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(26), Buffer.from('archive/data.pkl')]);
  test.each([
    ['model.pt', 'x'],
    ['pytorch_model.bin', 'x'],
    ['model.ckpt', 'x'],
    ['model.pkl', 'x'],
    ['MODEL.PTH', 'x'],
    ['pickled.safetensors', Buffer.from('\x80\x02}q\0.', 'latin1')],
    ['zipped.safetensors', zip],
    ['tarred.safetensors', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0')])],
  ])('%s', async (name, content) => {
    await expect(openSafetensors(file(name, content))).rejects.toMatchObject({
      code: 'UNSAFE_FORMAT',
      message: expect.stringMatching(/is a Python pickle.*safetensors.torch import save_file/),
    });
  });

  test.each([
    ['model.h5', 'x'],
    ['model.keras', 'x'],
    ['hdf5.safetensors', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')],
  ])('%s', async (name, content) => {
    await expect(openSafetensors(file(name, content))).rejects.toMatchObject({
      code: 'UNSAFE_FORMAT',
      message: expect.stringMatching(/Keras model.*safetensors.numpy import save_file/),
    });
  });

  test('in a folder that holds nothing else', async () => {
    const path = join(folder, 'pickles', 'pytorch_model.bin');
    mkdirSync(dirname(path));
    writeFileSync(path, 'x');
    await expect(openSafetensors(dirname(path))).rejects.toMatchObject({ code: 'UNSAFE_FORMAT' });
  });
});
