import {
  array,
  evaluate,
  grad,
  meanSquaredError,
  type NDArray,
  type Tensor,
  tensor,
  tree,
} from '@fletch/array';
import { Matrix, rng, solve, zeros } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { erf, geluProduct } from './gelu.js';
import {
  constructGdTransformer,
  constructRidgeTransformer,
  InContextLearner,
  identifyAlgorithm,
  ilwd,
  implicitWeights,
  type LinearTasks,
  onSequences,
  type Predictor,
  pairsOf,
  probe,
  referencePredictors,
  sampleLinearTasks,
  squaredPredictionDifference,
  tokenize,
} from './index.js';
import { forward, initialParams, type TransformerParams } from './transformer.js';

const { ols, ridge, bayes, oneStepGd, gd, sgd, knn, zero } = referencePredictors;

function expectClose(values: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(values.length).toBe(expected.length);
  const off = Array.from(
    values,
    (value, i) => Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!)),
  );
  expect(Math.max(...off)).toBeLessThanOrEqual(tolerance);
}

const weightsOf = (predictor: Predictor, tasks: LinearTasks, t: number, d: number) => {
  const predict = predictor.fit(pairsOf(tasks, 0, t));
  return Array.from({ length: d }, (_, j) => predict(Array.from({ length: d }, (_, k) => Number(j === k))));
};

describe('tasks', () => {
  test('tokens are interleaved, or paired with a query at the end', () => {
    const base = {
      d: 2,
      n: 2,
      batch: 1,
      X: Float32Array.of(1, 2, 3, 4),
      y: Float32Array.of(5, 6),
      w: new Float32Array(2),
    };
    expect(Array.from(tokenize({ ...base, layout: 'interleaved' }).tokens)).toEqual([
      0, 1, 2, 5, 0, 0, 0, 3, 4, 6, 0, 0,
    ]);
    expect(Array.from(tokenize({ ...base, layout: 'paired' }).tokens)).toEqual([5, 1, 2, 0, 3, 4]);
  });

  test('labels are w·x; laws scale, shift and mix', () => {
    const tasks = sampleLinearTasks({
      d: 3,
      n: 4,
      batch: 50,
      seed: 1,
      xDist: 'uniform*2+5, normal*0.1+-5',
      tau: 3,
    });
    const { X, y, w } = tasks;
    for (let i = 0; i < y.length; i++) {
      let dot = 0;
      for (let j = 0; j < 3; j++) dot += X[i * 3 + j]! * w[Math.floor(i / 4) * 3 + j]!;
      expect(y[i]).toBeCloseTo(dot, 3);
    }
    const high = X.filter((value) => value > 0);
    expect(Math.min(...high)).toBeGreaterThanOrEqual(3);
    expect(high.length / X.length).toBeGreaterThan(0.4);
    expect(high.length / X.length).toBeLessThan(0.6);
  });
});

describe('reference predictors', () => {
  const tasks = sampleLinearTasks({ d: 4, n: 10, batch: 30, sigma: 0.3, seed: 2 });

  test('least squares interpolates while t < d, with the solution of least norm', () => {
    const pairs = pairsOf(tasks, 3, 2);
    const predict = ols.fit(pairs);
    for (let i = 0; i < 2; i++)
      expect(predict(pairs.X.subarray(4 * i, 4 * i + 4))).toBeCloseTo(pairs.y[i]!, 8);
    // w = Xᵀ (X Xᵀ)⁻¹ y
    const gram = zeros(2, 2);
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 2; j++)
        for (let k = 0; k < 4; k++) gram.data[2 * i + j]! += pairs.X[4 * i + k]! * pairs.X[4 * j + k]!;
    const dual = solve(gram, new Matrix(pairs.y, 2, 1)).data;
    const query = [1, -2, 0.5, 3];
    const expected = query.reduce(
      (sum, q, k) => sum + q * (dual[0]! * pairs.X[k]! + dual[1]! * pairs.X[4 + k]!),
      0,
    );
    expect(predict(query)).toBeCloseTo(expected, 8);
  });

  test('ridge tends to least squares, and many gradient steps do too', () => {
    const expected = weightsOf(ols, tasks, 9, 4);
    expectClose(weightsOf(ridge(1e-9), tasks, 9, 4), expected, 1e-6);
    expectClose(weightsOf(gd({ steps: 5000, lr: 0.01 }), tasks, 9, 4), expected, 1e-6);
    expect(ridge(0).fit(pairsOf(tasks, 0, 9))([1, 0, 0, 0])).toBeCloseTo(expected[0]!, 10);
  });

  test('one step of full-batch descent from zero is 2 α Xᵀ y', () => {
    // Of two pairs: the gradient must stay below the reference code's clamp.
    const one = weightsOf(oneStepGd({ lr: 0.02 }), tasks, 2, 4);
    expectClose(weightsOf(gd({ steps: 1, lr: 0.01 }), tasks, 2, 4), one, 1e-12);
  });

  test('SGD on one pair is one step', () => {
    const { X, y } = pairsOf(tasks, 0, 1);
    expectClose(
      weightsOf(sgd({ lr: 0.05 }), tasks, 1, 4),
      X.map((value) => 0.1 * value * y[0]!),
      1e-12,
    );
  });

  test('the Bayes error is the expected posterior variance, by Monte Carlo', async () => {
    const sigma = 0.7;
    const drawn = sampleLinearTasks({ d: 3, n: 6, batch: 4000, sigma, seed: 3 });
    const found = await onSequences(bayes({ sigma }))(drawn);
    const t = 5;
    let error = 0;
    let variance = 0;
    for (let b = 0; b < drawn.batch; b++) {
      error += (found[b * 6 + t]! - drawn.y[b * 6 + t]!) ** 2 / drawn.batch;
      const { X } = pairsOf(drawn, b, t);
      const precision = zeros(3, 3);
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++) {
          if (i === j) precision.data[3 * i + j]! += 1;
          for (let k = 0; k < t; k++)
            precision.data[3 * i + j]! += (X[3 * k + i]! * X[3 * k + j]!) / sigma ** 2;
        }
      const unit = zeros(3, 3);
      for (let i = 0; i < 3; i++) unit.data[4 * i] = 1;
      const covariance = solve(precision, unit);
      variance += (covariance.at(0, 0) + covariance.at(1, 1) + covariance.at(2, 2)) / drawn.batch;
    }
    expect(error / (variance + sigma ** 2)).toBeGreaterThan(0.93);
    expect(error / (variance + sigma ** 2)).toBeLessThan(1.07);
  });

  test('one step with the best rate has the error of the closed form', async () => {
    const [d, t, sigma] = [3, 5, 0.5];
    const drawn = sampleLinearTasks({ d, n: t + 1, batch: 20_000, sigma, seed: 4 });
    const found = await onSequences(oneStepGd({ sigma }))(drawn);
    let error = 0;
    for (let b = 0; b < drawn.batch; b++)
      error += (found[b * 6 + t]! - drawn.y[b * 6 + t]!) ** 2 / drawn.batch;
    expect(error / (d - (t * d) / (t + d + 1 + sigma ** 2) + sigma ** 2)).toBeCloseTo(1, 1);
  });

  test('nearest neighbours: all while they are few, then the nearest, weighted if asked', () => {
    const pairs = { t: 3, d: 1, X: Float64Array.of(0, 1, 10), y: Float64Array.of(2, 4, 100) };
    expect(knn({ k: 2 }).fit(pairs)([0.25])).toBe(3);
    expect(knn({ k: 2, weights: 'distance' }).fit(pairs)([0.25])).toBeCloseTo(2.5, 6);
    expect(knn({ k: 9 }).fit(pairs)([0])).toBeCloseTo(106 / 3, 12);
    expect(knn({ k: 2 }).fit({ ...pairs, t: 0 })([1])).toBe(0);
  });
});

describe('comparison', () => {
  const tasks = sampleLinearTasks({ d: 2, n: 6, batch: 40, sigma: 0.5, seed: 5 });

  test('the difference of a predictor to itself is zero; it is symmetric', async () => {
    const a = await onSequences(ols)(tasks);
    const b = await onSequences(knn({ k: 3 }))(tasks);
    expect(Math.max(...squaredPredictionDifference(a, a, tasks))).toBe(0);
    expect(squaredPredictionDifference(a, b, tasks)).toEqual(squaredPredictionDifference(b, a, tasks));
    expect(() => squaredPredictionDifference(a.subarray(1), b, tasks)).toThrow('240 predictions');
  });

  test.each([ols, ridge(0.5), knn({ k: 3 })])('$name is recognised', async (algorithm) => {
    const candidates = [zero, knn({ k: 3 }), ols, ridge(0.5), ridge(2), oneStepGd()];
    const [first, second] = await identifyAlgorithm(onSequences(algorithm), { candidates, tasks });
    expect(first).toMatchObject({ name: algorithm.name, mean: 0 });
    expect(second!.mean).toBeGreaterThan(0);
  });

  test('implicit weights are those of a linear predictor, with R² 1', async () => {
    const found = await implicitWeights(onSequences(ridge(0.3)), tasks, { t: 4 });
    found.forEach(({ w, intercept, r2 }, b) => {
      const predict = ridge(0.3).fit(pairsOf(tasks, b, 4));
      expectClose(w, [predict([1, 0]), predict([0, 1])], 1e-5);
      expect(Math.abs(intercept)).toBeLessThan(1e-5);
      expect(r2).toBeCloseTo(1, 6);
    });
    expect(ilwd(found, found)).toBe(0);
    const other = await implicitWeights(onSequences(zero), tasks, { t: 4 });
    expect(ilwd(found, other)).toBeGreaterThan(0.1);
  });

  test('nearest neighbours are not linear', async () => {
    const found = await implicitWeights(onSequences(knn({ k: 1 })), tasks, { t: 5 });
    const mean = found.reduce((sum, { r2 }) => sum + r2, 0) / found.length;
    expect(mean).toBeLessThan(0.9);
  });
});

describe('written transformers', () => {
  test('erf, to 15 digits (values of the NIST tables)', () => {
    const known = [
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2, 0.9953222650189527],
      [2.9, 0.9999589021219005],
      [3.5, 0.9999992569016276],
    ] as const;
    for (const [x, value] of known) {
      expect(Math.abs(erf(x) - value)).toBeLessThan(2e-15);
      expect(erf(-x)).toBe(-erf(x));
    }
  });

  test('the error of a GELU product falls with ε²', () => {
    const error = (epsilon: number) => Math.abs(geluProduct(1.3, -2.1, epsilon) - 1.3 * -2.1);
    expect(error(0.04) / error(0.02)).toBeGreaterThan(3.9);
    expect(error(0.04) / error(0.02)).toBeLessThan(4.1);
  });

  test.each([1, 2, 8])('gradient steps in %i dimensions', (d) => {
    const t = 4;
    const random = rng(d);
    const X = random.fillNormal(new Float64Array(t * d));
    const y = random.fillNormal(new Float64Array(t));
    const query = random.fillNormal(new Float64Array(d));
    const [alpha, lambda] = [0.05, 0.1];
    const w = new Float64Array(d);
    for (let i = 0; i < t; i++) {
      let residual = -y[i]!;
      for (let j = 0; j < d; j++) residual += w[j]! * X[i * d + j]!;
      for (let j = 0; j < d; j++)
        w[j] = (1 - 2 * alpha * lambda) * w[j]! - 2 * alpha * X[i * d + j]! * residual;
    }
    const errors = [0.04, 0.02].map((epsilon) => {
      const written = constructGdTransformer({ d, t, alpha, lambda, epsilon });
      expect(written.layersPerExample).toBe(8);
      const found = written.run(X, y, query);
      expectClose(found.w, w, epsilon === 0.02 ? 1e-3 : 1e-2);
      return Math.abs(found.prediction - w.reduce((sum, value, j) => sum + value * query[j]!, 0));
    });
    expect(errors[1]!).toBeLessThan(1e-3);
    expect(errors[1]! / errors[0]!).toBeLessThan(0.3);
  });

  test.each([1, 2, 4])('ridge in %i dimensions', (d) => {
    const t = 2 * d;
    const random = rng(10 + d);
    const X = random.fillNormal(new Float64Array(t * d));
    const y = random.fillNormal(new Float64Array(t));
    const query = random.fillNormal(new Float64Array(d));
    const written = constructRidgeTransformer({ d, t, lambda: 1 });
    const expected = ridge(1).fit({ t, d, X, y })(query);
    expect(Math.abs(written.run(X, y, query).prediction - expected)).toBeLessThan(1e-2);
    expect(written.layersPerExample).toBe(15);
  });

  test('another number of examples is refused', () => {
    const written = constructGdTransformer({ d: 2, t: 3, alpha: 0.1 });
    expect(() => written.run([1, 2], [1], [1, 1])).toThrow('It was written for 3 pairs in 2 dimensions');
    expect(() => constructRidgeTransformer({ d: 1, t: 1, lambda: 0 })).toThrow('λ must be positive');
  });
});

describe('the learner', () => {
  const learner = new InContextLearner({ d: 2, n: 5, layers: 2, hidden: 16, seed: 1 });
  const tasks = sampleLinearTasks({ d: 2, n: 5, batch: 6, seed: 6 });

  test('what comes later changes nothing', async () => {
    const before = await learner.predict(tasks);
    const j = 2;
    const y = tasks.y.map((value, i) => (i % 5 === j ? value + 10 : value));
    const after = await learner.predict(tokenize({ ...tasks, y }));
    for (let i = 0; i < before.length; i++) {
      if (i % 5 <= j) expect(after[i]).toBeCloseTo(before[i]!, 5);
      else expect(Math.abs(after[i]! - before[i]!)).toBeGreaterThan(1e-6);
    }
  });

  test('shorter prompts, and parts of an evaluation, give the same', async () => {
    const whole = await learner.predict(tasks);
    const short = tokenize({
      ...tasks,
      n: 3,
      X: Float32Array.from({ length: 6 * 3 * 2 }, (_, i) => tasks.X[Math.floor(i / 6) * 10 + (i % 6)]!),
      y: Float32Array.from({ length: 18 }, (_, i) => tasks.y[Math.floor(i / 3) * 5 + (i % 3)]!),
    });
    const found = await learner.predict(short);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(whole[Math.floor(i / 3) * 5 + (i % 3)]!, 5);
    });
    const many = sampleLinearTasks({ d: 2, n: 5, batch: 260, seed: 7 });
    const all = await learner.predict(many);
    const lastTen = tokenize({ ...many, batch: 10, X: many.X.slice(2500), y: many.y.slice(1250) });
    expectClose(await learner.predict(lastTen), all.slice(1250), 1e-5);
  });

  test('hidden states: one more than layers, the last of which is read', async () => {
    const states = await learner.hiddenStates(tasks);
    expect(states.map(({ length }) => length)).toEqual([960, 960, 960]);
    expect(states[1]).not.toEqual(states[2]);
  });

  test.each(['preln', 'reference'] as const)('%s: gradients agree with central differences', (block) => {
    const shape = { width: 2, positions: 4, layers: 1, hidden: 8, heads: 2, block };
    const small = sampleLinearTasks({ d: 1, n: 2, batch: 3, seed: 8 });
    const tokens = tensor(array(Float64Array.from(small.tokens), 'float64', [3, 4, 2]));
    const labels = tensor(
      array(
        Float64Array.from({ length: 12 }, (_, i) => Math.sin(i)),
        'float64',
        [3, 4],
      ),
    );
    const start = initialParams(shape, 3);
    const leaves = Object.entries(tree.flatten<NDArray>(start)).map(([name, { data, shape: dims }]) => ({
      name,
      data: Float64Array.from(data as Float32Array),
      dims,
    }));
    const params = () =>
      tree.fill(
        start,
        leaves.map(({ data, dims }) => tensor(array(data.slice(), 'float64', dims))),
      ) as unknown as TransformerParams<Tensor>;
    const loss = (p: TransformerParams<Tensor>) =>
      meanSquaredError(forward(p, tokens, shape).predictions, labels);
    const gradients = Object.values(tree.flatten<NDArray>(evaluate(grad(loss)(params()))));
    const at = () => (evaluate(loss(params())) as NDArray).item() as number;
    leaves.forEach(({ data, name }, leaf) => {
      // Three entries of each tensor.
      for (const i of new Set([0, data.length >> 1, data.length - 1])) {
        const value = data[i]!;
        data[i] = value + 1e-5;
        const above = at();
        data[i] = value - 1e-5;
        const below = at();
        data[i] = value;
        const expected = (above - below) / 2e-5;
        const found = gradients[leaf]!.data[i] as number;
        expect(Math.abs(found - expected), name).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)));
      }
    });
  });

  test('training lowers the loss, and the first prediction stays near zero', async () => {
    const trained = new InContextLearner({ d: 1, n: 3, layers: 1, hidden: 16, seed: 2 });
    const { loss } = await trained.fit({ steps: 400, lr: 5e-3, threads: 1 });
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(loss.slice(-50))).toBeLessThan(0.8 * mean(loss.slice(0, 50)));
    const fresh = sampleLinearTasks({ d: 1, n: 3, batch: 250, seed: 9 });
    const predictions = await trained.predict(fresh);
    const firsts = Array.from({ length: 250 }, (_, b) => predictions[3 * b]!);
    expect(Math.abs(mean(firsts))).toBeLessThan(0.05);
    await trained.close();
  });

  test('a probe finds what is there and nothing where nothing is', async () => {
    const random = rng(12);
    const state = random.fillNormal(new Float32Array(200 * 3 * 4));
    const targets = Float32Array.from(
      { length: 200 },
      (_, i) => 2 * state[i * 12 + 8]! - state[i * 12 + 11]!,
    );
    const noise = random.fillNormal(new Float32Array(200 * 3 * 4));
    const data = { batch: 200, length: 3, hidden: 4, outputs: 1, states: [state, noise], targets };
    const { r2 } = await probe(data, { steps: 400, lr: 2e-2 });
    expect(r2[0]).toBeGreaterThan(0.98);
    expect(r2[1]).toBeLessThan(0.2);
    const wide = await probe(data, { steps: 400, lr: 2e-2, kind: 'mlp', pooling: 'attention' });
    expect(wide.r2[0]).toBeGreaterThan(0.9);
  });
});

describe('bad input', () => {
  const options = { d: 2, n: 3, batch: 2, seed: 0 };
  test.each([
    [{ ...options, n: 0 }, 'n must be a positive integer'],
    [{ ...options, d: 0.5 }, 'd must be a positive integer'],
    [{ ...options, sigma: -1 }, 'sigma must not be negative'],
    [{ ...options, tau: 0 }, 'tau must be positive'],
    [{ ...options, xDist: 'cauchy*1+0' }, '"cauchy*1+0" is no law'],
    [{ ...options, layout: 'woven' as never }, 'no layout "woven"'],
  ])('%#', (bad, message) => {
    expect(() => sampleLinearTasks(bad)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });

  test('predictors', () => {
    expect(() => ridge(-1)).toThrow('λ must not be negative');
    expect(() => knn({ k: 0 })).toThrow('k must be a positive integer');
  });

  test('learners', async () => {
    expect(() => new InContextLearner({ d: 2, n: 3, layers: 1, hidden: 10, heads: 4, seed: 0 })).toThrow(
      '4 heads',
    );
    const learner = new InContextLearner({ d: 2, n: 3, layers: 1, hidden: 8, seed: 0 });
    const tasks = sampleLinearTasks(options);
    const cases: [LinearTasks, string][] = [
      [sampleLinearTasks({ ...options, n: 5 }), 'A prompt of 5 pairs is longer than the 3 trained.'],
      [sampleLinearTasks({ ...options, d: 3 }), 'takes x of 2 dimensions, not 3'],
      [sampleLinearTasks({ ...options, layout: 'paired' }), 'reads interleaved tokens'],
      [{ ...tasks, length: 5 }, 'even number'],
      [{ ...tasks, tokens: tasks.tokens.subarray(1) }, '36 numbers'],
      [{ ...tasks, tokens: tasks.tokens.with(4, Number.NaN) }, 'tokens hold NaN at position 4'],
    ];
    for (const [bad, message] of cases) await expect(learner.predict(bad)).rejects.toThrow(message);
    await expect(implicitWeights(onSequences(ols), tasks, { t: 3 })).rejects.toThrow('t must be from 1 to 2');
    await expect(implicitWeights(onSequences(ols), tasks, { t: 1, queries: 2 })).rejects.toThrow(
      'at least 8',
    );
    await learner.close();
  });
});
