import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  adamw,
  add,
  array,
  crossEntropy,
  evaluate,
  grad,
  matmul,
  mul,
  type NDArray,
  sgd,
  sigmoid,
  sub,
  type Tensor,
  tensor,
  tree,
} from '@fletch/array';
import { isFletchError } from '@fletch/base';
import { Matrix, rng, solve, transpose } from '@fletch/linalg';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { activate, activations, complex, real, slope } from './arithmetic.js';
import {
  accuracyOf,
  EPNetwork,
  type EPNetworkOptions,
  type EPParams,
  type EPState,
  errorAgreement,
  type LabelledInputs,
  mirrorAngles,
  nudgePhases,
  trainEP,
} from './index.js';

const code = (name: string) => expect.objectContaining({ code: name });
const open: EPNetwork[] = [];
afterEach(async () => {
  for (const net of open.splice(0)) await net.close();
});

/** A small network in 64-bit; `scale` shrinks what goes between layers, so that it settles surely. */
function network(options: Partial<EPNetworkOptions> = {}, scale = 0.6): EPNetwork {
  const net = new EPNetwork({
    layers: [4, 6, 5, 3],
    precision: 'float64',
    damping: 0.5,
    threads: 1,
    seed: 3,
    ...options,
  });
  change(net, (value, name) => (name.startsWith('weights') && !name.includes('x-') ? value * scale : value));
  open.push(net);
  return net;
}

/** Replaces parameters one by one. */
function change(net: EPNetwork, f: (value: number, name: string, i: number) => number): void {
  net.load(
    tree.map((leaf: unknown, path) => {
      const { data, shape, dtype } = leaf as NDArray;
      return array(
        (data as Float64Array).map((value, i) => f(value, path, i)),
        dtype,
        shape,
      );
    }, net.parameters) as unknown as EPParams<NDArray>,
  );
}

const BATCH = 4;
const inputs = (width = 4, batch = BATCH) =>
  array(rng(8).fillUniform(new Float64Array(batch * width)), 'float64', [batch, width]);
const labels = [0, 2, 1, 2];
const SETTLE = { steps: 400 };

const values = (arrays: readonly NDArray[]) =>
  arrays.flatMap((part) => Array.from(part.data as Float64Array));
const length = (v: readonly number[]) => Math.hypot(...v);
const distance = (a: readonly number[], b: readonly number[]) => length(a.map((value, i) => value - b[i]!));

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

/** Mean loss at the fixed point. */
async function lossAt(net: EPNetwork, x: NDArray): Promise<number> {
  const { u } = await net.relax(x, SETTLE);
  const { weight, bias } = net.parameters.readout;
  const s = activate(real, net.activation, tensor(u.at(-1)!));
  return evaluate(
    crossEntropy(add(matmul(s, weight), bias), array(Int32Array.from(labels))),
  ).item() as number;
}

/** A central difference of the loss along some entries of parameters, moved together. */
async function difference(
  net: EPNetwork,
  x: NDArray,
  entries: readonly (readonly [string, number])[],
): Promise<number> {
  const step = 1e-5;
  const before = net.parameters;
  const at = async (by: number) => {
    change(net, (value, name, i) => value + (entries.some(([n, k]) => n === name && k === i) ? by : 0));
    const loss = await lossAt(net, x);
    net.load(before);
    return loss;
  };
  return ((await at(step)) - (await at(-step))) / (2 * step);
}

describe('gradients', () => {
  test('of recurrent backpropagation agree with differences for each weight, whatever the symmetry', async () => {
    for (const options of [{ angleDeg: 0 }, { angleDeg: 90 }, { topology: 'loop' }] as const) {
      const net = network(options);
      const x = inputs();
      const free = await net.relax(x, SETTLE);
      const delta = await net.adjoint(free, x, labels, SETTLE);
      const found = tree.flatten<NDArray>(await net.gradients(delta, free, x, labels));
      for (const [name, gradient] of Object.entries(found))
        for (const i of [0, Math.floor(gradient.size / 2), gradient.size - 1]) {
          const expected = await difference(net, x, [[name, i]]);
          expect(Math.abs(Number(gradient.data[i]) - expected)).toBeLessThan(
            1e-4 * Math.max(1e-3, Math.abs(expected)),
          );
        }
    }
  });

  test('of equilibrium propagation in a symmetric network: both mirrored weights moved together', async () => {
    const net = network({ angleDeg: 0 });
    const x = inputs();
    const free = await net.relax(x, SETTLE);
    const d = await net.errorVector(free, x, labels, { N: 6, beta: 0.05, ...SETTLE });
    const { weights } = await net.gradients(d, free, x, labels);
    for (const [forward, feedback, rows, cols] of [
      ['h1-h2', 'h2-h1', 6, 5],
      ['h2-out', 'out-h2', 5, 3],
    ] as const)
      for (const [i, j] of [
        [0, 0],
        [2, 1],
        [rows - 1, cols - 1],
      ] as const) {
        const [ahead, back] = [i * cols + j, j * rows + i];
        const sum = Number(weights[forward]!.data[ahead]) + Number(weights[feedback]!.data[back]);
        const expected = await difference(net, x, [
          [`weights.${forward}`, ahead],
          [`weights.${feedback}`, back],
        ]);
        expect(Math.abs(sum - expected)).toBeLessThan(1e-4 * Math.abs(expected));
      }
  });

  test('without feedback recurrent backpropagation is ordinary backpropagation', async () => {
    const net = network({ angleDeg: 90 }, 1);
    change(net, (value, name) => (name.endsWith('h2-h1') || name.endsWith('out-h2') ? 0 : value));
    const x = inputs();
    const free = await net.relax(x, { steps: 100 });
    const delta = await net.adjoint(free, x, labels, { steps: 100 });
    const found = tree.flatten<NDArray>(await net.gradients(delta, free, x, labels));
    const layer = (s: Tensor, w: Tensor, b: Tensor) => sigmoid(sub(mul(add(matmul(s, w), b), 4), 2));
    const loss = ({ weights, biases, readout }: EPParams<Tensor>) => {
      let s = tensor(x);
      for (const [name, edge] of [
        ['h1', 'x-h1'],
        ['h2', 'h1-h2'],
        ['out', 'h2-out'],
      ] as const)
        s = layer(s, weights[edge]!, biases[name]!);
      return crossEntropy(add(matmul(s, readout.weight), readout.bias), array(Int32Array.from(labels)));
    };
    const tensors = tree.map(
      (leaf: unknown) => tensor(leaf as NDArray),
      net.parameters,
    ) as unknown as EPParams<Tensor>;
    const expected = tree.flatten<NDArray>(
      evaluate(grad(loss, { unused: 'zeros' })(tensors)) as unknown as EPParams<NDArray>,
    );
    for (const [name, gradient] of Object.entries(found)) {
      // The absent feedback weights have a gradient too: what they would do if they were there.
      if (name.endsWith('h2-h1') || name.endsWith('out-h2')) continue;
      expect(distance(values([gradient]), values([expected[name]!]))).toBeLessThan(1e-12);
    }
  });
});

describe('homeostasis', () => {
  const blocks = (net: EPNetwork, name: string) => {
    const { data, shape } = net.parameters.weights[name]!;
    return new Matrix(Float64Array.from(data as Float64Array), shape[0]!, shape[1]!);
  };

  test.each(['mlp', 'loop'] as const)(
    '%s: the estimate’s mean is the closed form, which is ‖J − Jᵀ‖² / 2D',
    async (topology) => {
      const net = network({ topology }, 1);
      const exact = await net.homeoLoss({ exact: true });
      const J = net.jacobian(await net.relax(inputs(), { steps: 1 }));
      // In activities: the same blocks without slopes.
      const squares = net.layout.edges.map(({ name, from, to }) => {
        const W = blocks(net, name);
        const back = net.layout.edges.find((edge) => edge.from === to && edge.to === from);
        const other = back && transpose(blocks(net, back.name));
        return (
          W.data.reduce((sum, value, i) => sum + (value - (other?.data[i] ?? 0)) ** 2, 0) * (back ? 1 : 2)
        );
      });
      expect(exact.loss).toBeCloseTo(squares.reduce((a, b) => a + b) / (2 * J.rows), 12);
      const estimate = await net.homeoLoss({ draws: 10_000, seed: 1 });
      expect(Math.abs(estimate.loss / exact.loss - 1)).toBeLessThan(0.02);
    },
  );

  test.each([true, false])('gradients agree with differences (exact: %s)', async (exact) => {
    const net = network({ angleDeg: 70 }, 1);
    const options = { exact, draws: 20, seed: 2 };
    const { grads } = await net.homeoLoss(options);
    const before = net.parameters;
    for (const [edge, gradient] of Object.entries(grads))
      for (const i of [0, gradient.size - 1]) {
        const at = async (by: number) => {
          change(net, (value, name, k) => value + (name === `weights.${edge}` && k === i ? by : 0));
          const { loss } = await net.homeoLoss(options);
          net.load(before);
          return loss;
        };
        const expected = ((await at(1e-5)) - (await at(-1e-5))) / 2e-5;
        expect(Number(gradient.data[i])).toBeCloseTo(expected, 7);
      }
  });

  test('is zero for mirrored weights, and only for them', async () => {
    const net = network({ angleDeg: 0 });
    expect((await net.homeoLoss({ exact: true })).loss).toBe(0);
    expect(Math.abs((await net.homeoLoss({ draws: 50 })).loss)).toBeLessThan(1e-12);
    expect(net.symmetry()).toBe(1);
    change(net, (value, name, i) => value + (name === 'weights.h2-h1' && i === 3 ? 0.1 : 0));
    expect((await net.homeoLoss({ exact: true })).loss).toBeCloseTo(0.01 / 14, 12);
    expect(net.symmetry()).toBeLessThan(1);
  });

  test('the angle at the start is the one that is asked for, where weights are of one size', () => {
    const at = (angleDeg: number) =>
      mirrorAngles(
        network({ layers: [4, 60, 60, 3], angleDeg }, 1).layout,
        network({ layers: [4, 60, 60, 3], angleDeg }, 1).parameters,
      )['h1-h2']!;
    expect(at(0)).toBeLessThan(1e-5);
    for (const angle of [30, 60, 90]) expect(Math.abs(at(angle) - angle)).toBeLessThan(3);
    expect(network({ angleDeg: 0 }).weightAngle()).toBeLessThan(1e-5);
    const half = network({ layers: [4, 60, 60, 30], angleDeg: 45, feedback: 'mirror' }, 1);
    for (const angle of Object.values(mirrorAngles(half.layout, half.parameters)))
      expect(Math.abs(angle - 45)).toBeLessThan(3);
  });
});

/** Blobs of points in the unit square's corners, one for each class. */
function blobs(count: number, seed: number): LabelledInputs {
  const random = rng(seed);
  const own = Int32Array.from({ length: count }, () => random.integer(3));
  const images = Float32Array.from({ length: count * 4 }, (_, at) => {
    const centre = own[Math.floor(at / 4)]! === at % 4 ? 0.9 : 0.2;
    return Math.min(1, Math.max(0, centre + 0.12 * random.normal()));
  });
  return { images, labels: own };
}

describe('training', () => {
  const data = blobs(240, 1);
  const small = { T1: 40, T2: 20, batch: 20, epochs: 4, lr: 0.1, seed: 0 };
  const longer = { ...small, epochs: 8, optimizer: adamw({ learningRate: 0.01 }) };
  const fresh = (options: Partial<EPNetworkOptions> = {}) => {
    const net = new EPNetwork({ layers: [4, 16, 12, 3], damping: 0.5, threads: 1, seed: 1, ...options });
    open.push(net);
    return net;
  };

  test.each(['hep', 'rbp', 'bp', 'online'] as const)('%s learns three blobs', async (method) => {
    const net = fresh({ angleDeg: 0 });
    const cycle = method === 'online' ? { T1: 240, T2: 20, N: 4, beta: 0.2 } : {};
    const history = await trainEP(net, data, { ...longer, ...cycle, method, test: blobs(100, 2) });
    expect(history.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 9 }, (_, i) => i));
    expect(history.at(-1)!.loss!).toBeLessThan(0.85 * history[1]!.loss!);
    expect(history.at(-1)!.testAccuracy!).toBeGreaterThan(0.85);
    expect(await accuracyOf(net, blobs(100, 2), { steps: 40 })).toBeCloseTo(history.at(-1)!.testAccuracy!, 1);
    if (method !== 'online') expect(history.at(-1)!.residual95).toBeLessThan(0.05);
  });

  test('one step is the gradient times the rate, by all methods alike where they must agree', async () => {
    const one = { images: data.images.subarray(0, 80), labels: Array.from(data.labels).slice(0, 20) };
    const step = async (method: 'hep' | 'rbp' | 'bp' | 'online', more: object = {}) => {
      const net = fresh({ angleDeg: 0, precision: 'float64' });
      const before = values(tree.leaves<NDArray>(net.parameters));
      await trainEP(net, one, { ...small, method, epochs: 1, T1: 300, T2: 100, ...more });
      return values(tree.leaves<NDArray>(net.parameters)).map((value, i) => value - before[i]!);
    };
    const expected = await step('rbp');
    expect(length(expected)).toBeGreaterThan(1e-3);
    expect(distance(await step('bp'), expected) / length(expected)).toBeLessThan(1e-6);
    const limit = await step('hep', { N: Number.POSITIVE_INFINITY });
    expect(distance(limit, expected) / length(expected)).toBeLessThan(1e-6);
    const six = await step('hep', { N: 6, beta: 0.1 });
    expect(distance(six, expected) / length(expected)).toBeLessThan(1e-4);
    const always = await step('online', { N: 4, beta: 0.05, T1: 1200 });
    expect(distance(always, expected) / length(expected)).toBeLessThan(1e-3);
  });

  test.each(['estimated', 'exact', 'kolen-pollack'] as const)(
    '%s alignment turns feedback towards forward weights',
    async (alignment) => {
      const net = fresh();
      const [before, symmetry] = [net.weightAngle(), net.symmetry()];
      // Without momentum, under which decaying weights swing.
      const plain = { homeo: 0.03, optimizer: sgd({ learningRate: 1 }), epochs: 20 };
      const more = alignment === 'kolen-pollack' ? plain : { homeo: 3 };
      await trainEP(net, data, { ...small, method: 'hep', alignment, ...more });
      expect(net.weightAngle()).toBeLessThan(before / 3);
      expect(net.symmetry()).toBeGreaterThan(symmetry);
      const { cosine, settled } = await errorAgreement(
        net,
        array(data.images.slice(0, 80), 'float32', [20, 4]),
        Array.from(data.labels).slice(0, 20),
      );
      expect(settled).toBe(1);
      expect(cosine.h1).toBeGreaterThan(0.9);
    },
  );

  test('another optimizer may be given, and a measure is kept', async () => {
    const history = await trainEP(fresh({ topology: 'loop' }), data, {
      ...small,
      method: 'hep',
      homeo: 0.1,
      epochs: 1,
      optimizer: adamw({ learningRate: 1e-3 }),
      measure: async (epoch) => ({ twice: 2 * epoch }),
    });
    expect(history.map(({ measured }) => measured!.twice)).toEqual([0, 2]);
  });

  test('the same seed gives the same network; what is saved comes back', async () => {
    const [a, b] = [fresh(), fresh()];
    for (const net of [a, b]) await trainEP(net, data, { ...small, method: 'hep', homeo: 1, epochs: 1 });
    expect(values(tree.leaves<NDArray>(a.parameters))).toEqual(values(tree.leaves<NDArray>(b.parameters)));
    const folder = await mkdtemp(join(tmpdir(), 'fletch-ep-'));
    try {
      await a.save(join(folder, 'net.safetensors'));
      const other = fresh({ seed: 9 });
      await other.restore(join(folder, 'net.safetensors'));
      expect(values(tree.leaves<NDArray>(other.parameters))).toEqual(
        values(tree.leaves<NDArray>(a.parameters)),
      );
      const wider = new EPNetwork({ layers: [5, 16, 12, 3], seed: 0 });
      await expect(wider.restore(join(folder, 'net.safetensors'))).rejects.toThrow(code('INVALID_ARGUMENT'));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a network that leaves every basin stops with the curve', async () => {
    const net = fresh({ activation: 'dsilu' });
    change(net, (value, name) => (name.startsWith('weights') ? value * 1e9 : value));
    const error = await trainEP(net, data, { ...small, method: 'hep', T1: 400 }).catch(
      (thrown: unknown) => thrown,
    );
    if (!isFletchError(error, 'NON_FINITE')) throw error;
    expect(error.details.curve).toEqual(expect.arrayContaining([expect.any(Number)]));
  });

  test('stops when it is told', async () => {
    const stop = new AbortController();
    const work = trainEP(fresh(), data, {
      ...small,
      method: 'rbp',
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 3) stop.abort();
      },
    });
    await expect(work).rejects.toThrow(code('ABORTED'));
  });

  test.each<[string, Partial<Parameters<typeof trainEP>[2]>, string]>([
    ['an unknown method', { method: 'magic' as 'hep' }, 'magic'],
    ['N below 1', { N: 0 }, 'N'],
    ['β of zero', { beta: 0 }, 'beta'],
    ['no free phase', { T1: 0 }, 'T1'],
    ['no nudged phase', { T2: 0.5 }, 'T2'],
    ['negative homeostasis', { homeo: -1 }, 'homeo'],
    ['homeostasis that is no number', { homeo: Number.NaN }, 'homeo'],
    ['no epochs', { epochs: 0 }, 'epochs'],
    ['a batch of more than all', { batch: 500 }, '240 samples'],
    ['turns that do not close', { method: 'online', N: 4, T1: 100, T2: 20 }, 'whole turns'],
    ['one phase online', { method: 'online', N: 1, T1: 100, T2: 20 }, 'at least 2'],
  ])('refuses %s', async (_, options, message) => {
    const work = () => trainEP(fresh(), data, { ...small, method: 'hep', ...options });
    await expect(work()).rejects.toThrow(code('INVALID_ARGUMENT'));
    await expect(work()).rejects.toThrow(message);
  });

  test('refuses data that do not fit', async () => {
    const net = fresh();
    const train = (given: LabelledInputs) => trainEP(net, given, { ...small, method: 'hep' });
    await expect(train({ ...data, labels: Array(240).fill(3) })).rejects.toThrow('classes are 0 to 2');
    await expect(train({ ...data, labels: Array(240).fill(-1) })).rejects.toThrow(code('INVALID_ARGUMENT'));
    await expect(train({ ...data, images: data.images.map((value) => value * 255) })).rejects.toThrow(
      '[0, 1]',
    );
    await expect(train({ ...data, images: data.images.subarray(1) })).rejects.toThrow(
      code('DIMENSION_MISMATCH'),
    );
    await expect(net.relax(array([[0, 1, 2, 0.5]]))).rejects.toThrow(code('INVALID_ARGUMENT'));
    await expect(net.relax(array([[0, 1]]))).rejects.toThrow(code('DIMENSION_MISMATCH'));
    await expect(net.relax(array([[0, 1, 1, 1]]), { beta: 0.5 })).rejects.toThrow('labels');
    await expect(net.relax(array([[0, 1, 1, 1]]), { y: [0, 1] })).rejects.toThrow(code('DIMENSION_MISMATCH'));
    await expect(net.relax(array([[0, 1, 1, 1]]), { steps: 0 })).rejects.toThrow('steps');
  });
});

describe('networks that cannot be', () => {
  test.each<[Partial<EPNetworkOptions>, string]>([
    [{ layers: [4, 3] }, 'three'],
    [{ layers: [4, 0, 3] }, 'positive'],
    [{ topology: 'ring' as 'mlp' }, 'ring'],
    [{ topology: 'loop', angleDeg: 0 }, 'Layer h1→h2 has no mirror: angle undefined'],
    [{ angleDeg: -1 }, 'angleDeg'],
    [{ angleDeg: Number.NaN }, 'angleDeg'],
    [{ activation: 'relu' as 'dsilu' }, 'relu'],
    [{ feedback: 'large' as 'mirror' }, 'feedback'],
    [{ damping: 0 }, 'damping'],
    [{ damping: 1.5 }, 'damping'],
  ])('%j', (options, message) => {
    const make = () => new EPNetwork({ layers: [4, 6, 5, 3], seed: 0, ...options });
    expect(make).toThrow(code('INVALID_ARGUMENT'));
    expect(make).toThrow(message);
  });

  test('a loop without mirrors has no angle, and nothing for Kolen and Pollack', async () => {
    const net = network({ topology: 'loop' });
    expect(() => net.weightAngle()).toThrow('angle undefined');
    await expect(
      trainEP(net, blobs(20, 1), { method: 'hep', homeo: 1, alignment: 'kolen-pollack', batch: 5, seed: 0 }),
    ).rejects.toThrow('nothing to align');
  });
});
