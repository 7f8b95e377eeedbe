/**
 * Loads the compiled kernels: the relaxed-SIMD build where the engine has it, else the plain SIMD one.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { FletchError } from '@fletch/base';

/** What the WebAssembly module exports; addresses are bytes in its memory. See assembly/ for each. */
export interface Kernels {
  bind(slot: number): void;
  score(a: number, b: number): number;
  score4(a: number, b: number, bytes: number, out: number): void;
  levelOf(row: number): number;
  scratchBytes(): number;
  queryAddress(): number;
  search(
    k: number,
    ef: number,
    filter: number,
    budget: number,
    probe: number,
    least: number,
    out: number,
  ): number;
  compare(query: number, rows: number, count: number, out: number): void;
  searchMany(
    queries: number,
    total: number,
    k: number,
    ef: number,
    filter: number,
    budget: number,
    probe: number,
    least: number,
    together: number,
    out: number,
    counts: number,
    cursor: number,
  ): void;
  maxSim(
    queries: number,
    tokens: number,
    rows: number,
    starts: number,
    count: number,
    sums: number,
    cursor: number,
  ): void;
  link(rows: number, count: number, cursor: number): void;
  repair(leaving: number, cursor: number): void;
  forget(rows: number, count: number): void;
  forgetAll(): void;
  mend(reached: number, queue: number): number;
  encode(vectors: number, count: number, out: number, cursor: number): void;
}

/** Which build of the kernels is in use. */
export type KernelBuild = 'simd' | 'relaxed';

// (module (func (result v128) …splats… f32x4.relaxed_madd)): valid only where relaxed SIMD is.
const relaxedProbe = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0,
  253, 15, 65, 0, 253, 15, 253, 133, 2, 11,
]);

/** The build that this engine runs best. */
export function preferredBuild(): KernelBuild {
  return WebAssembly.validate(relaxedProbe) ? 'relaxed' : 'simd';
}

const modules = new Map<KernelBuild, Promise<WebAssembly.Module>>();

/**
 * The compiled kernels, compiled once in a process.
 *
 * @throws FletchError `UNAVAILABLE` when they were not built or the engine has no WebAssembly SIMD and threads
 */
export function kernelModule(build: KernelBuild = preferredBuild()): Promise<WebAssembly.Module> {
  let module = modules.get(build);
  if (!module) {
    module = compile(build);
    modules.set(build, module);
  }
  return module;
}

async function compile(build: KernelBuild): Promise<WebAssembly.Module> {
  const url = new URL(`../wasm/${build}.wasm`, import.meta.url);
  try {
    return await WebAssembly.compile(await readFile(url));
  } catch (cause) {
    throw new FletchError(
      'UNAVAILABLE',
      `The WebAssembly kernels (${build}) could not be loaded: build them with "npm run build".`,
      { cause },
    );
  }
}

/** A thread's own instance of the kernels on a memory, bound to its slot. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory, slot: number): Kernels {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = instance.exports as unknown as Kernels;
  kernels.bind(slot);
  return kernels;
}
