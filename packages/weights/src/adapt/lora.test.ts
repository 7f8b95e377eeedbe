import {
  add,
  array,
  evaluate,
  matmul,
  meanSquaredError,
  type NDArray,
  type Tensor,
  valueAndGrad,
} from '@fletch/array';
import { rng } from '@fletch/linalg';
import { describe, expect, it } from 'vitest';
import { loraAdapter } from './lora.js';

const random = rng(3);
const draw = (...shape: number[]) =>
  array(random.fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))), 'float32', shape);
const linear = 'layers.0.mlp.up_proj.weight';
const conv = 'h.0.attn.c_attn.weight';
const base: Record<string, NDArray> = {
  [linear]: draw(9, 6),
  [conv]: draw(6, 18),
  'h.0.attn.c_attn.bias': draw(18),
  'wte.weight': draw(5, 6),
};
/** Every factor drawn, none zero. */
const drawn = (adapter: ReturnType<typeof loraAdapter>) =>
  Object.fromEntries(Object.entries(adapter.trained).map(([name, { shape }]) => [name, draw(...shape)]));
const near = (found: NDArray, expected: (i: number) => number) =>
  Array.from(found.data as Float32Array).forEach(
    (value, i) => void expect(value).toBeCloseTo(expected(i), 4),
  );
const at = (factors: Record<string, NDArray>, name: string, i: number, j: number) => {
  const { data, shape } = factors[name]!;
  return data[i * shape[1]! + j] as number;
};

describe('loraAdapter', () => {
  it.each([
    [{ rank: 4, alpha: 8 }, 2],
    [{ rank: 4, alpha: 8, rankStabilized: true }, 4],
    [{ rank: 4 }, 1],
  ])('adds scale · B · A in both layouts: %j', (options, scale) => {
    const adapter = loraAdapter(base, options);
    expect(adapter.scale).toBe(scale);
    const factors = drawn(adapter);
    const update = (name: string, out: number, inner: number) => {
      let sum = 0;
      for (let r = 0; r < 4; r++)
        sum += at(factors, `${name}.lora_B`, out, r) * at(factors, `${name}.lora_A`, r, inner);
      return scale * sum;
    };
    const merged = adapter.merge(factors);
    near(
      merged[linear]!,
      (i) => (base[linear]!.data[i] as number) + update(linear, Math.floor(i / 6), i % 6),
    );
    near(merged[conv]!, (i) => (base[conv]!.data[i] as number) + update(conv, i % 18, Math.floor(i / 18)));
    expect(merged['wte.weight']).toBe(base['wte.weight']);
  });

  it.each([{}, { splitFused: true }, { initial: 'pissa' as const, splitFused: true }, { freezeA: true }])(
    'applies while traced what it merges: %j',
    (options) => {
      const adapter = loraAdapter(base, { rank: 2, alpha: 3, ...options });
      const factors = drawn(adapter);
      const merged = adapter.merge(factors);
      const weights = adapter.apply(factors);
      for (const name of Object.keys(base)) {
        const applied = evaluate(add(weights[name]!, 0) as Tensor);
        near(applied, (i) => merged[name]!.data[i] as number);
      }
    },
  );

  it.each(['uniform', 'pissa'] as const)('begins as the base: %s', (initial) => {
    const merged = (({ merge, trained }) => merge(trained))(
      loraAdapter(base, { rank: 3, alpha: 6, initial }),
    );
    for (const name of [linear, conv]) near(merged[name]!, (i) => base[name]!.data[i] as number);
  });

  it('has gradients of its factors, and trains B alone when A is frozen', () => {
    const inputs = draw(4, 6);
    const targets = draw(4, 9);
    const gradientsOf = (freezeA: boolean) => {
      const adapter = loraAdapter(base, { rank: 2, targetModules: ['up_proj'], freezeA });
      const loss = (trained: Record<string, Tensor>) =>
        meanSquaredError(matmul(inputs, adapter.apply(trained)[linear]!, { transposeB: true }), targets);
      const [, gradients] = valueAndGrad(loss as never)(adapter.trained as never) as unknown as [
        Tensor,
        Record<string, Tensor>,
      ];
      return Object.fromEntries(Object.entries(gradients).map(([name, value]) => [name, evaluate(value)]));
    };
    const both = gradientsOf(false);
    expect(Object.keys(both).sort()).toEqual([`${linear}.lora_A`, `${linear}.lora_B`]);
    expect(Math.max(...Array.from(both[`${linear}.lora_B`]!.data as Float32Array, Math.abs))).toBeGreaterThan(
      0,
    );
    expect(Object.keys(gradientsOf(true))).toEqual([`${linear}.lora_B`]);
  });

  it('refuses ranks and alphas that are none', () => {
    for (const rank of [0, 1.5, Number.NaN])
      expect(() => loraAdapter(base, { rank })).toThrow('an integer of at least 1');
    expect(() => loraAdapter(base, { rank: 7 })).toThrow('an adapter of rank 7 is no smaller than it');
    expect(() => loraAdapter(base, { rank: 2, alpha: 0 })).toThrow('alpha is a positive number, not 0');
    expect(() => loraAdapter(base, { rank: 2, targetModules: ['k_proj'] })).toThrow('None of the 4 tensors');
  });
});
