/**
 * Loads the kernels of dense linear algebra, synchronously: they are small, and their callers are plain functions.
 *
 * @module @fletch/kernels/linalg
 */
import { readFileSync } from 'node:fs';
import { FletchError } from '@fletch/base';

/**
 * The kernels of one precision. Addresses are bytes in the module's memory; lengths and strides are in elements;
 * matrices are row-major with a leading dimension. See assembly/linalg for each.
 */
export interface RealKernels {
  gemm(
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    aRow: number,
    aCol: number,
    b: number,
    bRow: number,
    bCol: number,
    c: number,
    ldc: number,
  ): void;
  gemv(m: number, n: number, alpha: number, a: number, lda: number, x: number, y: number, incY: number): void;
  gemvT(
    m: number,
    n: number,
    alpha: number,
    a: number,
    lda: number,
    x: number,
    incX: number,
    y: number,
  ): void;
  ger(m: number, n: number, alpha: number, x: number, incX: number, y: number, a: number, lda: number): void;
  symv(n: number, alpha: number, a: number, lda: number, x: number, y: number): void;
  dot(n: number, x: number, y: number): number;
  axpy(n: number, alpha: number, x: number, y: number): void;
  scale(n: number, alpha: number, x: number, inc: number): void;
  fill(n: number, value: number, x: number, inc: number): void;
  copy(n: number, x: number, incX: number, y: number, incY: number): void;
  swap(n: number, x: number, incX: number, y: number, incY: number): void;
  largest(n: number, x: number, inc: number): number;
  norm(n: number, x: number, inc: number): number;
  peak(n: number, x: number): number;
  reflector(n: number, x: number, inc: number, out: number): number;
  transpose(m: number, n: number, source: number, lds: number, target: number, ldt: number): void;
  solveLower(
    n: number,
    m: number,
    l: number,
    row: number,
    col: number,
    unit: boolean,
    b: number,
    ldb: number,
  ): void;
  solveUpper(
    n: number,
    m: number,
    u: number,
    row: number,
    col: number,
    unit: boolean,
    b: number,
    ldb: number,
  ): void;
  cholesky(n: number, a: number, lda: number): number;
}

/** The kernels that exist in one precision only. */
export interface SharedKernels {
  rotate64(n: number, x: number, y: number, c: number, s: number): void;
  widen(n: number, source: number, target: number): void;
  narrow(n: number, source: number, target: number): void;
  hadamard64(rows: number, cols: number, at: number): void;
  hadamardPick64(
    count: number,
    cols: number,
    block: number,
    bits: number,
    picks: number,
    source: number,
    target: number,
  ): void;
  circle(n: number, count: number, target: number): void;
  philox(
    c0: number,
    c1: number,
    c2: number,
    c3: number,
    k0: number,
    k1: number,
    blocks: number,
    target: number,
  ): void;
  uniforms(n: number, at: number): void;
  normals(n: number, at: number): void;
  quantile(p: number): number;
  roots(n: number, d: number, z2: number, squared: boolean, work: number, base: number, eta: number): void;
  refine(
    n: number,
    d: number,
    z: number,
    squared: boolean,
    base: number,
    eta: number,
    delta: number,
    work: number,
  ): void;
  rightVectors(n: number, z: number, delta: number, slot: number, out: number): void;
  leftVectors(n: number, d: number, z: number, delta: number, slot: number, out: number): void;
}

type Exports = SharedKernels & { readonly memory: WebAssembly.Memory } & {
  readonly [K in keyof RealKernels as `${K}32` | `${K}64`]: RealKernels[K];
};

/** One instance of the module: its memory and its kernels. */
export interface LinalgKernels {
  readonly memory: WebAssembly.Memory;
  readonly shared: SharedKernels;
  readonly float32: RealKernels;
  readonly float64: RealKernels;
}

let compiled: WebAssembly.Module | undefined;

function compile(): WebAssembly.Module {
  try {
    return new WebAssembly.Module(readFileSync(new URL('../wasm/linalg.wasm', import.meta.url)));
  } catch (cause) {
    throw new FletchError(
      'UNAVAILABLE',
      'The linear algebra kernels cannot be loaded: build them with "npm run build", and use an engine ' +
        'with WebAssembly SIMD (Node 20.19 or later).',
      { cause },
    );
  }
}

const names: readonly (keyof RealKernels)[] = [
  'gemm',
  'gemv',
  'gemvT',
  'ger',
  'symv',
  'dot',
  'axpy',
  'scale',
  'fill',
  'copy',
  'swap',
  'largest',
  'norm',
  'peak',
  'reflector',
  'transpose',
  'solveLower',
  'solveUpper',
  'cholesky',
];

const ofPrecision = (exports: Exports, bits: 32 | 64) =>
  Object.fromEntries(names.map((name) => [name, exports[`${name}${bits}`]])) as unknown as RealKernels;

/**
 * A fresh instance with a memory of its own; the module is compiled once.
 *
 * @throws FletchError `UNAVAILABLE` when the kernels were not built or the engine has no WebAssembly SIMD
 */
export function linalgKernels(): LinalgKernels {
  compiled ??= compile();
  const exports = new WebAssembly.Instance(compiled).exports as unknown as Exports;
  return {
    memory: exports.memory,
    shared: exports,
    float32: ofPrecision(exports, 32),
    float64: ofPrecision(exports, 64),
  };
}
