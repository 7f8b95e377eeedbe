import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fixture, scratch } from '../vectors/testing.case.js';
import { packSafetensors, unpackSafetensors } from './memory.js';
import { openSafetensors, type Tensor } from './open.js';
import { writeSafetensors } from './write.js';

const { folder } = scratch();

/** What `fixtures/make-safetensors.py` wrote with the reference library. */
const shape = [2, 3];
const count = [0, 1, 2, 3, 4, 5];
const minus3 = count.map((n) => n - 3);
const expected: readonly Tensor[] = [
  { name: 'a.float64', dtype: 'F64', shape, data: Float64Array.from(count, (n) => n / 3) },
  { name: 'bfloat16', dtype: 'BF16', shape: [3], data: Uint16Array.of(0x3f80, 0xc020, 0x7f80) },
  { name: 'empty', dtype: 'F32', shape: [0, 4], data: new Float32Array() },
  {
    name: 'float16',
    dtype: 'F16',
    shape,
    data: Uint16Array.of(0xc100, 0xbe00, 0xb800, 0x3800, 0x3e00, 0x4100),
  },
  { name: 'int16', dtype: 'I16', shape, data: Int16Array.from(minus3) },
  { name: 'int32', dtype: 'I32', shape, data: Int32Array.from(minus3) },
  { name: 'int64', dtype: 'I64', shape, data: BigInt64Array.from(minus3, BigInt) },
  { name: 'int8', dtype: 'I8', shape, data: Int8Array.from(minus3) },
  { name: 'scalar', dtype: 'F32', shape: [], data: Float32Array.of(7) },
  { name: 'uint8', dtype: 'U8', shape, data: Uint8Array.from(count) },
  { name: 'z.float32', dtype: 'F32', shape, data: Float32Array.from(count, (n) => n / 4 - 0.5) },
  { name: 'é ümlaut', dtype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) },
];

const path = fixture('reference.safetensors');

test('what the reference library wrote is read', async () => {
  const file = await openSafetensors(path);
  expect(file.metadata).toEqual({ format: 'pt' });
  expect([...file.tensors.keys()].sort()).toEqual(expected.map(({ name }) => name));
  for (const tensor of expected) expect(await file.read(tensor.name)).toEqual(tensor);
  expect(Array.from(await file.readFloat32('float16'))).toEqual([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]);
  expect(Array.from(await file.readFloat32('bfloat16'))).toEqual([1, -2.5, Number.POSITIVE_INFINITY]);
  await file.close();
  const { tensors } = unpackSafetensors(readFileSync(path));
  for (const tensor of expected) expect(tensors.get(tensor.name)).toEqual(tensor);
});

test('the same bytes are written', async () => {
  const reference = readFileSync(path);
  const metadata = { format: 'pt' };
  expect(Buffer.from(packSafetensors(expected, { metadata }))).toEqual(reference);
  await writeSafetensors(join(folder, 'same.safetensors'), expected, { metadata });
  expect(readFileSync(join(folder, 'same.safetensors'))).toEqual(reference);
});

test('any tensors come back, wherever their bytes lie', () => {
  const one = fc.record({
    name: fc.string({ unit: 'grapheme', maxLength: 12 }).filter((name) => !name.startsWith('__')),
    dtype: fc.constantFrom('F32', 'U8', 'F64', 'I16'),
    shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
  });
  const arrays = { F32: Float32Array, U8: Uint8Array, F64: Float64Array, I16: Int16Array } as const;
  fc.assert(
    fc.property(
      fc.uniqueArray(one, { selector: ({ name }) => name, maxLength: 6 }),
      fc.constantFrom('file', 'given'),
      fc.integer({ min: 0, max: 9 }),
      (specs, order, offset) => {
        const tensors = specs.map(({ name, dtype, shape }) => {
          const size = shape.reduce((product, n) => product * n, 1);
          const data = new arrays[dtype as keyof typeof arrays](size).map(
            (_: number, i: number) => i + name.length,
          );
          return { name, dtype, shape, data } as Tensor;
        });
        const packed = packSafetensors(tensors, { order: order as 'file' | 'given' });
        const moved = new Uint8Array(packed.length + offset);
        moved.set(packed, offset);
        const { tensors: read } = unpackSafetensors(moved.subarray(offset));
        for (const tensor of tensors) expect(read.get(tensor.name)).toEqual(tensor);
        if (order === 'given') expect([...read.keys()]).toEqual(tensors.map(({ name }) => name));
      },
    ),
    { seed: 3, numRuns: 300 },
  );
});
