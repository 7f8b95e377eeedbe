import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromFloat32 } from '@fletch/data';
import { rng } from '@fletch/linalg';
import { afterAll, describe, expect, test } from 'vitest';
import { layoutOf } from '../layouts.js';
import { openCheckpoint } from '../open.js';
import { type Entry, ggufFile, list, type TensorSpec, text, u32, u64 } from './testing.case.js';

const root = mkdtempSync(join(tmpdir(), 'fletch-gguf-'));
afterAll(() => rmSync(root, { recursive: true }));

const write = (content: Buffer, name = 'model.gguf'): string => {
  const path = join(root, name);
  writeFileSync(path, content);
  return path;
};

const [STRING, LIST] = [8, 9];
const entries: Entry[] = [
  ['general.architecture', STRING, text('llama')],
  ['llama.block_count', 4, u32(1)],
  ['llama.rope.freq_base', 6, Buffer.from(Float32Array.of(10_000).buffer)],
  [
    'tokenizer.ggml.tokens',
    LIST,
    list(
      STRING,
      Array.from({ length: 20 }, (_, i) => text(`t${i}`)),
    ),
  ],
  ['tokenizer.ggml.scores', LIST, list(6, [Buffer.from(Float32Array.of(0.5).buffer), Buffer.alloc(4)])],
  ['tokenizer.ggml.add_bos', 7, Buffer.from([1])],
];

/** Two rows of 32 numbers quantized by hand, and what they stand for. */
function quantized(kind: 'Q8_0' | 'Q4_0'): { bytes: Buffer; numbers: number[] } {
  const random = rng(4);
  const blocks: Buffer[] = [];
  const numbers: number[] = [];
  for (const scale of [0.25, 2]) {
    const half = Buffer.from(fromFloat32(Float32Array.of(scale), 'F16').buffer);
    const [low, high] = kind === 'Q8_0' ? [-128, 127] : [0, 15];
    const q = Array.from({ length: 32 }, () => low + Math.floor(random.uniform() * (high - low + 1)));
    if (kind === 'Q8_0') blocks.push(half, Buffer.from(Int8Array.from(q).buffer));
    else blocks.push(half, Buffer.from(Array.from({ length: 16 }, (_, i) => q[i]! | (q[i + 16]! << 4))));
    numbers.push(...q.map((value) => scale * (kind === 'Q8_0' ? value : value - 8)));
  }
  return { bytes: Buffer.concat(blocks), numbers };
}

const pad = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((32 - (bytes.length % 32)) % 32)]);

describe('a sound file', () => {
  const parts = {
    'token_embd.weight': {
      type: 0,
      sizes: [2, 3],
      bytes: Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer),
    },
    'blk.0.attn_q.weight': { type: 8, sizes: [32, 2], bytes: quantized('Q8_0').bytes },
    'blk.0.ffn_up.weight': { type: 2, sizes: [32, 2], bytes: quantized('Q4_0').bytes },
    'blk.0.attn_norm.weight': {
      type: 1,
      sizes: [3],
      bytes: Buffer.from(fromFloat32(Float32Array.of(1, -2, 0.5), 'F16').buffer),
    },
    'output.weight': { type: 30, sizes: [2, 1], bytes: Buffer.from(Uint16Array.of(0x3f80, 0xc000).buffer) },
    'blk.0.ffn_down.weight': { type: 12, sizes: [256], bytes: Buffer.alloc(144) },
  };
  const specs: TensorSpec[] = [];
  const chunks: Buffer[] = [];
  let offset = 0;
  for (const [name, { type, sizes, bytes }] of Object.entries(parts)) {
    specs.push({ name, type, sizes, offset });
    chunks.push(pad(bytes));
    offset += pad(bytes).length;
  }

  test.each([2, 3])('version %i: what it says, types, numbers', async (version) => {
    const path = write(ggufFile(entries, specs, Buffer.concat(chunks), { version }));
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint.format).toBe('gguf');
    expect(checkpoint.metadata).toEqual({
      'general.architecture': 'llama',
      'llama.block_count': '1',
      'llama.rope.freq_base': '10000',
      'tokenizer.ggml.tokens': '["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", … 20 in all]',
      'tokenizer.ggml.scores': '[0.5, 0]',
      'tokenizer.ggml.add_bos': 'true',
    });
    expect(checkpoint.tensors.get('token_embd.weight')).toEqual({
      name: 'token_embd.weight',
      dtype: 'F32',
      shape: [3, 2],
      size: 24,
      file: 'model.gguf',
    });
    expect(await checkpoint.readFloat32('token_embd.weight')).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(await checkpoint.readFloat32('blk.0.attn_norm.weight')).toEqual(Float32Array.of(1, -2, 0.5));
    expect(await checkpoint.readFloat32('output.weight')).toEqual(Float32Array.of(1, -2));
    expect([...(await checkpoint.readFloat32('blk.0.attn_q.weight'))]).toEqual(quantized('Q8_0').numbers);
    expect([...(await checkpoint.readFloat32('blk.0.ffn_up.weight'))]).toEqual(quantized('Q4_0').numbers);
    expect(await checkpoint.readBytes('output.weight', 2)).toEqual(Buffer.from([0, 0xc0]));
    await expect(checkpoint.readFloat32('blk.0.ffn_down.weight')).rejects.toThrow(
      'Q4_K, whose numbers are not read',
    );
    await expect(checkpoint.readFloat32('blk.0.ffn.weight')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(layoutOf(checkpoint)).toMatchObject({ architecture: 'llama', layers: 1 });
    await checkpoint.close();
  });

  test('its folder, when nothing else is in it', async () => {
    write(ggufFile(entries, specs, Buffer.concat(chunks)));
    const checkpoint = await openCheckpoint(root);
    expect(checkpoint).toMatchObject({ format: 'gguf', path: root });
    await checkpoint.close();
  });

  test('another alignment', async () => {
    const content = ggufFile(
      [['general.alignment', 4, u32(64)]],
      [{ name: 'a', type: 0, sizes: [1], offset: 64 }],
      Buffer.concat([Buffer.alloc(64), Buffer.from(Float32Array.of(7).buffer)]),
      { alignment: 64 },
    );
    const checkpoint = await openCheckpoint(write(content));
    expect(await checkpoint.readFloat32('a')).toEqual(Float32Array.of(7));
    await checkpoint.close();
  });
});

describe('a header that lies is refused', () => {
  const data = Buffer.alloc(64);
  const one: TensorSpec = { name: 'a', type: 0, sizes: [4], offset: 0 };
  const sound = ggufFile([], [one], data);
  const changed = (at: number, bytes: Buffer) => {
    const copy = Buffer.from(sound);
    bytes.copy(copy, at);
    return copy;
  };
  test.each<[string, Buffer, string]>([
    ['no magic', changed(0, Buffer.from('GGML')), 'does not begin with "GGUF"'],
    ['version', changed(4, u32(1)), 'version is 1'],
    ['big-endian', changed(4, Buffer.from([0, 0, 0, 3])), 'big-endian'],
    ['more tensors than bytes', changed(8, u64(50)), 'claims to have 50 tensors, for which'],
    ['too many tensors', changed(8, u64(2 ** 40)), 'at most 100000 are read'],
    [
      'a count that is no safe integer',
      changed(16, u64(2n ** 63n)),
      'the number of entries is 9223372036854775808',
    ],
    ['a long name', changed(24, u64(2n ** 31n)), 'claims to have 2147483648 bytes'],
    [
      'a long text',
      ggufFile([['k', STRING, u64(2 ** 21)]], [], data),
      'it was cut off, or a length in it lies',
    ],
    [
      'a long list',
      ggufFile([['k', LIST, Buffer.concat([u32(4), u64(2n ** 40n)])]], [], data),
      'items of "k", for which',
    ],
    [
      'nested lists',
      ggufFile(
        [['k', LIST, Array.from({ length: 9 }).reduce<Buffer>((inner) => list(LIST, [inner]), list(0, []))]],
        [],
        data,
      ),
      'lists in lists',
    ],
    ['an unknown type of value', ggufFile([['k', 13, u64(0)]], [], data), 'the type of "k" is 13'],
    [
      'an unknown type of tensor',
      ggufFile([], [{ ...one, type: 99 }], data),
      'the type of the tensor "a" is 99',
    ],
    ['too many axes', ggufFile([], [{ ...one, sizes: [1, 1, 1, 1, 1] }], data), '5 axes'],
    [
      'sizes that multiply beyond all bytes',
      ggufFile([], [{ ...one, sizes: [2 ** 40, 2 ** 40] }], data),
      'more than there are bytes',
    ],
    [
      'a size of zero that hides another',
      ggufFile([], [{ ...one, sizes: [0, 2 ** 52, 2 ** 52] }], data),
      'more than there are bytes',
    ],
    [
      'rows of half a block',
      ggufFile([], [{ ...one, type: 8, sizes: [16, 2] }], data),
      'no whole blocks of 32 (Q8_0)',
    ],
    ['an offset that is not aligned', ggufFile([], [{ ...one, offset: 8 }], data), 'not aligned to 32'],
    [
      'an offset beyond the file',
      ggufFile([], [{ ...one, offset: 2 ** 40 }], data),
      'it was cut off, or its header lies',
    ],
    [
      'tensors over each other',
      ggufFile(
        [],
        [
          { ...one, sizes: [16] },
          { ...one, name: 'b', offset: 32 },
        ],
        Buffer.alloc(128),
      ),
      '"b" overlaps "a"',
    ],
    ['a name that stands twice', ggufFile([], [one, { ...one, offset: 32 }], data), '"a" stands twice'],
    [
      'a key that stands twice',
      ggufFile(
        [
          ['k', 4, u32(1)],
          ['k', 4, u32(1)],
        ],
        [],
        data,
      ),
      'the key "k" stands twice',
    ],
    ['__proto__', ggufFile([['__proto__', 4, u32(1)]], [], data), '__proto__'],
    [
      'an alignment of zero',
      ggufFile([['general.alignment', 4, u32(0)]], [one], data),
      'general.alignment is 0',
    ],
    [
      'a name that is no UTF-8',
      ggufFile([['k', STRING, Buffer.concat([u64(1), Buffer.from([0xff])])]], [], data),
      'is no UTF-8',
    ],
    ['cut off', sound.subarray(0, sound.length - 60), 'but the file ends at'],
    ['empty', Buffer.alloc(0), 'it was cut off'],
  ])('%s', async (_, content, message) => {
    const failed = openCheckpoint(write(content));
    await expect(failed).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringContaining(message),
    });
  });

  test('longer than the limit', async () => {
    const path = write(ggufFile(entries, [], Buffer.alloc(0)));
    await expect(openCheckpoint(path, { maxHeader: 100 })).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
    });
  });

  test('a link to elsewhere in a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fletch-gguf-link-'));
    symlinkSync(write(sound), join(folder, 'x.gguf'));
    await expect(openCheckpoint(folder)).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
    rmSync(folder, { recursive: true });
  });
});
