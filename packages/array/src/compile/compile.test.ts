import { isFletchError } from '@fletch/base';
import { afterEach, describe, expect, it } from 'vitest';
import { array, full, type NDArray, zeros } from '../core/ndarray.js';
import type { Tensor } from '../core/tensor.js';
import { add, cast, gather, matmul, mul, reshape, scan, sub, sum, tanh } from '../operations/index.js';
import { grad } from '../transform/gradient.js';
import { type Compiled, type CompileOptions, compile } from './compile.js';

const open: { close(): Promise<void> }[] = [];
function compiled<Args extends unknown[], Result>(
  f: (...args: Args) => Result,
  options?: CompileOptions,
): Compiled<Args, Result> {
  const made = compile(f, options);
  open.push(made);
  return made;
}
afterEach(async () => {
  for (const made of open.splice(0)) await made.close();
});

describe('compile', () => {
  it('traces once per kind of arguments', async () => {
    let traces = 0;
    const f = compiled((x: Tensor, scale: Tensor, mode: string) => {
      traces++;
      return { y: mode === 'double' ? mul(x, 2) : mul(x, scale) };
    });
    expect((await f(array([1, 2]), 3, 'scale')).y.toNested()).toEqual([3, 6]);
    expect((await f(array([1, 3]), 4, 'scale')).y.toNested()).toEqual([4, 12]);
    expect(traces).toBe(1);
    await f(array([1, 3]), 4, 'double');
    await f(array([1, 3, 5]), 4, 'scale');
    await f(array([1, 3], 'float64'), array(4, 'float64'), 'scale');
    expect(traces).toBe(4);
    await f(array([1, 3]), 4, 'double');
    expect(traces).toBe(4);
  });

  it('returns trees of results, arguments and constants', async () => {
    const f = compiled((p: { a: Tensor; b: Tensor[] }) => ({
      same: p.a,
      sum: add(p.a, p.b[0]!),
      fixed: array([7]),
      n: 3,
    }));
    const a = array([1]);
    const out = await f({ a, b: [array([2])] });
    expect(out.same).toBe(a);
    expect([out.sum.item(), out.fixed.item(), out.n]).toEqual([3, 7, 3]);
  });

  it('does what the interpreter does, also in WebAssembly', async () => {
    const f = (w: Tensor, xs: Tensor) =>
      grad((p: Tensor) =>
        sum(tanh(scan((s, x) => [tanh(add(matmul(s, p), x)), {}], sum(xs, { axes: 0 }), xs)[0])),
      )(w);
    const args = [full([3, 3], 0.3), full([4, 2, 3], 0.1)] as const;
    const expected = (await compiled(f, { runtime: 'interpreter' })(...args)).data as Float32Array;
    for (const runtime of ['native', 'wasm'] as const) {
      const run = compiled(f, { runtime });
      expect(await run.prepare(...args)).toBe(runtime);
      for (const [i, value] of ((await run(...args)).data as Float32Array).entries())
        expect(value).toBeCloseTo(expected[i]!, 5);
    }
  });

  it('reuses the memory of donated arguments without copying', async () => {
    const step = compiled((w: Tensor, x: Tensor) => ({ w: sub(w, mul(x, 0.5)), norm: sum(mul(w, w)) }), {
      donate: [0],
    });
    const first = full([4], 1);
    const memory = first.data;
    const x = full([4], 1);
    const second = (await step(first, x)).w;
    expect(() => first.data).toThrow(/donated/);
    const third = (await step(second, x)).w;
    expect(third.data).toBe(memory);
    expect(third.toNested()).toEqual([0, 0, 0, 0]);
    let w: NDArray = third;
    const seen = new Set();
    for (let i = 0; i < 50; i++) {
      w = (await step(w, x)).w;
      seen.add(w.data);
    }
    expect(seen.size).toBe(2);
  });

  it('keeps a donated argument that it returns', async () => {
    const f = compiled((a: Tensor, b: Tensor) => ({ a, sum: add(a, b) }), { donate: [0, 1] });
    const a = array([1]);
    const out = await f(a, array([2]));
    expect(out.a.data).toBe(a.data);
  });

  it('falls back to the interpreter for kernels the runtime lacks', async () => {
    const f = compiled((x: Tensor, w: Tensor) => sum(matmul(reshape(x, [1, 4]), reshape(w, [4, 1]))));
    expect(await f.prepare(zeros([4], 'float64'), zeros([4], 'float64'))).toBe('native');
  });

  it('refuses what is no tree of arrays, and tensors of other functions', async () => {
    const f = compiled((x: Tensor) => mul(x, 2));
    await expect(f(new Date() as never)).rejects.toThrow(/argument "0" is a Date/);
    let leaked: Tensor | undefined;
    await compiled((x: Tensor) => {
      leaked = x;
      return mul(x, 2);
    })(array([1]));
    await expect(compiled((x: Tensor) => add(x, leaked!))(array([1]))).rejects.toThrow(
      /belongs to another traced function/,
    );
    await expect(compiled(async (x: Tensor) => x)(array([1]))).rejects.toThrow(/must not be async/);
  });

  it('names our operation when the runtime fails', async () => {
    const f = compiled((x: Tensor, i: Tensor) => gather(x, i), { name: 'lookup' });
    const error = await f(zeros([3, 2]), array([5], 'int32')).catch((e: unknown) => e);
    expect(isFletchError(error, 'INVALID_ARGUMENT')).toBe(true);
    expect((error as Error).message).toMatch(
      /^lookup: ONNX Runtime refuses the operation gather on float32\[3, 2\], int32\[1\]/,
    );
  });

  it('says what size of memory was asked for', async () => {
    const f = compiled((x: Tensor) => sum(mul(reshape(x, [-1, 1]), cast(reshape(x, [1, -1]), 'float32'))));
    const error = await f(zeros([3_000_000])).catch((e: unknown) => e);
    expect(isFletchError(error, 'OUT_OF_MEMORY')).toBe(true);
    expect((error as Error).message).toMatch(/\d{10,} bytes/);
  });
});
