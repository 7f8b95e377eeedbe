import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, exportOnnx, matmul, type Tensor } from '@fletch/array';
import { afterAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../open.js';
import { external, field, floats, model, tensor, varint } from './testing.case.js';

const root = mkdtempSync(join(tmpdir(), 'fletch-onnx-'));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
function write(content: Uint8Array, files: Readonly<Record<string, Uint8Array>> = {}): string {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  writeFileSync(join(folder, 'model.onnx'), content);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return join(folder, 'model.onnx');
}

async function readAll(path: string): Promise<Record<string, readonly unknown[]>> {
  const checkpoint = await openCheckpoint(path);
  const entries = [];
  for (const { name, dtype, shape } of checkpoint.tensors.values())
    entries.push([name, [dtype, shape, [...(await checkpoint.readFloat32(name))]]] as const);
  await checkpoint.close();
  return Object.fromEntries(entries);
}

describe('numbers are read however they are written', () => {
  test.each<[string, Buffer, readonly [string, readonly number[], number[]]]>([
    ['raw', tensor('a', 1, [2, 1], field(9, floats(1, 2))), ['F32', [2, 1], [1, 2]]],
    ['a packed list', tensor('a', 1, [2], field(4, floats(1, 2))), ['F32', [2], [1, 2]]],
    [
      'a list in two pieces',
      tensor('a', 1, [2], field(4, floats(1)), field(4, floats(2))),
      ['F32', [2], [1, 2]],
    ],
    [
      '64-bit floats',
      tensor('a', 11, [1], field(10, Buffer.from(Float64Array.of(0.5).buffer))),
      ['F64', [1], [0.5]],
    ],
    [
      'whole numbers',
      tensor('a', 7, [3], field(7, Buffer.concat([varint(1), varint(-2), varint(300)]))),
      ['I64', [3], [1, -2, 300]],
    ],
    [
      'bytes as 32-bit numbers',
      tensor('a', 3, [2], field(5, Buffer.concat([varint(-1), varint(127)]))),
      ['I8', [2], [-1, 127]],
    ],
    [
      'half precision as 32-bit numbers',
      tensor('a', 10, [2], field(5, Buffer.concat([varint(0x3c00), varint(0xc000)]))),
      ['F16', [2], [1, -2]],
    ],
    ['bfloat16', tensor('a', 16, [1], field(9, Buffer.from([0x80, 0x3f]))), ['BF16', [1], [1]]],
    [
      'packed sizes',
      Buffer.concat([
        field(1, Buffer.concat([varint(2), varint(1)])),
        tensor('a', 1, [], field(9, floats(1, 2))),
      ]),
      ['F32', [2, 1], [1, 2]],
    ],
    ['a scalar', tensor('a', 1, [], field(9, floats(3))), ['F32', [], [3]]],
    ['nothing', tensor('a', 1, [0]), ['F32', [0], []]],
  ])('%s', async (_, content, expected) => {
    expect(await readAll(write(model(content)))).toEqual({ a: expected });
  });

  test('in another file of the folder, and in part', async () => {
    const content = model(
      tensor('a', 1, [2], external({ location: 'data.bin', offset: '4', length: '8' })),
      tensor('b', 1, [1], external({ location: 'data.bin' })),
    );
    const path = write(content, { 'data.bin': floats(7, 1, 2) });
    expect(await readAll(path)).toEqual({ a: ['F32', [2], [1, 2]], b: ['F32', [1], [7]] });
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint.tensors.get('a')).toMatchObject({ file: 'data.bin', size: 8 });
    expect(await checkpoint.readBytes('a', 4, 6)).toEqual(Buffer.from([0, 0]));
    expect(checkpoint.metadata).toEqual({ ir_version: '8', producer_name: 'a test', note: 'of the author' });
    await checkpoint.close();
  });

  test('a model that @fletch/array exports, by its folder', async () => {
    const weight = array([
      [1, 2],
      [3, 4],
    ]);
    const bytes = exportOnnx((x: Tensor) => matmul(x, weight), [array([[1, 1]])]);
    const path = write(bytes);
    const read = Object.values(await readAll(join(path, '..')));
    expect(read).toContainEqual(['F32', [2, 2], [1, 2, 3, 4]]);
  });

  test('texts are no weights', async () => {
    expect(await readAll(write(model(tensor('a', 8, [1], field(6, 'x')))))).toEqual({});
  });
});

describe('refuses', () => {
  test.each<[string, Buffer, string]>([
    ['no graph', field(1, 8), 'it has no graph'],
    ['two graphs', Buffer.concat([model(), model()]), 'two graphs'],
    ['a field that ends beyond the file', model().subarray(0, 20), 'it was cut off, or a length in it lies'],
    ['a length of 2^60', Buffer.concat([varint((7 << 3) | 2), varint(2n ** 60n)]), 'a length in it lies'],
    ['a number without an end', Buffer.concat([varint(8), Buffer.alloc(11, 0xff)]), 'longer than 64 bits'],
    ['an unknown kind of field', Buffer.from([0x0b]), 'unknown kind 3'],
    ['an unknown type', model(tensor('a', 77, [1], field(9, floats(1)))), 'is 77, which is not known'],
    ['no name', model(tensor('', 1, [1], field(9, floats(1)))), 'has the name ""'],
    ['a name that stands twice', model(tensor('a', 1, [0]), tensor('a', 1, [0])), '"a" stands twice'],
    [
      'too few bytes',
      model(tensor('a', 1, [3], field(9, floats(1)))),
      'has 4 bytes, its shape and type need 12',
    ],
    ['too few numbers', model(tensor('a', 7, [3], field(7, varint(1)))), 'too few for its shape'],
    ['numbers of another type', model(tensor('a', 1, [1], field(7, varint(1)))), 'written as another type'],
    [
      'numbers twice',
      model(tensor('a', 1, [1], field(9, floats(1)), field(4, floats(1)))),
      'has its numbers twice',
    ],
    ['sizes beyond all bytes', model(tensor('a', 1, [2 ** 40, 2 ** 40])), 'more than there are bytes'],
    ['too many axes', model(tensor('a', 1, Array(40).fill(1))), 'more than 32 axes'],
    ['sparse initializers', field(7, field(15, Buffer.alloc(0))), 'sparse'],
    ['a file without a name', model(tensor('a', 1, [1], external({ offset: '0' }))), 'which is not named'],
    [
      'an offset that is no number',
      model(tensor('a', 1, [1], external({ location: 'x', offset: '-4' }))),
      'no whole number',
    ],
    [
      'another length',
      model(tensor('a', 1, [1], external({ location: 'model.onnx', length: '2' }))),
      'claims to have 2 bytes',
    ],
    [
      'an end beyond the other file',
      model(tensor('a', 1, [1], external({ location: 'model.onnx', offset: '900' }))),
      'would end at byte 904',
    ],
  ])('%s', async (_, content, message) => {
    await expect(openCheckpoint(write(content))).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringContaining(message),
    });
  });

  test('a list of another length than the shape, when it is read', async () => {
    const checkpoint = await openCheckpoint(
      write(model(tensor('a', 7, [1], field(7, Buffer.concat([varint(1), varint(2)]))))),
    );
    await expect(checkpoint.readFloat32('a')).rejects.toThrow('has 2 numbers, its shape needs 1');
    await checkpoint.close();
  });

  test.each(['../secret', '/etc/passwd', 'a/b', '..', 'C:\\x'])('a file at %s', async (location) => {
    const content = model(tensor('a', 1, [1], external({ location })));
    writeFileSync(join(root, 'secret'), floats(1));
    await expect(openCheckpoint(write(content))).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
  });

  test('links to another folder, and hard links', async () => {
    writeFileSync(join(root, 'secret'), floats(1));
    const content = model(tensor('a', 1, [1], external({ location: 'data' })));
    for (const link of [symlinkSync, linkSync]) {
      const path = write(content);
      await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      link(join(root, 'secret'), join(path, '..', 'data'));
      await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
    }
  });
});
