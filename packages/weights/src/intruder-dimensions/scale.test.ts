import { array, type NDArray } from '@fletch/array';
import { Matrix, rng, singularValues } from '@fletch/linalg';
import { describe, expect, it } from 'vitest';
import { findIntruderDimensions, pretrainedLikeVectors, randomMaxCosine, scaleIntruders } from './index.js';
import { bases, composed, flipped } from './testing.case.js';

const name = 'h.0.mlp.c_fc.weight';
const { u, s, v } = bases(20, 30, 1);
const used = s.map((value, i) => (i < 15 ? value : 0));
const base = { [name]: composed(u, used, v), 'ln_f.bias': array([1, 2]) };
const tuned = {
  ...base,
  [name]: composed(
    u,
    used.map((value, i) => (i === 17 ? 3.8 : i === 18 ? 2.3 : value)),
    v,
  ),
};
const valuesOf = ({ data, shape }: NDArray) =>
  Array.from(singularValues(new Matrix(data as Float32Array, shape[0]!, shape[1]!)));
// The layer is wide, but this model keeps it [out, in].
const report = findIntruderDimensions(base, tuned, { isConv1D: () => false });

describe('scaleIntruders', () => {
  it('finds the two that were put in', () => {
    expect(report.layers[0]!.indices).toEqual([1, 7]);
  });

  it('changes no bit for lambda 1', () => {
    const same = scaleIntruders(tuned, report, 1);
    expect(same[name]).toBe(tuned[name]);
  });

  it('removes their singular values for lambda 0, and leaves the others', () => {
    const before = tuned[name]!.copy();
    const removed = scaleIntruders(tuned, report, 0);
    const expected = valuesOf(tuned[name]!).filter((_, j) => j !== 1 && j !== 7);
    const found = valuesOf(removed[name]!);
    expected.forEach((value, j) => void expect(found[j]).toBeCloseTo(value, 4));
    expect(Math.max(...found.slice(18))).toBeLessThan(1e-5);
    expect(tuned[name]!.data).toEqual(before.data);
    expect(removed['ln_f.bias']).toBe(tuned['ln_f.bias']);
    for (const [i, value] of (base[name]!.data as Float32Array).entries())
      expect(removed[name]!.data[i]).toBeCloseTo(value, 4);
  });

  it('scales in between, and in the layout of GPT-2 too', () => {
    const half = scaleIntruders(tuned, report, 0.5);
    const halved = valuesOf(tuned[name]!).map((value, j) => (j === 1 || j === 7 ? value / 2 : value));
    halved.sort((a, b) => b - a);
    valuesOf(half[name]!).forEach((value, j) => void expect(value).toBeCloseTo(halved[j]!, 4));
    const [one, two] = [base, tuned].map((state) => ({ [name]: flipped(state[name]!) }));
    const turned = findIntruderDimensions(one!, two!, { isConv1D: () => true });
    expect(flipped(scaleIntruders(two!, turned, 0.5)[name]!).data).toEqual(half[name]!.data);
  });

  it('scales a part of a fused tensor and not the others', () => {
    const fused = (seed: number) => {
      const random = rng(seed);
      return { 'attn.qkv.weight': array(random.fillNormal(new Float32Array(300)), 'float32', [30, 10]) };
    };
    const after = fused(2);
    const found = findIntruderDimensions(fused(1), after, { splitFused: true, epsilon: 1 });
    const [, keys] = found.layers;
    const layers = [{ target: keys!.target, indices: [0] }];
    const scaled = scaleIntruders(after, { layers }, 0)['attn.qkv.weight']!.data;
    const original = after['attn.qkv.weight']!.data;
    expect(scaled.slice(0, 100)).toEqual(original.slice(0, 100));
    expect(scaled.slice(200)).toEqual(original.slice(200));
    const part = array((scaled as Float32Array).slice(100, 200), 'float32', [10, 10]);
    expect(valuesOf(part)[0]).toBeCloseTo(keys!.sigma[1]!, 4);
  });

  it('has a control of the nearest vectors that are like the base’s', () => {
    const control = pretrainedLikeVectors(report);
    expect(control.layers.map(({ indices }) => indices)).toEqual([[0, 6]]);
    expect(pretrainedLikeVectors(report, 1.1).layers[0]!.indices).toEqual([]);
  });

  it('refuses what it cannot scale', () => {
    for (const lambda of [-0.1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => scaleIntruders(tuned, report, lambda)).toThrow('0 or more');
    expect(() => scaleIntruders({ other: tuned[name]! }, report, 0)).toThrow(
      'The report is of another model',
    );
    const { target } = report.layers[0]!;
    expect(() => scaleIntruders(tuned, { layers: [{ target, indices: [20] }] }, 0)).toThrow(
      'has 20 singular vectors, counted from 0: there is none at 20',
    );
    expect(() =>
      scaleIntruders({ [name]: array(new Float32Array(4), 'float32', [2, 2]) }, report, 0),
    ).toThrow('is [20, 30], but 4 numbers were given');
  });
});

describe('randomMaxCosine', () => {
  it('is what random directions have', () => {
    for (const [count, width] of [
      [8, 8],
      [96, 96],
      [20, 60],
    ] as const) {
      const random = rng(4);
      let sum = 0;
      const rounds = 4000;
      for (let round = 0; round < rounds; round++) {
        const direction = random.fillNormal(new Float64Array(width));
        sum += Math.max(...direction.subarray(0, count).map(Math.abs)) / Math.hypot(...direction);
      }
      expect(randomMaxCosine(count, width)).toBeCloseTo(sum / rounds, 2);
    }
    expect(randomMaxCosine(1, 1)).toBeCloseTo(1, 6);
  });

  it('refuses more directions than dimensions', () => {
    expect(() => randomMaxCosine(5, 4)).toThrow('no 5 orthogonal directions in 4 dimensions');
    expect(() => randomMaxCosine(0, 4)).toThrow('There are no 0');
  });
});
