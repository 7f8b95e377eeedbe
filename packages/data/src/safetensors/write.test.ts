import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratch } from '../vectors/testing.case.js';
import { packSafetensors } from './memory.js';
import { openSafetensors } from './open.js';
import type { TensorToWrite } from './write.js';
import { writeCheckpoint, writeSafetensors } from './write.js';

const { folder } = scratch();
const of = (name: string, data: TensorToWrite['data'], shape = [4]): TensorToWrite => ({
  name,
  dtype: 'U8',
  shape,
  data,
});
const whole = Uint8Array.of(1, 2, 3, 4);

test('tensors may come in pieces, and are asked for when it is their turn', async () => {
  const path = join(folder, 'pieces.safetensors');
  const asked: string[] = [];
  const progress: number[] = [];
  await writeSafetensors(
    path,
    [
      of('b', () => {
        asked.push('b');
        return [Uint8Array.of(1), Uint8Array.of(2, 3, 4)];
      }),
      of('a', async function* () {
        asked.push('a');
        yield whole.subarray(0, 2);
        yield whole.subarray(2);
      }),
      of('c', whole),
    ],
    { onProgress: ({ done }) => progress.push(done) },
  );
  expect(asked).toEqual(['a', 'b']);
  expect(progress).toEqual([4, 8, 12]);
  const data = new Uint8Array(whole);
  const tensors = ['a', 'b', 'c'].map((name) => ({ name, dtype: 'U8' as const, shape: [4], data }));
  expect(readFileSync(path)).toEqual(Buffer.from(packSafetensors(tensors)));
});

describe('leaves nothing behind when', () => {
  const before = 'what was there';
  const attempt = async (tensors: readonly TensorToWrite[], more: object, expected: object) => {
    const path = join(folder, 'kept', 'file.safetensors');
    await writeSafetensors(path, [of('a', whole)], { force: true });
    writeFileSync(path, before);
    await expect(writeSafetensors(path, tensors, { force: true, ...more })).rejects.toMatchObject(expected);
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(join(folder, 'kept'))).toEqual(['file.safetensors']);
  };

  test.each([
    ['numbers are too few', of('a', Uint8Array.of(1)), /"a" are 1 bytes, its shape \[4\] of U8 needs 4/],
    ['numbers are too many', of('a', new Uint8Array(5)), /"a" are 5 bytes/],
    ['pieces are too few', of('a', () => [whole.subarray(1)]), /"a" are 3 bytes/],
    ['pieces are too many', of('a', () => [whole, whole]), /"a" are 8 or more bytes/],
    ['a name is no name', of('__metadata__', whole), /No tensor can be called/],
    ['a name is half a character', of('\ud800', whole), /No tensor can be called/],
    ['a shape is none', of('a', whole, [2.5]), /The shape of "a"/],
  ])('%s', async (_, tensor, message) => {
    const expected = { code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) };
    await attempt([tensor], {}, expected);
  });

  test('a tensor cannot be had', async () => {
    const failing = of('a', () => {
      throw new Error('no such tensor');
    });
    await attempt([failing], {}, { message: 'no such tensor' });
  });

  test('it is stopped', async () => {
    const controller = new AbortController();
    const stopping = of('a', () => {
      controller.abort();
      return whole;
    });
    await attempt([stopping, of('b', whole)], { signal: controller.signal }, { code: 'ABORTED' });
  });

  test('two tensors have one name, or metadata is no text', async () => {
    await attempt([of('a', whole), of('a', whole)], {}, { message: expect.stringMatching(/Two tensors/) });
    await attempt([of('a', whole)], { metadata: { a: 1 } }, { message: expect.stringMatching(/no text/) });
  });

  test('the disk has no room, before any tensor is asked for', async () => {
    const huge = of('a', () => {
      throw new Error('asked for');
    }, [2 ** 31, 2 ** 15]);
    await attempt([huge], {}, { code: 'DISK_FULL', message: expect.stringMatching(/has room for/) });
  });
});

test('a file that is there stays without force', async () => {
  const path = join(folder, 'there.safetensors');
  await writeSafetensors(path, [of('a', whole)]);
  await expect(writeSafetensors(path, [of('b', whole)])).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  await writeSafetensors(path, [of('b', whole)], { force: true });
  const file = await openSafetensors(path);
  expect([...file.tensors.keys()]).toEqual(['b']);
  await file.close();
});

describe('a checkpoint', () => {
  test('that fits has one file; the library transformers finds its metadata', async () => {
    const target = join(folder, 'one');
    expect(await writeCheckpoint(target, [of('a', whole)])).toEqual(['model.safetensors']);
    const file = await openSafetensors(target);
    expect(file.metadata).toEqual({ format: 'pt' });
    await file.close();
  });

  test('that does not fit has several, filled in the order given; a large tensor has its own', async () => {
    const target = join(folder, 'several');
    const sizes = [3, 3, 20, 4, 4];
    const tensors = sizes.map((size, i) => of(`t${i}`, new Uint8Array(size), [size]));
    await writeCheckpoint(target, tensors, { maxShardSize: 8, name: 'tiny', metadata: { by: 'us' } });
    const list = JSON.parse(readFileSync(join(target, 'tiny.safetensors.index.json'), 'utf8'));
    expect(list.metadata).toEqual({ total_size: 34, by: 'us' });
    const shard = (n: number) => `tiny-0000${n}-of-00003.safetensors`;
    expect(list.weight_map).toEqual({ t0: shard(1), t1: shard(1), t2: shard(2), t3: shard(3), t4: shard(3) });
    await expect(writeCheckpoint(target, tensors, { maxShardSize: 8, name: 'tiny' })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
  });

  test('refuses a size of files that is none, and a name that would come into two files', async () => {
    const twice = [of('a', whole), of('a', whole)];
    await expect(writeCheckpoint(folder, twice, { maxShardSize: 0 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await expect(writeCheckpoint(join(folder, 'twice'), twice, { maxShardSize: 4 })).rejects.toThrow(
      /Two tensors are called "a"/,
    );
  });
});
