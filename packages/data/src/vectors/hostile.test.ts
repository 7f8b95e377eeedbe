import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fixture, readAll, scratch } from './testing.case.js';

const { folder, file } = scratch();

/** A `.npy` file with any header. */
function npy(
  header: string,
  data: Uint8Array = new Uint8Array(),
  version: readonly number[] = [1, 0],
): Buffer {
  const body = Buffer.from(header, 'latin1');
  const length = Buffer.alloc(version[0] === 1 ? 2 : 4);
  if (version[0] === 1) length.writeUInt16LE(body.length);
  else length.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from(version), length, body, data]);
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
const header = (descr: string, order: string, shape: string) =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

async function refusal(name: string, content: Uint8Array) {
  const error = await readAll(file(name, content)).then(
    () => undefined,
    (error) => error,
  );
  expect(error).toMatchObject({ name: 'FletchError' });
  expect(error.message).toContain(name.split('.')[0]);
  return error as { code: string; message: string };
}

describe('headers of .npy', () => {
  test('one that is right is read', async () => {
    const path = file('right.npy', npy(header("'<f4'", 'False', '(1, 2)'), floats(1, 2)));
    expect((await readAll(path)).rows).toEqual([[1, 2]]);
  });

  test.each([
    [
      'a shape that promises exabytes',
      npy(header("'<f4'", 'False', '(4611686018427387904, 2)')),
      /not that of one plain/,
    ],
    [
      'a shape whose product overflows',
      npy(header("'<f4'", 'False', '(9007199254740991, 65536)')),
      /promises/,
    ],
    ['more rows than bytes', npy(header("'<f4'", 'False', '(3, 2)'), floats(1, 2)), /cut off or is damaged/],
    ['trailing bytes', npy(header("'<f4'", 'False', '(1, 1)'), floats(1, 2)), /save one array a file/],
    ['a negative size', npy(header("'<f4'", 'False', '(-1, 2)')), /not that of one plain/],
    ['one dimension', npy(header("'<f4'", 'False', '(2,)'), floats(1, 2)), /its shape is \(2\)/],
    [
      'three dimensions',
      npy(header("'<f4'", 'False', '(1, 2, 1)'), floats(1, 2)),
      /its shape is \(1, 2, 1\)/,
    ],
    ['no dimension', npy(header("'<f4'", 'False', '(2, 0)')), /0 dimensions/],
    ['too many dimensions', npy(header("'<f4'", 'False', '(0, 70000)')), /70000 dimensions/],
    ['complex numbers', npy(header("'<c8'", 'False', '(1, 1)'), floats(1, 2)), /type c8/],
    ['texts', npy(header("'<U4'", 'False', '(1, 1)'), new Uint8Array(16)), /type U4/],
    ['records', npy(header("[('a', '<f4'), ('b', '<f4')]", 'False', '(1,)'), floats(1, 2)), /named fields/],
    ['a program', npy("__import__('os').system('x')"), /not that of one plain/],
    ['a program inside', npy(header("'<f4'", 'exit()', '(1, 1)'), floats(1)), /not that of one plain/],
    [
      'a key twice',
      npy(`{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1, 1)}`),
      /not that of one/,
    ],
    [
      'a key too many',
      npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), 'x': 1}`),
      /not that of one/,
    ],
    [
      'a length of 4 GiB',
      Buffer.concat([npy('', new Uint8Array(), [2, 0]).subarray(0, 8), words(0xffffffff)]),
      /4294967295 bytes/,
    ],
    ['a length past the end', npy('').fill(0xff, 8, 10), /ends at byte|would have/],
    ['version 9', npy('', new Uint8Array(), [9, 0]), /version is 9/],
    ['no version', Buffer.from('\x93NUM', 'latin1'), /does not begin/],
  ])('%s', async (_, content, message) => {
    expect(await refusal('bad.npy', content)).toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(message),
    });
  });

  test.each(["'|O'", "'O'", "'|O8'"])('pickled objects %s', async (descr) => {
    const error = await refusal('objects.npy', npy(header(descr, 'False', '(1, 1)'), floats(1)));
    expect(error).toMatchObject({
      code: 'UNSAFE_FORMAT',
      message: expect.stringMatching(/astype\("float32"\)/),
    });
  });

  test('those that NumPy pickles', async () => {
    await expect(readAll(fixture('pickled.npy'))).rejects.toMatchObject({ code: 'UNSAFE_FORMAT' });
  });
});

describe('archives', () => {
  test('a bomb is refused by its sizes, before it is unpacked', async () => {
    const started = performance.now();
    await expect(readAll(fixture('bomb.npz'))).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(/more than 200 times: it looks like a zip bomb/),
    });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test('sizes that lie are noticed', async () => {
    const content = Buffer.from(readFileSync(fixture('packed.npz')));
    // The central directory's size of the first file, unpacked.
    const entry = content.indexOf(Buffer.from('PK\x01\x02'));
    content.writeUInt32LE(content.readUInt32LE(entry + 24) + 20, entry + 24);
    const error = { code: 'INVALID_INPUT_FILE' };
    await expect(readAll(file('lie.npz', content), { part: 'vectors' })).rejects.toMatchObject(error);
  });

  test('what is column by column must not be packed', async () => {
    await expect(readAll(fixture('fortran.npz'))).rejects.toMatchObject({
      message: expect.stringMatching(/ascontiguousarray/),
    });
  });
});

describe('bare vectors', () => {
  test.each([
    ['bad.fvecs', words(2 ** 31 - 1, 0), /2147483647 dimensions/],
    ['bad.fvecs', words(0, 0), /0 dimensions/],
    ['bad.fvecs', words(0xffffffff), /-1 dimensions/],
    ['bad.fvecs', words(2, 0, 0, 2, 0), /no multiple of 12/],
    ['bad.fvecs', words(1, 0, 2, 0), /row 1 has 2 dimensions, the first has 1/],
    ['bad.fvecs', new Uint8Array(), /empty/],
    ['bad.fvecs', new Uint8Array(3), /ends at byte 3/],
    ['bad.bvecs', Buffer.concat([words(3), new Uint8Array(2)]), /no multiple of 7/],
    ['bad.fbin', words(0xffffffff, 65536), /promises 4294967295 rows of 262144 bytes/],
    ['bad.fbin', words(1, 70000), /70000 dimensions/],
    ['bad.fbin', words(1, 1, 0, 0), /end at byte 12, the file at 16/],
    ['bad.fbin', words(1), /ends at byte 4/],
    ['bad.u8bin', Buffer.concat([words(2, 3), new Uint8Array(5)]), /cut off/],
  ])('%s: %j', async (name, content, message) => {
    expect(await refusal(name, content)).toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(message),
    });
  });
});

describe('indexes', () => {
  test.each([
    [
      'the vectors are missing',
      (bytes: Buffer) => bytes.subarray(bytes.indexOf('usearch')),
      /saved without its vectors/,
    ],
    ['it is cut off', (bytes: Buffer) => bytes.subarray(0, -60), /does not fit|ends at byte/],
    [
      'the graph is another',
      (bytes: Buffer) => patch64(bytes, bytes.indexOf('usearch') + 64, 9n),
      /9 nodes, but there are 24/,
    ],
    [
      'links without end',
      (bytes: Buffer) => patch64(bytes, bytes.indexOf('usearch') + 72, 2n ** 62n),
      /links/,
    ],
    ['another kind', (bytes: Buffer) => patch8(bytes, bytes.indexOf('usearch') + 14, 1), /of kind 1/],
    [
      'several vectors a key',
      (bytes: Buffer) => patch8(bytes, bytes.indexOf('usearch') + 41, 1),
      /several vectors/,
    ],
    [
      'other dimensions',
      (bytes: Buffer) => patch64(bytes, bytes.indexOf('usearch') + 33, 7n),
      /7 dimensions/,
    ],
    [
      'a level below',
      (bytes: Buffer) => patch8(bytes, bytes.indexOf('usearch') + 64 + 40 + 1, 0x80),
      /on level -/,
    ],
  ])('of USearch: %s', async (_, change, message) => {
    const error = await refusal('bad.usearch', change(Buffer.from(readFileSync(fixture('f32.usearch')))));
    expect(error).toMatchObject({ code: 'INVALID_INPUT_FILE', message: expect.stringMatching(message) });
  });

  test('of hnswlib: a header that does not hang together', async () => {
    for (const at of [0, 16, 24, 32, 40, 56, 64, 72, 80]) {
      const bytes = Buffer.from(readFileSync(fixture('small.hnsw')));
      bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at) + 2n ** 40n, at);
      expect(await refusal('bad.hnsw', bytes)).toMatchObject({ code: 'INVALID_INPUT_FILE' });
    }
  });

  const patch64 = (bytes: Buffer, at: number, value: bigint) => {
    bytes.writeBigUInt64LE(value, at);
    return bytes;
  };
  const patch8 = (bytes: Buffer, at: number, value: number) => {
    bytes[at] = value;
    return bytes;
  };
});

describe.skipIf(process.platform === 'win32')('what is no file', () => {
  test('a pipe is refused rather than waited for', async () => {
    const path = `${folder}/pipe.npy`;
    execFileSync('mkfifo', [path]);
    await expect(readAll(path)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

test('a damaged HDF5 file is refused without a word on the console', async () => {
  for (const content of ['hello', Buffer.concat([readFileSync(fixture('ann.hdf5')).subarray(0, 600)])])
    expect(await refusal('bad.hdf5', Buffer.from(content))).toMatchObject({ code: 'INVALID_INPUT_FILE' });
});

describe('Parquet files that made the library grow a list, or unpack, without end', () => {
  test.each(['run-without-end', 'unpacks-without-end'])(
    '%s',
    async (name) => {
      await expect(readAll(fixture(`attacks/${name}.parquet`))).rejects.toMatchObject({
        code: 'INVALID_INPUT_FILE',
        message: expect.stringMatching(/needed too much memory|took longer|no sound Parquet file/),
      });
    },
    60_000,
  );

  test('groups of rows with other columns than the schema', async () => {
    const bytes = Buffer.from(readFileSync(fixture('snappy.parquet')));
    const last = bytes.lastIndexOf('note');
    bytes.write('nope', last, 'latin1');
    await expect(readAll(file('columns.parquet', bytes))).rejects.toThrow(/other columns than its schema/);
  });
});

test('an HDF5 file that made the library run without end is given up', async () => {
  const path = fixture('attacks/runs-without-end.hdf5');
  await expect(readAll(path)).rejects.toMatchObject({
    code: 'INVALID_INPUT_FILE',
    message: expect.stringMatching(/took longer than 10 s: it is damaged/),
  });
  // The next file has a thread of its own.
  expect((await readAll(fixture('ann.hdf5'))).rows).toHaveLength(7);
}, 60_000);
