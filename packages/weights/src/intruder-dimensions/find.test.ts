import { array, type NDArray, zeros } from '@fletch/array';
import { Matrix, matmul, randomOrthogonal, rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareMatrices,
  countIntruders,
  effectiveRank,
  findIntruderDimensions,
  similarityMatrix,
} from './index.js';
import { bases, composed, flipped, stored } from './testing.case.js';

const name = 'encoder.layer.0.attention.self.query.weight';
const find = (base: NDArray, tuned: NDArray, options = {}) =>
  findIntruderDimensions({ [name]: base }, { [name]: tuned }, options);
const minus = (a: NDArray, b: NDArray) =>
  array(
    (a.data as Float32Array).map((value, i) => value - (b.data[i] as number)),
    'float32',
    a.shape,
  );

describe('findIntruderDimensions', () => {
  it('finds nothing where nothing was tuned, and reports an update of rank 0', () => {
    const { u, s, v } = bases(40, 24, 1);
    const base = composed(u, s, v);
    for (const epsilon of [0.1, 0.5, 0.9, 0.999]) {
      const report = find(base, base.copy(), { epsilon });
      expect(report.total).toBe(0);
      expect(report.layers[0]!.effectiveRank).toBe(0);
    }
  });

  it('finds the one direction that a large addition of rank 1 brings', () => {
    const { u, v, s } = bases(60, 40, 2);
    // The last ten directions of both sides are unused by the base.
    const used = s.map((value, i) => (i < 30 ? value : 0));
    const base = composed(u, used, v);
    const added = used.map((value, i) => (i === 35 ? 2 * used[0]! : value));
    const [layer] = find(base, composed(u, added, v)).layers;
    expect(layer!.indices).toEqual([0]);
    expect(layer!.maxCosine[0]).toBeLessThan(0.1);
    expect(layer!.subspace[0]).toBeLessThan(0.1);
    expect(layer!.effectiveRank).toBeCloseTo(1, 2);
    expect(layer!.sigma[0]).toBeCloseTo(8, 4);
  });

  it('finds nothing when only singular values changed, their order kept', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1.05, max: 2, noNaN: true }), { minLength: 20, maxLength: 20 }),
        fc.integer({ min: 0, max: 1000 }),
        (ratios, seed) => {
          const { u, s, v } = bases(30, 20, seed);
          let value = 1;
          const other = ratios.map((ratio) => (value *= ratio)).reverse();
          const base = composed(u, s, v);
          expect(find(base, composed(u, other, v), { epsilon: 0.9 }).total).toBe(0);
          const twice = array(
            (base.data as Float32Array).map((entry) => 2 * entry),
            'float32',
            base.shape,
          );
          expect(find(base, twice, { epsilon: 0.99 }).total).toBe(0);
        },
      ),
      { seed: 9, numRuns: 20 },
    );
  });

  it('takes every vector of a random rotation for an intruder', () => {
    const { u, s, v } = bases(256, 256, 3);
    const base = composed(
      u,
      s.map((_, i) => 2 - i / 256),
      v,
    );
    const report = find(base, stored(randomOrthogonal(rng(77), 256)));
    expect(report.total).toBe(10);
    const [layer] = report.layers;
    expect(Math.max(...layer!.maxCosine.subarray(0, 10))).toBeLessThan(0.32);
    const mean = layer!.maxCosine.reduce((sum, cosine) => sum + cosine, 0) / 256;
    expect(mean).toBeCloseTo(layer!.randomCosine, 2);
  });

  it('sees on the left what it sees on the right of the transpose', () => {
    const { u, s, v, random } = bases(30, 22, 4);
    const base = composed(u, s, v);
    const noise = random.fillNormal(new Float32Array(base.size));
    const tuned = array(
      (base.data as Float32Array).map((x, i) => x + noise[i]! / 4),
      'float32',
      base.shape,
    );
    for (const [side, other] of [
      ['left', 'right'],
      ['right', 'left'],
    ]) {
      const [one] = find(base, tuned, { side }).layers;
      const [two] = find(flipped(base), flipped(tuned), { side: other }).layers;
      one!.maxCosine.forEach((cosine, j) => void expect(two!.maxCosine[j]).toBeCloseTo(cosine, 3));
      expect(two!.indices).toEqual(one!.indices);
    }
  });

  it('looks at what GPT-2 stores [in, out] the right way round, whole and in thirds', () => {
    const random = rng(5);
    const fused = (seed: number) => {
      const parts = [0, 1, 2].map((part) => {
        const { u, s, v } = bases(16, 16, 10 * seed + part);
        return composed(u, s, v);
      });
      const rows = parts.flatMap(({ data }) => Array.from(data as Float32Array));
      return { parts, whole: array(Float32Array.from(rows), 'float32', [48, 16]) };
    };
    const [before, after] = [fused(1), fused(2)];
    const layer = 'transformer.h.0.attn.c_attn.weight';
    const states = [before, after].map(({ whole }) => ({
      [layer]: flipped(whole),
      'transformer.h.0.attn.c_attn.bias': zeros([48]),
      'transformer.h.0.ln_1.weight': zeros([16]),
      'transformer.wte.weight': array(random.fillNormal(new Float32Array(64)), 'float32', [4, 16]),
      'transformer.h.0.attn.bias': zeros([8, 8]),
    }));
    const whole = findIntruderDimensions(states[0]!, states[1]!);
    expect(whole.layers.map((one) => one.name)).toEqual([layer]);
    const matrix = ({ data, shape }: NDArray) => new Matrix(data as Float32Array, shape[0]!, shape[1]!);
    const expected = compareMatrices(matrix(before.whole), matrix(after.whole));
    expect(Array.from(whole.layers[0]!.maxCosine)).toEqual(Array.from(expected.maxCosine));
    const split = findIntruderDimensions(states[0]!, states[1]!, { splitFused: true });
    expect(split.layers.map((one) => one.name)).toEqual(['q', 'k', 'v'].map((part) => `${layer}#${part}`));
    split.layers.forEach((one, part) => {
      const own = compareMatrices(matrix(before.parts[part]!), matrix(after.parts[part]!));
      expect(Array.from(one.maxCosine)).toEqual(Array.from(own.maxCosine));
    });
  });

  it('counts for other epsilons without looking again', () => {
    const { u, s, v, random } = bases(24, 24, 6);
    const base = composed(u, s, v);
    const noise = random.fillNormal(new Float32Array(base.size));
    const tuned = array(
      (base.data as Float32Array).map((x, i) => x + noise[i]! / 3),
      'float32',
      base.shape,
    );
    const report = find(base, tuned);
    for (const epsilon of [0.3, 0.5, 0.8])
      expect(countIntruders(report, epsilon)).toBe(find(base, tuned, { epsilon }).total);
  });

  it('takes modules by the ends of their paths', () => {
    const state = Object.fromEntries(
      ['attention.self.query', 'attention.output.dense', 'output.dense', 'LayerNorm', 'pooler.dense'].map(
        (path, i) => {
          const { u, s, v } = bases(8, 8, 20 + i);
          return [`layer.0.${path}.weight`, composed(u, s, v)];
        },
      ),
    );
    const names = (options: object) =>
      findIntruderDimensions(state, state, options).layers.map((one) => one.name.slice(8, -7));
    expect(names({})).toEqual(['attention.self.query', 'attention.output.dense', 'output.dense']);
    expect(names({ targetModules: ['output.dense'] })).toEqual(['attention.output.dense', 'output.dense']);
    expect(names({ targetModules: ['layer.0.output.dense'] })).toEqual(['output.dense']);
    expect(names({ targetModules: /self|pooler/ })).toEqual(['attention.self.query', 'pooler.dense']);
  });

  it('looks at all vectors of a small matrix, and says so', () => {
    const { u, s, v } = bases(6, 4, 7);
    const report = find(composed(u, s, v), composed(u, s, v));
    expect(report.vectors).toBe(4);
    expect(report.warnings).toEqual([`"${name}" has only 4 singular vectors: all were looked at, not 10.`]);
  });
});

describe('effectiveRank', () => {
  it('is n of the identity, 1 of rank 1, 0 of nothing', () => {
    const unit = new Float32Array(49).map((_, i) => (i % 8 === 0 ? 1 : 0));
    expect(effectiveRank(array(unit, 'float32', [7, 7]))).toBeCloseTo(7, 6);
    expect(effectiveRank(zeros([5, 3]))).toBe(0);
    const outer = Float32Array.from(
      { length: 60 },
      (_, i) => (1 + (i % 6)) * Math.sin(1 + Math.floor(i / 6)),
    );
    expect(effectiveRank(array(outer, 'float32', [10, 6]))).toBeCloseTo(1, 4);
  });

  it('is never above the rank', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 1000 }), (rank, seed) => {
        const random = rng(seed);
        const draw = (rows: number, columns: number) =>
          new Matrix(random.fillNormal(new Float64Array(rows * columns)), rows, columns);
        const value = effectiveRank(stored(matmul(draw(12, rank), draw(rank, 9))));
        expect(value).toBeGreaterThan(0.99);
        expect(value).toBeLessThanOrEqual(rank + 1e-4);
      }),
      { seed: 5, numRuns: 40 },
    );
  });
});

describe('similarityMatrix', () => {
  it('is the identity of equal matrices and shows an intruder as a dark column', () => {
    const { u, s, v } = bases(40, 30, 8);
    const used = s.map((value, i) => (i < 20 ? value : 0));
    const base = composed(u, used, v);
    const same = similarityMatrix(base, base.copy(), { top: 6 });
    expect(same.shape).toEqual([6, 6]);
    Array.from(same.data as Float32Array).forEach(
      (value, i) => void expect(value).toBeCloseTo(i % 7 === 0 ? 1 : 0, 4),
    );
    const tuned = composed(
      u,
      used.map((value, i) => (i === 25 ? 9 : value)),
      v,
    );
    const shown = similarityMatrix(base, tuned, { top: 6 });
    for (let i = 0; i < 6; i++) {
      expect(shown.data[i * 6]).toBeLessThan(0.01);
      if (i < 5) expect(shown.data[i * 6 + i + 1]).toBeCloseTo(1, 3);
    }
    expect(minus(shown, same).shape).toEqual([6, 6]);
  });
});

describe('bad input', () => {
  const { u, s, v } = bases(12, 8, 9);
  const base = composed(u, s, v);

  it('names tensors that differ', () => {
    expect(() => find(base, flipped(base))).toThrow(`"${name}" is [12, 8] and [8, 12]`);
    expect(() => findIntruderDimensions({ [name]: base }, { other: base })).toThrow('is only in the first');
    expect(() => similarityMatrix(base, flipped(base))).toThrow('[12, 8] and [8, 12]');
    expect(() => effectiveRank(zeros([4]))).toThrow('two matrices of one shape');
  });

  it('refuses options out of range', () => {
    for (const epsilon of [0, -1, 1.01, Number.NaN])
      expect(() => find(base, base, { epsilon })).toThrow('epsilon is a cosine above 0 and at most 1');
    for (const k of [0, -3, 1.5, Number.NaN]) expect(() => find(base, base, { k })).toThrow('at least 1');
    expect(() => find(base, base, { side: 'up' })).toThrow('side is "left" or "right", not "up"');
  });

  it('says when there is no matrix to look at', () => {
    const state = { 'transformer.wte.weight': base, 'ln.weight': zeros([4]) };
    expect(() => findIntruderDimensions(state, state)).toThrow('None of the 2 tensors is a matrix');
    expect(() => find(base, base, { targetModules: ['value'] })).toThrow('that value names');
  });

  it('names the tensor and the place of what is not finite', () => {
    const bad = base.copy();
    bad.data[13] = Number.NaN;
    expect(() => find(base, bad)).toThrow(`"${name}" holds NaN in row 1, column 5`);
  });

  it('refuses tensors that are not float32', () => {
    const counted = array(new Int32Array(96), 'int32', [12, 8]);
    expect(() => find(base, counted)).toThrow('of the tuned model is int32, not float32');
  });
});
