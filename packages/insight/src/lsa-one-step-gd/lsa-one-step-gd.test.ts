import { array, evaluate, grad, type NDArray, type Tensor, tensor } from '@fletch/array';
import { Matrix, matmul, randomOrthogonal, rng, transpose } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import {
  gdOneStepPredict,
  LinearSelfAttention,
  lossAt,
  lsaLoss,
  meanSquaredErrorOf,
  olsPredict,
  optimalEta,
  optimalLoss,
  optimalPreconditioner,
  type Prompts,
  ridgePredict,
  samplePrompts,
  scaledIdentity,
} from './index.js';

const d = 5;
const n = 20;
const sigma = 0.5;

function diagonal(...values: number[]): Matrix<Float64Array> {
  const result = new Matrix(new Float64Array(values.length ** 2), values.length, values.length);
  values.forEach((value, i) => {
    result.data[i * values.length + i] = value;
  });
  return result;
}

/** The squared errors' mean and its standard error. */
function errorOf(predictions: Float64Array, prompts: Prompts): { mean: number; error: number } {
  const squares = predictions.map((value, b) => (value - prompts.y[b * (prompts.n + 1) + prompts.n]!) ** 2);
  const mean = squares.reduce((a, b) => a + b) / squares.length;
  const variance = squares.reduce((a, b) => a + (b - mean) ** 2, 0) / (squares.length - 1);
  return { mean, error: Math.sqrt(variance / squares.length) };
}

/** Equal up to `tolerance`, relative for numbers above one. */
function expectClose(values: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12): void {
  expect(values.length).toBe(expected.length);
  const off = Array.from(
    values,
    (value, i) => Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!)),
  );
  expect(Math.max(...off)).toBeLessThanOrEqual(tolerance);
}

function layer(h: number[], M: Matrix): LinearSelfAttention {
  const model = new LinearSelfAttention({ d: h.length - 1, seed: 0 });
  model.load({
    h: array(Float32Array.from(h)),
    M: array(Float32Array.from(M.data), 'float32', [M.rows, M.cols]),
  });
  return model;
}

describe('the closed forms', () => {
  const prompts = samplePrompts({ d, n, sigma, batch: 100_000, seed: 1 });

  test.each([0.01, 0.025, 0.0381, 0.05, 0.08])('the loss of one step with rate %f', (eta) => {
    const { mean, error } = errorOf(gdOneStepPredict(prompts, { eta }), prompts);
    expect(Math.abs(mean - lossAt(eta, { d, n, sigma }))).toBeLessThan(3 * error);
  });

  test('the optimum is the least loss, and that of the formula', () => {
    const eta = optimalEta({ d, n, sigma });
    expect(eta).toBeCloseTo(1 / 26.25, 12);
    expect(optimalLoss({ d, n, sigma })).toBeCloseTo(5.25 - 100 / 26.25, 12);
    for (const factor of [0.98, 1.02])
      expect(lossAt(eta * factor, { d, n, sigma })).toBeGreaterThan(optimalLoss({ d, n, sigma }));
  });

  test('the weights’ scale enters as σ²/τ²', () => {
    expect(optimalEta({ d, n, sigma: 1, tau: 2 })).toBe(optimalEta({ d, n, sigma: 0.5 }));
    expect(optimalLoss({ d, n, sigma: 1, tau: 2 })).toBeCloseTo(4 * optimalLoss({ d, n, sigma: 0.5 }), 12);
  });

  test('of random ReLU networks, estimated from 400,000 prompts within 1 %', () => {
    let cross = 0;
    let square = 0;
    for (let seed = 10; seed < 14; seed++) {
      const drawn = samplePrompts({ d, n, sigma, batch: 100_000, target: 'relu', seed });
      const along = gdOneStepPredict(drawn, { eta: 1 });
      along.forEach((value, b) => {
        cross += value * drawn.y[b * (n + 1) + n]!;
        square += value * value;
      });
    }
    expect(cross / square / optimalEta({ d, n, sigma, target: 'relu' }) - 1).toBeCloseTo(0, 2);
  });

  test('a preconditioner is η* Σ⁻¹ when weights follow N(0, Σ⁻¹), and η* I for isotropic ones', () => {
    const cov = diagonal(4, 2, 1, 0.5, 0.25);
    const wCov = diagonal(0.25, 0.5, 1, 2, 4);
    const eta = optimalEta({ d, n, sigma });
    expectClose(
      optimalPreconditioner({ cov, wCov, n, sigma }).data,
      wCov.data.map((value) => value * eta),
    );
    const unit = diagonal(1, 1, 1, 1, 1);
    const scaled = optimalPreconditioner({ cov: unit, wCov: unit, n, sigma });
    expectClose(scaled.data, scaledIdentity(d, eta).data);
  });

  test('for Ω = I the preconditioner is [(n + 1) Λ + (tr Λ + σ²) I]⁻¹', () => {
    const cov = diagonal(3, 2, 1);
    const found = optimalPreconditioner({ cov, wCov: diagonal(1, 1, 1), n: 7, sigma: 0.3 });
    expectClose(
      [0, 1, 2].map((i) => found.at(i, i)),
      [3, 2, 1].map((value) => 1 / (8 * value + 6 + 0.09)),
    );
  });
});

describe('the layer', () => {
  const prompts = samplePrompts({ d, n, sigma, batch: 500, seed: 2 });

  test('with h = e_y and M = diag(η I, 0) it is one gradient step', () => {
    const M = diagonal(...new Array(d).fill(0.04), 0);
    const model = layer([0, 0, 0, 0, 0, 1], M);
    const step = gdOneStepPredict(prompts, { eta: 0.04 });
    expectClose(model.forward(prompts), step, 1e-5);
    const { eta, leak, W } = model.extract();
    expect(eta).toBeCloseTo(0.04, 7);
    expect(leak).toEqual({ hx: 0, myRow: 0 });
    expect(W.at(1, 1)).toBeCloseTo(0.04, 7);
  });

  test('what is scaled between h and M changes nothing', () => {
    const random = rng(5);
    const h = Array.from({ length: d + 1 }, () => random.normal());
    const M = new Matrix(random.fillNormal(new Float64Array((d + 1) ** 2)), d + 1, d + 1);
    const scaled = new Matrix(
      M.data.map((value) => value / 4),
      d + 1,
      d + 1,
    );
    const plain = layer(h, M);
    const other = layer(
      h.map((value) => value * 4),
      scaled,
    );
    const expected = plain.forward(prompts);
    expectClose(other.forward(prompts), expected, 1e-5);
    expect(other.extract().eta).toBeCloseTo(plain.extract().eta, 6);
  });

  test('rotating all inputs and the weights with them changes nothing', () => {
    const random = rng(6);
    const turn = randomOrthogonal(random, d);
    const X = new Float32Array(prompts.X.length);
    for (let at = 0; at < X.length; at += d)
      for (let i = 0; i < d; i++)
        for (let j = 0; j < d; j++) X[at + i]! += turn.at(i, j) * prompts.X[at + j]!;
    const whole = diagonal(...new Array(d + 1).fill(0));
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) whole.data[i * (d + 1) + j] = turn.at(i, j);
    whole.data[(d + 1) ** 2 - 1] = 1;
    const h = Array.from({ length: d + 1 }, () => random.normal());
    const M = new Matrix(random.fillNormal(new Float64Array((d + 1) ** 2)), d + 1, d + 1);
    const turned = layer(
      whole.toArrays().map((row) => row.reduce((sum, value, j) => sum + value * h[j]!, 0)),
      matmul(matmul(whole, M), transpose(whole)),
    );
    const expected = layer(h, M).forward(prompts);
    expectClose(turned.forward({ ...prompts, X }), expected, 1e-4);
  });

  test.each(['merged', 'full'] as const)(
    '%s: gradients agree with central differences',
    (parametrization) => {
      const model = new LinearSelfAttention({ d: 3, parametrization, seed: 3 });
      const small = samplePrompts({ d: 3, n: 4, sigma, batch: 6, seed: 4 });
      const X = tensor(array(Float64Array.from(small.X), 'float64', [6, 5, 3]));
      const y = tensor(array(Float64Array.from(small.y), 'float64', [6, 5]));
      const values = Object.fromEntries(
        Object.entries(model.parameters).map(([name, { data, shape }]) => [
          name,
          { data: Float64Array.from(data as Float32Array), shape },
        ]),
      );
      const tensors = () =>
        Object.fromEntries(
          Object.entries(values).map(([name, { data, shape }]) => [
            name,
            tensor(array(data.slice(), 'float64', shape)),
          ]),
        );
      const at = () => (evaluate(lsaLoss(tensors(), X, y)) as NDArray).item() as number;
      const gradients = evaluate(
        grad((params: { readonly [name: string]: Tensor }) => lsaLoss(params, X, y))(tensors()),
      ) as { [name: string]: NDArray };
      for (const [name, { data }] of Object.entries(values)) {
        const found = gradients[name]!.data as Float64Array;
        data.forEach((value, i) => {
          const step = 1e-5;
          data[i] = value + step;
          const above = at();
          data[i] = value - step;
          const below = at();
          data[i] = value;
          const expected = (above - below) / (2 * step);
          expect(Math.abs(found[i]! - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)));
        });
      }
    },
  );

  test('both parametrisations predict alike when their products are alike', () => {
    const full = new LinearSelfAttention({ d, parametrization: 'full', keyDim: 8, seed: 9 });
    const [q, k, v, head] = ['q_proj', 'k_proj', 'v_proj', 'head'].map((name) => {
      const { data, shape } = full.parameters[`${name}.weight`]!;
      return new Matrix(Float64Array.from(data as Float32Array), shape[0]!, shape[1] ?? 1);
    }) as [Matrix, Matrix, Matrix, Matrix];
    const merged = layer(Array.from(matmul(transpose(v), head).data), matmul(transpose(k), q));
    const expected = merged.forward(prompts);
    expectClose(full.forward(prompts), expected, 1e-5);
  });

  test('the traced loss is the squared error of the predictions', () => {
    const model = new LinearSelfAttention({ d, seed: 11 });
    const params = Object.fromEntries(
      Object.entries(model.parameters).map(([name, value]) => [name, tensor(value)]),
    );
    const loss = evaluate(
      lsaLoss(
        params,
        tensor(array(prompts.X, 'float32', [500, n + 1, d])),
        tensor(array(prompts.y, 'float32', [500, n + 1])),
      ),
    ) as NDArray;
    const expected = meanSquaredErrorOf(model.forward(prompts), prompts);
    expect(Math.abs((loss.item() as number) / expected - 1)).toBeLessThan(1e-5);
  });

  // In two dimensions training may stop in a minimum that is only local; from three on it does not.
  test('training leads to the gradient step', async () => {
    const model = new LinearSelfAttention({ d: 3, seed: 1 });
    const steps = 800;
    const { loss } = await model.fit({ n: 12, sigma: 0.2, steps, batch: 256, lr: 1e-2, seed: 1, threads: 1 });
    expect(loss).toHaveLength(steps);
    expect(Math.abs(model.extract().eta / optimalEta({ d: 3, n: 12, sigma: 0.2 }) - 1)).toBeLessThan(0.02);
  });
});

describe('the baselines', () => {
  test('ridge with the noise’s variance is best, least squares next, zero last', () => {
    const prompts = samplePrompts({ d, n, sigma, batch: 20_000, seed: 3 });
    const errors = [
      ridgePredict(prompts, { lambda: sigma ** 2 }),
      olsPredict(prompts),
      gdOneStepPredict(prompts, { eta: optimalEta({ d, n, sigma }) }),
      new Float64Array(prompts.batch),
    ].map((predictions) => meanSquaredErrorOf(predictions, prompts));
    expect(errors).toEqual([...errors].sort((a, b) => a - b));
  });

  test('without noise least squares is exact once there are d pairs', () => {
    const prompts = samplePrompts({ d: 3, n: 3, sigma: 0, batch: 50, seed: 4 });
    const expected = Array.from({ length: 50 }, (_, b) => prompts.y[b * 4 + 3]!);
    expectClose(olsPredict(prompts), expected, 1e-2);
  });

  test('labels of anisotropic prompts are as large as isotropic ones', () => {
    const cov = diagonal(4, 2, 1, 0.5, 0.25);
    const { y } = samplePrompts({ d, n, sigma: 0, batch: 5000, cov, seed: 5 });
    const square = y.reduce((sum, value) => sum + value * value, 0) / y.length;
    expect(square).toBeGreaterThan(4.7);
    expect(square).toBeLessThan(5.3);
  });
});

describe('bad input', () => {
  const options = { d: 2, n: 3, batch: 2, sigma: 0.1, seed: 0 };
  test.each([
    [{ ...options, d: 0 }, 'd must be a positive integer'],
    [{ ...options, n: 0 }, 'n must be a positive integer'],
    [{ ...options, sigma: -1 }, 'sigma must be zero or positive'],
    [{ ...options, target: 'sine' as never }, 'no target "sine"'],
    [
      {
        ...options,
        cov: Matrix.from([
          [1, 2],
          [0, 1],
        ]),
      },
      'not symmetric',
    ],
    [
      {
        ...options,
        cov: Matrix.from([
          [1, 2],
          [2, 1],
        ]),
      },
      'not positive definite',
    ],
    [{ ...options, cov: Matrix.from([[1]]) }, '1x1'],
    [{ ...options, cov: diagonal(1, 1), target: 'relu' as const }, 'goes with linear targets'],
  ])('%#', (bad, message) => {
    expect(() => samplePrompts(bad)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });

  test('prompts that do not fit together, or hold no numbers', () => {
    const prompts = samplePrompts(options);
    const short = { ...prompts, y: prompts.y.subarray(1) };
    expect(() => olsPredict(short)).toThrow(expect.objectContaining({ code: 'DIMENSION_MISMATCH' }));
    const broken = { ...prompts, X: prompts.X.with(3, Number.NaN) };
    expect(() => olsPredict(broken)).toThrow(expect.objectContaining({ code: 'NON_FINITE' }));
    expect(() => new LinearSelfAttention({ d: 3, seed: 0 }).forward(prompts)).toThrow(
      expect.objectContaining({ code: 'DIMENSION_MISMATCH' }),
    );
    expect(() => gdOneStepPredict(prompts, {})).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  test('keys that are too narrow, and nothing to extract', () => {
    expect(() => new LinearSelfAttention({ d: 4, parametrization: 'full', keyDim: 4, seed: 0 })).toThrow(
      'keyDim p must be at least d + 1 = 5, got 4.',
    );
    expect(() => new LinearSelfAttention({ d: 2, initStd: 0, seed: 0 }).extract()).toThrow(
      'nothing to extract',
    );
  });
});
