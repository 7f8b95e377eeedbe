import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fuzz, fuzzTimeout } from '@fletch/data/testing';
import { afterAll, test } from 'vitest';
import { elementCount } from './checkpoint.js';
import { ggufFile, list, text, u32 } from './gguf/testing.case.js';
import { external, field, floats, model, tensor, varint } from './onnx/testing.case.js';
import { openCheckpoint } from './open.js';

const root = mkdtempSync(join(tmpdir(), 'fletch-fuzz-'));
afterAll(() => rmSync(root, { recursive: true }));
writeFileSync(join(root, 'data.bin'), floats(1, 2, 3));

const gguf = ggufFile(
  [
    ['general.architecture', 8, text('llama')],
    ['general.alignment', 4, u32(32)],
    ['tokens', 9, list(8, [text('a'), text('b')])],
    ['scores', 9, list(6, [floats(0.5), floats(1)])],
  ],
  [
    { name: 'a', type: 0, sizes: [4, 2], offset: 0 },
    { name: 'q', type: 8, sizes: [32], offset: 32 },
    { name: 'p', type: 2, sizes: [32, 1], offset: 96 },
  ],
  Buffer.alloc(160, 7),
);

const onnx = model(
  tensor('a', 1, [2, 2], field(9, floats(1, 2, 3, 4))),
  tensor('b', 7, [2], field(7, Buffer.concat([varint(1), varint(-2)]))),
  tensor('c', 1, [2], external({ location: 'data.bin', offset: '4' })),
);

async function readAll(path: string, damaged: Buffer): Promise<void> {
  writeFileSync(path, damaged);
  const checkpoint = await openCheckpoint(path);
  try {
    for (const { name, shape } of checkpoint.tensors.values()) {
      const floats = await checkpoint.readFloat32(name);
      if (floats.length !== elementCount(shape)) throw new Error(`${floats.length} numbers of ${shape}`);
    }
  } finally {
    await checkpoint.close();
  }
}

test.each([
  ['model.gguf', gguf, 600],
  ['model.onnx', onnx, 600],
])(
  'damaged %s: read or refused with a typed error, in time and in bounded memory',
  (name, content, runs) => fuzz(name, content, runs, (damaged) => readAll(join(root, name), damaged)),
  fuzzTimeout,
);
