/**
 * Loads the kernel that adds bfloat16 numbers, synchronously: its callers are plain loops.
 *
 * @module @fletch/kernels/merge
 */
import { readFileSync } from 'node:fs';
import { FletchError } from '@fletch/base';

/** Numbers of a block. */
const BLOCK = 32_768;

/** Most parts of a sum. */
export const mixedParts = 16;

interface Exports {
  readonly memory: WebAssembly.Memory;
  mix(parts: number, count: number): number;
}

let loaded:
  | { readonly exports: Exports; readonly words: Uint16Array; readonly factors: Float32Array }
  | undefined;

function load() {
  try {
    const module = new WebAssembly.Module(readFileSync(new URL('../wasm/merge.wasm', import.meta.url)));
    const exports = new WebAssembly.Instance(module).exports as unknown as Exports;
    const { buffer } = exports.memory;
    return {
      exports,
      words: new Uint16Array(buffer),
      factors: new Float32Array(buffer, mixedParts * BLOCK * 2, mixedParts),
    };
  } catch (cause) {
    throw new FletchError(
      'UNAVAILABLE',
      'The merging kernel cannot be loaded: build it with "npm run build", and use an engine with WebAssembly SIMD (Node 20.19 or later).',
      { cause },
    );
  }
}

/**
 * `Σ fⱼ xⱼ` of bfloat16 numbers given and returned as their bits: added in 32-bit, rounded to the nearest, ties to even.
 *
 * @param parts - at most {@link mixedParts}, all as long as `out`
 * @returns whether a number of some part is infinite or none; the result is of no use then
 * @throws FletchError `UNAVAILABLE` when the kernel was not built
 */
export function mixBfloat16(
  parts: readonly Uint16Array[],
  factors: readonly number[],
  out: Uint16Array,
): boolean {
  loaded ??= load();
  const { exports, words } = loaded;
  loaded.factors.set(factors);
  let broken = false;
  for (let at = 0; at < out.length; at += BLOCK) {
    const count = Math.min(BLOCK, out.length - at);
    const filled = Math.ceil(count / 8) * 8;
    for (let j = 0; j < parts.length; j++) {
      words.set(parts[j]!.subarray(at, at + count), j * BLOCK);
      // What an earlier block left behind the end is no number of this one.
      words.fill(0, j * BLOCK + count, j * BLOCK + filled);
    }
    if (exports.mix(parts.length, filled)) broken = true;
    const result = (mixedParts + 1) * BLOCK;
    out.set(words.subarray(result, result + count), at);
  }
  return broken;
}
