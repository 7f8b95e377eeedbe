import { expect, it } from 'vitest';
import { array, full, zeros } from '../core/ndarray.js';
import type { Tensor } from '../core/tensor.js';
import { add, gelu, layerNorm, matmul, swapAxes } from '../operations/index.js';
import { Session } from '../session.js';
import { compile } from './compile.js';
import { exportOnnx } from './export.js';

const f = (p: { w: Tensor; b: Tensor }, x: Tensor) => {
  const h = gelu(layerNorm(add(matmul(x, p.w), p.b)));
  return { y: h, gram: matmul(h, swapAxes(h)) };
};
const params = { w: full([3, 4], 0.5), b: array([1, 2, 3, 4]) };
const x = array([
  [
    [1, 2, 3],
    [4, 5, 6],
  ],
]);

it('writes a model of standard operators that any runtime loads', async () => {
  const bytes = exportOnnx(f, [params, x], { argumentNames: ['params', 'x'] });
  expect(Buffer.from(bytes).includes('com.microsoft')).toBe(false);
  const session = await Session.load(bytes, { runtime: 'wasm' });
  expect([session.inputs, session.outputs]).toEqual([
    ['params.b', 'params.w', 'x'],
    ['gram', 'y'],
  ]);
  const out = await session.run({
    'params.w': { data: params.w.data, dims: [3, 4] },
    'params.b': { data: params.b.data, dims: [4] },
    x: { data: x.data, dims: [1, 2, 3] },
  });
  const expected = await compile(f, { runtime: 'interpreter' })(params, x);
  for (const [i, value] of [...(out.y!.data as Float32Array)].entries())
    expect(value).toBeCloseTo(Number(expected.y.data[i]), 5);
  expect(out.gram!.dims).toEqual([1, 2, 2]);
  await session.close();
});

it('stores fixed arguments in the model', async () => {
  const bytes = exportOnnx(f, [params, x], { argumentNames: ['params', 'input'], fixed: [0] });
  const session = await Session.load(bytes);
  expect(session.inputs).toEqual(['input']);
  await session.close();
});

it('refuses functions that compute nothing, and names that clash', () => {
  expect(() => exportOnnx(() => zeros([2]), [])).toThrow(/computes nothing/);
  expect(() => exportOnnx((y: Tensor) => ({ arg0: add(y, 1) }), [zeros([2])])).toThrow(
    /names an input and an output/,
  );
});
