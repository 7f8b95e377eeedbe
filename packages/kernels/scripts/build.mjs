/**
 * Compiles the AssemblyScript kernels to `wasm/`: those of search with SIMD128 and with relaxed SIMD, those of linear
 * algebra with SIMD128 only (the same bits on every machine) and a memory of their own.
 * Does nothing while the outputs are newer than the sources.
 */
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));
const sources = join(folder, 'assembly');

const sharedMemory = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'];

const variants = [
  { file: 'simd.wasm', entry: 'index.ts', features: ['threads', 'simd'], flags: sharedMemory },
  {
    file: 'relaxed.wasm',
    entry: 'index.ts',
    features: ['threads', 'simd', 'relaxed-simd'],
    flags: sharedMemory,
  },
  { file: 'linalg.wasm', entry: 'linalg/index.ts', features: ['simd'], flags: [] },
  { file: 'merge.wasm', entry: 'merge/index.ts', features: ['simd'], flags: ['--initialMemory', '18'] },
];

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newestSource() {
  const files = readdirSync(sources, { recursive: true }).map((name) => join(sources, name));
  return Math.max(modified(fileURLToPath(import.meta.url)), ...files.map(modified));
}

/** @throws Error with the compiler's messages */
async function compile(asc, { file, entry, features, flags }) {
  const { error, stderr } = await asc.main([
    join(sources, entry),
    '--outFile',
    join(folder, 'wasm', file),
    '--config',
    'none',
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    ...flags,
    ...features.flatMap((feature) => ['--enable', feature]),
  ]);
  if (error) throw new Error(`The kernels do not compile:\n${stderr.toString()}`, { cause: error });
}

export async function build() {
  const outputs = variants.map(({ file }) => join(folder, 'wasm', file));
  if (Math.min(...outputs.map(modified)) > newestSource()) return;
  mkdirSync(join(folder, 'wasm'), { recursive: true });
  const asc = await import('assemblyscript/asc');
  for (const variant of variants) await compile(asc.default ?? asc, variant);
}
