import { add, array, evaluate, matmul, type NDArray, tensor } from '@fletch/array';
import { isFletchError } from '@fletch/base';
import { Matrix, rng, solve, transpose } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { activate, activations, complex, real, slope } from './arithmetic.js';
import { type EPNetwork, type EPState, nudgePhases } from './index.js';

import {
  BATCH,
  change,
  code,
  distance,
  inputs,
  labels,
  length,
  network,
  SETTLE,
  values,
} from './support.case.js';

/** One sample's values over all layers. */
const sampleOf = (arrays: readonly NDArray[], b: number) =>
  arrays.flatMap((part) =>
    Array.from((part.data as Float64Array).slice(b * part.shape[1]!, (b + 1) * part.shape[1]!)),
  );

/** W − D⁻¹, the Jacobian in activities, and ∂ℓ/∂s of a sample. */
function denseOf(net: EPNetwork, free: EPState, b: number) {
  const J = net.jacobian(free, b);
  const n = J.rows;
  const D = free.u.flatMap((part) => {
    const slopes = evaluate(slope(net.activation, tensor(part))).data as Float64Array;
    return Array.from(slopes.slice(b * part.shape[1]!, (b + 1) * part.shape[1]!));
  });
  const inActivities = new Matrix(
    J.data.map((value, at) => value / D[at % n]!),
    n,
    n,
  );
  return { J, D, inActivities };
}

function outputGradient(net: EPNetwork, free: EPState, b: number): number[] {
  const { weight, bias } = net.parameters.readout;
  const s = sampleOf([evaluate(activate(real, net.activation, tensor(free.u.at(-1)!)))], b);
  const R = weight.data as Float64Array;
  const k = s.length;
  const logits = s.map((_, j) =>
    s.reduce((sum, value, i) => sum + value * R[i * k + j]!, Number(bias.data[j])),
  );
  const most = Math.max(...logits);
  const e = logits.map((value) => Math.exp(value - most));
  const sum = e.reduce((a, c) => a + c);
  const excess = e.map((value, j) => value / sum - (labels[b] === j ? 1 : 0));
  return s.map((_, i) => excess.reduce((total, value, j) => total + value * R[i * k + j]!, 0));
}

const column = (v: readonly number[]) => new Matrix(Float64Array.from(v), v.length, 1);

describe('the points on the circle', () => {
  test('are exact for polynomials up to degree N, and miss by the next one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0.1, max: 2, noNaN: true }),
        fc.nat(),
        (N, beta, seed) => {
          const c = Array.from(rng(seed).fillNormal(new Float64Array(N + 2)));
          const derivative = (degree: number) => {
            let sum = 0;
            for (const { re, im, weight } of nudgePhases(N, beta)) {
              let [a, b] = [0, 0];
              for (let k = degree; k >= 1; k--)
                [a, b] = [(a + c[k]!) * re - b * im, (a + c[k]!) * im + b * re];
              sum += weight.re * a - weight.im * b;
            }
            return sum;
          };
          expect(derivative(N)).toBeCloseTo(c[1]!, 9);
          const next = derivative(N + 1) - c[1]!;
          expect(next).toBeCloseTo(c[N + 1]! * beta ** N, 6);
        },
      ),
      { seed: 4, numRuns: 100 },
    );
  });

  test('conjugate ones are run once', () => {
    expect(nudgePhases(4, 0.5).map(({ im }) => Math.sign(Math.round(im * 1e9)))).toEqual([0, 1, 0]);
    expect(nudgePhases(6, 0.5)).toHaveLength(4);
    expect(nudgePhases(5, 0.5)).toHaveLength(3);
  });

  test.each([
    [0, 0.5, {}, 'N'],
    [1.5, 0.5, {}, 'N'],
    [-2, 0.5, {}, 'N'],
    [2, 0, {}, 'beta'],
    [2, Number.NaN, {}, 'beta'],
    [3, 0.5, { realOnly: true }, 'complex circle'],
  ] as const)('refuses N = %f, β = %f, %j', (N, beta, options, message) => {
    expect(() => nudgePhases(N, beta, options)).toThrow(code('INVALID_ARGUMENT'));
    expect(() => nudgePhases(N, beta, options)).toThrow(message);
  });
});

describe.each(activations)('%s', (name) => {
  const points = array([-30, -2, -0.3, 0, 0.4, 1.7, 25], 'float64');

  test('the complex one is the real one on the axis, and its derivative is the slope', () => {
    const h = 1e-20;
    const u = tensor(points);
    const z = evaluate(activate(complex, name, { re: u, im: tensor(array(Array(7).fill(h), 'float64')) }));
    const s = evaluate(activate(real, name, u));
    const slopes = evaluate(slope(name, u));
    for (let i = 0; i < 7; i++) {
      expect(z.re.data[i]).toBeCloseTo(Number(s.data[i]), 14);
      expect(Number(z.im.data[i]) / h).toBeCloseTo(Number(slopes.data[i]), 13);
    }
  });

  test('the complex one satisfies the Cauchy-Riemann equations away from the axis', () => {
    const h = 1e-5;
    const at = (re: number, im: number) => {
      const of = (value: number) => tensor(array([value], 'float64'));
      const z = evaluate(activate(complex, name, { re: of(re), im: of(im) }));
      return [Number(z.re.data[0]), Number(z.im.data[0])] as const;
    };
    for (const [p, q] of [
      [0.3, 0.2],
      [-0.7, 0.3],
      [1.5, -0.25],
    ] as const) {
      const [alongRe, alongIm] = [
        [at(p + h, q), at(p - h, q)],
        [at(p, q + h), at(p, q - h)],
      ].map(([a, b]) => [(a![0] - b![0]) / (2 * h), (a![1] - b![1]) / (2 * h)]);
      expect(alongRe![0]).toBeCloseTo(alongIm![1]!, 6);
      expect(alongRe![1]).toBeCloseTo(-alongIm![0]!, 6);
    }
  });
});

describe('relaxation', () => {
  test('a complex nudge without imaginary part is the real one', async () => {
    const net = network({ angleDeg: 60 });
    const x = inputs();
    const free = await net.relax(x, SETTLE);
    const options = { y: labels, from: free, steps: 50 };
    const plain = await net.relax(x, { ...options, beta: 0.3 });
    const pair = await net.relax(x, { ...options, beta: { re: 0.3, im: 0 } });
    expect(distance(values(plain.u), values(pair.u))).toBeLessThan(1e-12);
    expect(length(values(pair.im!))).toBe(0);
  });

  test('ends where F is zero, says how far it is on the way, and starts where it is told', async () => {
    const net = network({ angleDeg: 90 });
    const x = inputs();
    const { u, residual, curve } = await net.relax(x, SETTLE);
    expect(Math.max(...residual)).toBeLessThan(1e-12);
    expect(curve).toHaveLength(400);
    expect(curve[0]).toBeGreaterThan(curve[100]!);
    const s = u.map((part) => evaluate(activate(real, 'sigmoid4', tensor(part))));
    const { weights, biases } = net.parameters;
    const drive = evaluate(
      add(add(matmul(x, weights['x-h1']!), matmul(s[1]!, weights['h2-h1']!)), biases.h1!),
    );
    expect(distance(values([drive]), values([u[0]!]))).toBeLessThan(1e-12);
    const again = await net.relax(x, { from: { u, residual, curve }, steps: 1 });
    expect(distance(values(again.u), values(u))).toBeLessThan(1e-12);
  });

  test('that diverges throws with the step and the curve', async () => {
    // Activities are bounded: only weights that ran away make potentials that do.
    const net = network({ activation: 'dsilu', angleDeg: 90 }, 1e9);
    const error = await net.relax(inputs(), { steps: 300 }).catch((thrown: unknown) => thrown);
    if (!isFletchError(error, 'NON_FINITE')) throw error;
    expect(error.message).toMatch(/diverged at step \d+, residual/);
    const { step, curve, residual } = error.details as { step: number; curve: number[]; residual: number };
    expect(curve.slice(0, step).every((value) => value < 1e6)).toBe(true);
    expect(residual).toBe(curve[step]);
    expect(residual < 1e6).toBe(false);
  });
});

describe('error vectors', () => {
  test('of a symmetric network: the limit is the dense solution and what recurrent backpropagation gives', async () => {
    for (const activation of activations) {
      const net = network({ angleDeg: 0, activation });
      const x = inputs();
      const free = await net.relax(x, SETTLE);
      const d = await net.errorVector(free, x, labels, { N: Number.POSITIVE_INFINITY, ...SETTLE });
      const delta = await net.adjoint(free, x, labels, SETTLE);
      expect(distance(values(d), values(delta)) / length(values(delta))).toBeLessThan(1e-9);
      for (let b = 0; b < BATCH; b++) {
        const { inActivities } = denseOf(net, free, b);
        const source = [...Array(11).fill(0), ...outputGradient(net, free, b)];
        const expected = solve(inActivities, column(source.map((value) => -value)));
        expect(distance(sampleOf(d, b), Array.from(expected.data)) / length(sampleOf(d, b))).toBeLessThan(
          1e-6,
        );
      }
    }
  });

  test('of any network: δ_EP − δ_BP = −2 J⁻¹ A δ_BP, with A the antisymmetric part of J', async () => {
    for (const topology of ['mlp', 'loop'] as const) {
      const net = network({ angleDeg: 90, topology, seed: 5 });
      const x = inputs();
      const free = await net.relax(x, SETTLE);
      const d = await net.errorVector(free, x, labels, { N: Number.POSITIVE_INFINITY, ...SETTLE });
      const delta = await net.adjoint(free, x, labels, SETTLE);
      for (let b = 0; b < BATCH; b++) {
        const { inActivities: J } = denseOf(net, free, b);
        const [ep, bp] = [sampleOf(d, b), sampleOf(delta, b)];
        const twiceA = bp.map((_, i) =>
          bp.reduce((sum, value, j) => sum + (J.at(i, j) - J.at(j, i)) * value, 0),
        );
        const expected = solve(J, column(twiceA.map((value) => -value)));
        const bias = ep.map((value, i) => value - bp[i]!);
        expect(length(bias)).toBeGreaterThan(0.05 * length(bp));
        expect(distance(bias, Array.from(expected.data)) / length(bias)).toBeLessThan(1e-8);
      }
    }
  });

  test('δ is the adjoint solution of the Jacobian in potentials', async () => {
    const net = network({ angleDeg: 90 });
    const x = inputs();
    const free = await net.relax(x, SETTLE);
    const delta = await net.adjoint(free, x, labels, SETTLE);
    const { J, D } = denseOf(net, free, 1);
    const source = [...Array(11).fill(0), ...outputGradient(net, free, 1)];
    const expected = solve(transpose(J), column(source.map((value, i) => -value * D[i]!)));
    expect(distance(sampleOf(delta, 1), Array.from(expected.data))).toBeLessThan(1e-10);
  });

  test.each([1, 2, 3, 4])('with N = %i nudges the error falls as β^N', async (N) => {
    const net = network({ angleDeg: 0 });
    const x = inputs();
    const free = await net.relax(x, SETTLE);
    const delta = values(await net.adjoint(free, x, labels, SETTLE));
    const errorAt = async (beta: number) =>
      distance(values(await net.errorVector(free, x, labels, { N, beta, ...SETTLE })), delta);
    const rate = Math.log2((await errorAt(0.1)) / (await errorAt(0.05)));
    expect(Math.abs(rate - N)).toBeLessThan(0.2);
  });

  test('a nudged relaxation that is not finite throws with its curve', async () => {
    const net = network({ angleDeg: 0 });
    const x = inputs();
    const free = await net.relax(x, SETTLE);
    change(net, (value, name) => (name.startsWith('readout') ? value * 1e200 : value));
    change(net, (value, name) => (name.startsWith('readout') ? value * 1e200 : value));
    const work = net.errorVector(free, x, labels, { N: 3, beta: 0.5 });
    const error = await work.catch((thrown: unknown) => thrown);
    if (!isFletchError(error, 'NON_FINITE')) throw error;
    expect((error.details.curve as number[])[0]).toBe(Number.POSITIVE_INFINITY);
  });
});
