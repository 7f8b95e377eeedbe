/**
 * Files and data sets: `node bench/run.mjs data [--megabytes 512] [--rounds 5] [--folder <where>]`. Reading and writing
 * safetensors beside a plain stream of the same bytes, listing a checkpoint of 10 GB, MNIST from the cache, Parquet and HDF5
 * beside the libraries that read them, in alternation. Prints one JSON object; exits with 1 when an aim is missed.
 */
import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadMnist, openSafetensors, openVectors, readTable, writeSafetensors } from '@fletch/data';
import { rng } from '@fletch/linalg';
import { writeSparse } from './sparse.mjs';

/** Most times the peer's time that is allowed. */
const RATIO = 1.3;

const seconds = async (work) => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

const rounded = (value) => Number(value.toPrecision(4));

/** Ours and the peer's in turns: what disturbs the machine disturbs both. The best of each is compared. */
async function compare(rounds, ours, peer) {
  const times = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    times.ours.push(await seconds(ours));
    times.peer.push(await seconds(peer));
  }
  const best = (list) => Math.min(...list);
  return {
    ours: rounded(best(times.ours)),
    peer: rounded(best(times.peer)),
    ratio: rounded(best(times.ours) / best(times.peer)),
    spread: rounded((Math.max(...times.ours) - best(times.ours)) / best(times.ours)),
  };
}

/** Tensors of 32 MiB; every other one of 16-bit numbers. */
function tensorsOf(megabytes) {
  const block = rng(1).fillUniform(new Float32Array(2 ** 23));
  return Array.from({ length: Math.max(1, Math.round(megabytes / 32)) }, (_, i) =>
    i % 2 === 0
      ? { name: `layers.${i}.weight`, dtype: 'F32', shape: [2048, 4096], data: block }
      : {
          name: `layers.${i}.weight`,
          dtype: 'BF16',
          shape: [4096, 4096],
          data: new Uint16Array(block.buffer),
        },
  );
}

async function* pieces(tensors) {
  for (const { data } of tensors) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let at = 0; at < bytes.length; at += 2 ** 20) yield bytes.subarray(at, at + 2 ** 20);
  }
}

/** As safe as ours: synced, then renamed. */
async function writePlain(path, tensors) {
  const stream = createWriteStream(`${path}.tmp`, { highWaterMark: 2 ** 20 });
  await pipeline(Readable.from(pieces(tensors), { objectMode: true, highWaterMark: 2 }), stream);
  const file = await open(`${path}.tmp`, 'r+');
  await file.sync();
  await file.close();
  await rename(`${path}.tmp`, path);
}

async function readPlain(path) {
  let size = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) size += piece.length;
  return size;
}

/** Tensor after tensor through one piece of memory, as whoever merges or converts a checkpoint does. */
async function streamTensors(path) {
  const file = await openSafetensors(path);
  const target = Buffer.allocUnsafeSlow(2 ** 20);
  let size = 0;
  for (const { name, size: bytes } of file.tensors.values())
    for (let at = 0; at < bytes; at += target.length) {
      const end = Math.min(bytes, at + target.length);
      size += (await file.readBytes(name, at, end, target.subarray(0, end - at))).length;
    }
  await file.close();
  return size;
}

/** All tensors into memory of their own. */
async function keepTensors(path) {
  const file = await openSafetensors(path);
  const kept = [];
  for (const name of file.tensors.keys()) kept.push(await file.read(name));
  await file.close();
  return kept;
}

/** A stream whose pieces are kept. */
async function keepPlain(path) {
  const kept = [];
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) kept.push(piece);
  return kept;
}

async function safetensors(folder, rounds, megabytes) {
  const tensors = tensorsOf(megabytes);
  const [ours, plain] = [join(folder, 'ours.safetensors'), join(folder, 'plain.bin')];
  const write = await compare(
    rounds,
    () => writeSafetensors(ours, tensors, { force: true }),
    () => writePlain(plain, tensors),
  );
  const read = await compare(
    rounds,
    () => streamTensors(ours),
    () => readPlain(ours),
  );
  const keep = await compare(
    rounds,
    () => keepTensors(ours),
    () => keepPlain(ours),
  );
  await rm(ours);
  await rm(plain);
  return { write, read, keep };
}

function sparse(folder) {
  const target = join(folder, 'sparse');
  const bytes = writeSparse(target, 20, 64);
  const script = fileURLToPath(new URL('sparse.mjs', import.meta.url));
  const runs = Array.from({ length: 3 }, () =>
    JSON.parse(execFileSync(process.execPath, [script, target], { encoding: 'utf8' })),
  );
  const milliseconds = Math.min(...runs.map((run) => run.milliseconds));
  const megabytes = Math.max(...runs.map((run) => run.memory)) / 1e6;
  return {
    bytes,
    tensors: runs[0].tensors,
    milliseconds: rounded(milliseconds),
    megabytes: rounded(megabytes),
  };
}

async function mnist() {
  await loadMnist();
  const times = [];
  for (let round = 0; round < 3; round++) times.push(await seconds(() => loadMnist()));
  return { seconds: rounded(Math.min(...times)) };
}

async function parquet(folder, rounds) {
  const { parquetWriteFile } = await import('hyparquet-writer');
  const { asyncBufferFromFile, parquetReadObjects } = await import('hyparquet');
  const rows = 1_000_000;
  const random = rng(2);
  const path = join(folder, 'table.parquet');
  await parquetWriteFile({
    filename: path,
    columnData: [
      ...['a', 'b', 'c', 'd'].map((name) => ({
        name,
        data: random.fillNormal(new Float64Array(rows)),
        type: 'DOUBLE',
      })),
      { name: 'kind', data: Array.from({ length: rows }, (_, i) => `kind ${i % 7}`), type: 'STRING' },
    ],
  });
  const library = async () => parquetReadObjects({ file: await asyncBufferFromFile(path) });
  return { rows, ...(await compare(rounds, () => readTable(path), library)) };
}

async function hdf5(folder, rounds) {
  const h5wasm = await import('h5wasm');
  const library = await h5wasm.ready;
  const [rows, columns] = [200_000, 100];
  const data = rng(3).fillUniform(new Float32Array(rows * columns));
  const file = new h5wasm.File('/train.hdf5', 'w');
  file.create_dataset({ name: 'train', data, shape: [rows, columns] });
  file.close();
  const path = join(folder, 'train.hdf5');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(path, library.FS.readFile('/train.hdf5'));
  const peer = () => {
    // The library reads files of its own file system, which is in memory.
    library.FS.writeFile('/again.hdf5', readFileSync(path));
    const again = new h5wasm.File('/again.hdf5', 'r');
    const size = again.get('train').value.length;
    again.close();
    return size;
  };
  const ours = async () => {
    const source = await openVectors(path);
    for await (const { vectors } of source.batches({ size: 10_000 })) if (!vectors) throw new Error('none');
    await source.close();
  };
  return { rows, columns, ...(await compare(rounds, ours, peer)) };
}

/** Runs the suite. */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      megabytes: { type: 'string', default: '512' },
      rounds: { type: 'string', default: '5' },
      folder: { type: 'string', default: tmpdir() },
    },
  });
  const [megabytes, rounds] = [Number(values.megabytes), Number(values.rounds)];
  const folder = mkdtempSync(join(values.folder, 'fletch-bench-data-'));
  try {
    const results = {
      safetensors: await safetensors(folder, rounds, megabytes),
      sparse: sparse(folder),
      mnist: await mnist(),
      parquet: await parquet(folder, rounds),
      hdf5: await hdf5(folder, rounds),
    };
    const aims = {
      'writing within 1.3 × of a plain stream': results.safetensors.write.ratio <= RATIO,
      'reading within 1.3 × of a plain stream': results.safetensors.read.ratio <= RATIO,
      'reading into memory within 1.3 × of a stream that is kept': results.safetensors.keep.ratio <= RATIO,
      '10 GB listed in a second': results.sparse.milliseconds <= 1000,
      '10 GB listed in 100 MB': results.sparse.megabytes <= 100,
      'MNIST in 2 s': results.mnist.seconds <= 2,
    };
    const machine = {
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      node: process.version,
      load: loadavg()[0],
    };
    console.log(JSON.stringify({ megabytes, rounds, ...results, aims, machine }, undefined, 2));
    if (Object.values(aims).includes(false)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
