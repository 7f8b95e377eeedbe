/**
 * A checkpoint of zeros that takes no room on the disk, and how long a process of its own takes to list it:
 * `node sparse.mjs <folder>` prints milliseconds and bytes of memory.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors } from '@fletch/data/safetensors';

/** Writes `files` files of `each` tensors of 8 MiB. Returns the bytes of all. */
export function writeSparse(folder, files, each) {
  mkdirSync(folder);
  const map = {};
  for (let file = 0; file < files; file++) {
    const name = `model-${file}.safetensors`;
    const header = {};
    for (let i = 0; i < each; i++) {
      const tensor = `layers.${file}.${i}.weight`;
      const data_offsets = [i * 2 ** 23, (i + 1) * 2 ** 23];
      header[tensor] = { dtype: 'BF16', shape: [2048, 2048], data_offsets };
      map[tensor] = name;
    }
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    const handle = openSync(join(folder, name), 'w');
    writeSync(handle, Buffer.concat([length, text]));
    ftruncateSync(handle, 8 + text.length + each * 2 ** 23);
    closeSync(handle);
  }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  return files * each * 2 ** 23;
}

const [folder] = process.argv.slice(2);
if (folder !== undefined && process.argv[1]?.endsWith('sparse.mjs')) {
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const checkpoint = await openSafetensors(folder);
  const milliseconds = performance.now() - started;
  const figures = {
    milliseconds,
    memory: process.memoryUsage().rss - before,
    tensors: checkpoint.tensors.size,
  };
  console.log(JSON.stringify(figures));
  await checkpoint.close();
}
