import { array, compile, grad, mul, type NDArray, sum, type Tensor } from '@fletch/array';
import { Matrix, rng } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { frameOf } from '../../frame/frame.js';
import {
  averageQuantiles,
  baseLosses,
  chooseAggregator,
  evenLevels,
  fitQra,
  fitQuantileAggregator,
  isotonic,
  meanPinball,
  medianQuantiles,
  monotoneKinds,
  monotoneRows,
  pinball,
  predictionsFromFrame,
  predictionsOf,
  predictQra,
  QuantileAggregator,
  type QuantileTensor,
  resolutions,
  simulateLibrary,
  takePredictions,
} from '../index.js';
import { combineGraph, crossingGraph } from './graph.js';
import { monotoneGraphs } from './monotone-graph.js';
import { combined, initialLogits, type WeightingJson, weightShape } from './weighting.js';

const tau = evenLevels(5);
const [L, m] = [3, 5];
const normals = (n: number, seed: number): Float64Array => rng(seed).fillNormal(new Float64Array(n));
const tensorOf = (rows: number, seed: number): QuantileTensor => ({
  data: normals(rows * L * m, seed),
  shape: [rows, L, m],
});
const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
const global = (
  resolution: WeightingJson['resolution'],
  values: ArrayLike<number>,
  normalize = true,
): WeightingJson => ({
  resolution,
  normalize,
  models: L,
  levels: m,
  logits: { kind: 'global', values: Array.from(values) },
});

describe('weights', () => {
  const z = tensorOf(20, 1);

  test('coarse and medium weights start as the average, fine ones near it', () => {
    const average = new Float64Array(20 * m);
    for (let i = 0; i < 20; i++)
      for (let k = 0; k < m; k++)
        for (let l = 0; l < L; l++) average[i * m + k]! += z.data[(i * L + l) * m + k]! / L;
    for (const normalize of [true, false]) {
      for (const resolution of ['coarse', 'medium'] as const)
        expect(
          farthest(
            combined(global(resolution, initialLogits(resolution, L, m, normalize), normalize), z).data,
            average,
          ),
        ).toBeLessThan(1e-7);
    }
    const fine = global('fine', initialLogits('fine', L, m, true));
    // e^3 m of e^3 m + (m − 1) of the weight stands on the diagonal.
    expect(farthest(combined(fine, z).data, average)).toBeLessThan(0.2);
  });

  test('of one model given several times the output is that model', () => {
    const one = normals(20 * m, 2);
    const data = new Float64Array(20 * L * m);
    for (let i = 0; i < 20; i++)
      for (let l = 0; l < L; l++) data.set(one.subarray(i * m, (i + 1) * m), (i * L + l) * m);
    for (const resolution of ['coarse', 'medium'] as const) {
      const [K, S] = weightShape(resolution, L, m);
      const q = combined(global(resolution, normals(K * S, 3)), { data, shape: [20, L, m] });
      expect(farthest(q.data, one)).toBeLessThan(1e-12);
    }
  });

  test('resolutions nest: a fine diagonal is medium, equal levels are coarse', () => {
    const coarse = normals(L, 4);
    const medium = Array.from({ length: m }, () => Array.from(coarse)).flat();
    expect(
      farthest(combined(global('medium', medium), z).data, combined(global('coarse', coarse), z).data),
    ).toBeLessThan(1e-12);
    const free = normals(m * L, 5);
    const fine = new Float64Array(m * L * m).fill(-1e9);
    for (let k = 0; k < m; k++) for (let l = 0; l < L; l++) fine[k * L * m + l * m + k] = free[k * L + l]!;
    expect(
      farthest(combined(global('fine', fine), z).data, combined(global('medium', free), z).data),
    ).toBeLessThan(1e-12);
  });

  test('normalised, every output lies between the least and the largest prediction', () => {
    for (const resolution of resolutions) {
      const [K, S] = weightShape(resolution, L, m);
      const q = combined(
        global(
          resolution,
          normals(K * S, 6).map((value) => 5 * value),
        ),
        z,
      );
      for (let i = 0; i < 20; i++) {
        const own = Array.from(z.data).slice(i * L * m, (i + 1) * L * m);
        for (const value of q.row(i)) {
          expect(value).toBeGreaterThanOrEqual(Math.min(...own) - 1e-12);
          expect(value).toBeLessThanOrEqual(Math.max(...own) + 1e-12);
        }
      }
    }
  });

  test.each(resolutions)('the graph computes what plain numbers do: %s', async (resolution) => {
    const [K, S] = weightShape(resolution, L, m);
    const values = normals(K * S, 7);
    const feed = {
      z: array(Float32Array.from(z.data), 'float32', [20, L, m]),
      x: array(new Float32Array(20), 'float32', [20, 1]),
      masks: [],
    };
    const asGlobal = compile((logits: Tensor, batch: typeof feed) =>
      combineGraph({ logits }, batch as never, { resolution, normalize: true }),
    );
    const asLocal = compile((b: Tensor, w: Tensor, batch: typeof feed) =>
      combineGraph({ layers: [{ w, b }] }, batch as never, { resolution, normalize: true }),
    );
    const expected = combined(global(resolution, values), z).data;
    const b = array(Float32Array.from(values), 'float32', [K * S]);
    const w = array(new Float32Array(K * S), 'float32', [1, K * S]);
    const results = [
      await asGlobal(b, feed as never),
      await asLocal(b, w, feed as never),
    ] as unknown as NDArray[];
    for (const result of results) expect(farthest(result.data as Float32Array, expected)).toBeLessThan(1e-5);
    await asGlobal.close();
    await asLocal.close();
  });
});

describe('operators as graphs', () => {
  const v = new Matrix(normals(12 * 7, 8), 12, 7);
  const feed = array(Float32Array.from(v.data), 'float32', [12, 7]);

  test.each(monotoneKinds)('%s is what plain numbers give', async (kind) => {
    const run = compile((x: Tensor) => monotoneGraphs[kind](x));
    const result = (await run(feed)) as unknown as NDArray;
    expect(farthest(result.data as Float32Array, monotoneRows(v, kind).data)).toBeLessThan(1e-5);
    await run.close();
  });

  test('the gradient of isotonic regression averages over blocks', async () => {
    const cotangent = Float32Array.from(normals(12 * 7, 9));
    const run = compile((x: Tensor) =>
      grad((u: Tensor) => sum(mul(monotoneGraphs.pava(u), array(cotangent, 'float32', [12, 7]))))(x),
    );
    const result = ((await run(feed)) as unknown as NDArray).data as Float32Array;
    for (let i = 0; i < 12; i++) {
      const row = v.row(i);
      for (let j = 0; j < 7; j++) {
        // Central differences of the plain operator.
        const at = (step: number) => isotonic(row.map((value, k) => (k === j ? value + step : value)));
        const [up, down] = [at(1e-6), at(-1e-6)];
        const slope = up.reduce(
          (total, value, k) => total + ((value - down[k]!) / 2e-6) * cotangent[i * 7 + k]!,
          0,
        );
        expect(result[i * 7 + j]).toBeCloseTo(slope, 4);
      }
    }
    await run.close();
  });

  test('crossings are punished, lower level minus higher one plus the margin', async () => {
    const margins = Float32Array.from({ length: 9 }, (_, i) => i / 10);
    const run = compile((q: Tensor) => crossingGraph(q, margins));
    const rows = [
      [0, 1, 0.5],
      [2, 1, 3],
    ];
    let expected = 0;
    for (const row of rows)
      for (const [a, b] of [
        [0, 1],
        [0, 2],
        [1, 2],
      ] as const)
        expected += Math.max(0, row[a]! - row[b]! + margins[3 * a + b]!) / 6;
    expect(((await run(array(rows))) as unknown as NDArray).item()).toBeCloseTo(expected, 6);
    await run.close();
  });
});

describe('training', () => {
  const levels = evenLevels(5);
  const train = simulateLibrary('level', 600, levels, 1);
  const valid = simulateLibrary('level', 300, levels, 2);
  const input = { z: train.z, y: train.y, x: train.X, tau: levels };
  const held = { z: valid.z, y: valid.y, x: valid.X };

  test('finer weights fit the training rows better', { timeout: 60_000 }, async () => {
    const losses: number[] = [];
    for (const resolution of resolutions) {
      const aggregator = await fitQuantileAggregator(input, { resolution, steps: 2500, batch: 256, seed: 1 });
      losses.push(meanPinball(train.y, aggregator.predict(train.z), levels));
    }
    const [coarse, medium, fine] = losses as [number, number, number];
    expect(medium).toBeLessThanOrEqual(coarse + 1e-4);
    expect(fine).toBeLessThanOrEqual(medium + 1e-4);
    expect(medium).toBeLessThan(0.95 * coarse);
  });

  test('global coarse weights are the best ones', { timeout: 60_000 }, async () => {
    const three: QuantileTensor = { data: Array.from(train.z.data), shape: [...train.z.shape] };
    const small = {
      data: Float64Array.from({ length: 600 * 3 * 5 }, (_, at) => {
        const [i, l, k] = [Math.floor(at / 15), Math.floor(at / 5) % 3, at % 5];
        return three.data[(i * 4 + l) * 5 + k]!;
      }),
      shape: [600, 3, 5],
    };
    const aggregator = await fitQuantileAggregator(
      { z: small, y: train.y, tau: levels },
      { resolution: 'coarse', steps: 3000, batch: 600, learningRate: 0.03, monotone: null },
    );
    const total = (w: readonly number[]) => {
      let loss = 0;
      for (let i = 0; i < 600; i++)
        for (let k = 0; k < 5; k++) {
          let q = 0;
          for (let l = 0; l < 3; l++) q += w[l]! * small.data[(i * 3 + l) * 5 + k]!;
          loss += pinball(train.y[i]!, q, levels[k]!);
        }
      return loss / 3000;
    };
    // The oracle looks at a grid of the simplex, then at finer ones around the best point.
    let best = [1 / 3, 1 / 3, 1 / 3];
    for (let step = 0.1; step > 5e-4; step /= 3) {
      const [a, b] = best as [number, number, number];
      for (let i = -5; i <= 5; i++)
        for (let j = -5; j <= 5; j++) {
          const [u, v] = [a + i * step, b + j * step];
          const w = [u, v, 1 - u - v];
          if (w.every((value) => value >= 0) && total(w) < total(best)) best = w;
        }
    }
    expect(total(Array.from(aggregator.weights().data))).toBeLessThan(total(best) * 1.001);
    expect(aggregator.modelShares().reduce((x, y) => x + y)).toBeCloseTo(1, 9);
  });

  test('local weights follow the features, stop early, and go through JSON', {
    timeout: 60_000,
  }, async () => {
    const region = simulateLibrary('region', 800, levels, 3);
    const check = simulateLibrary('region', 300, levels, 4);
    const data = { z: region.z, y: region.y, x: region.X, tau: levels };
    const options = {
      valid: { z: check.z, y: check.y, x: check.X },
      steps: 1500,
      dropout: 0.1,
      margin: 'adaptive',
    } as const;
    const local = await fitQuantileAggregator(data, { ...options, resolution: 'coarse', local: true });
    const flat = await fitQuantileAggregator(data, { ...options, resolution: 'coarse' });
    const fresh = simulateLibrary('region', 500, levels, 5);
    const loss = (aggregator: QuantileAggregator) =>
      meanPinball(fresh.y, aggregator.predict(fresh.z, fresh.X), levels);
    expect(loss(local)).toBeLessThan(0.9 * loss(flat));
    expect(local.validationLoss).toBeCloseTo(
      meanPinball(check.y, local.predict(check.z, check.X), levels),
      5,
    );
    const copy = new QuantileAggregator(JSON.parse(JSON.stringify(local.toJSON())));
    expect(copy.predict(fresh.z, fresh.X).data).toEqual(local.predict(fresh.z, fresh.X).data);
    const again = await fitQuantileAggregator(data, { ...options, resolution: 'coarse', local: true });
    expect(again.predict(fresh.z, fresh.X).data).toEqual(local.predict(fresh.z, fresh.X).data);
    expect(local.weights(fresh.X).rows).toBe(500);
    expect(() => local.predict(fresh.z)).toThrow(/give x/);
    expect(() => local.predict(fresh.z, new Matrix(new Float64Array(500), 500, 1))).toThrow(/3 features/);
  });

  test.each(['pava', 'mono', null] as const)('trains through %s', { timeout: 60_000 }, async (monotone) => {
    const aggregator = await fitQuantileAggregator(input, {
      monotone,
      margin: 'single',
      marginWeight: 0.5,
      steps: 200,
      valid: held,
      normalize: monotone !== null,
    });
    expect(aggregator.validationLoss).toBeLessThan(meanPinball(valid.y, averageQuantiles(valid.z), levels));
  });

  test('a search keeps the best configuration', { timeout: 60_000 }, async () => {
    const options = { valid: held, steps: 100, seed: 3 } as const;
    const searched = await fitQuantileAggregator(input, { ...options, search: 3 });
    expect(Number.isFinite(searched.validationLoss)).toBe(true);
    await expect(fitQuantileAggregator(input, { search: 3 })).rejects.toThrow(/needs validation rows/);
  });

  test('the choice is the best on validation rows', { timeout: 60_000 }, async () => {
    const choice = await chooseAggregator(input, { valid: held, steps: 300 });
    const losses = Object.values(choice.losses);
    expect(losses.length).toBe(6);
    expect(choice.losses[choice.name]).toBe(Math.min(...losses));
    await expect(chooseAggregator(input, {})).rejects.toThrow(/give valid/);
  });

  test('one model is returned as it is, with a note', async () => {
    const one = { data: Array.from(predictionsOf(train.z, 0).data), shape: [600, 1, 5] };
    const aggregator = await fitQuantileAggregator({ z: one, y: train.y, tau: levels });
    expect(aggregator.notes).toEqual([expect.stringContaining('one model only')]);
    expect(farthest(aggregator.predict(one).data, monotoneRows(predictionsOf(train.z, 0), 'sort').data)).toBe(
      0,
    );
  });

  test('refuses bad input', async () => {
    const fit = (change: object, options: object = {}) =>
      fitQuantileAggregator({ ...input, ...change }, options);
    await expect(fit({ tau: [0.1, 0.2, 0.3, 0.4] })).rejects.toThrow(/rows × models × 4 levels/);
    await expect(fit({ tau: [0.1, 0.2, 0.3, 0.5, 0.4] })).rejects.toThrow(/must increase/);
    const bad = Float64Array.from(train.z.data);
    bad[(7 * 4 + 2) * 5 + 1] = Number.NaN;
    await expect(fit({ z: { data: bad, shape: train.z.shape } })).rejects.toThrow(
      /Model 2 predicts NaN for row 7/,
    );
    await expect(fit({ z: { data: train.z.data, shape: [600, 20] } })).rejects.toThrow(
      /the shape is 600 × 20/,
    );
    await expect(fit({ y: new Float64Array(600).fill(1) })).rejects.toThrow(/All 600 targets/);
    await expect(fit({ x: undefined }, { local: true })).rejects.toThrow(/give x/);
    const two = takePredictions({ data: train.z.data, shape: train.z.shape }, [0, 1]);
    await expect(
      fit(
        {},
        {
          valid: {
            ...held,
            z: { data: Float64Array.from(two.data).slice(0, 30), shape: [2, 3, 5] },
            y: [1, 2],
          },
        },
      ),
    ).rejects.toThrow(/other models/);
    for (const options of [
      { resolution: 'all' },
      { monotone: 'none' },
      { margin: 'wide' },
      { dropout: 1 },
      { learningRate: 0 },
      { marginWeight: -1 },
      { hidden: 0 },
      { batch: 0 },
      { search: -1 },
    ])
      await expect(fit({}, options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const controller = new AbortController();
    controller.abort();
    await expect(fit({}, { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('baselines', () => {
  const z = tensorOf(4, 11);

  test('average, median, and each model alone', () => {
    const y = normals(4, 12);
    const cell = (i: number, k: number) => [0, 1, 2].map((l) => z.data[(i * L + l) * m + k]!);
    const raw = (of: (values: number[]) => number) =>
      monotoneRows(
        new Matrix(
          Float64Array.from({ length: 4 * m }, (_, at) => of(cell(Math.floor(at / m), at % m))),
          4,
          m,
        ),
        'sort',
      ).data;
    expect(
      farthest(
        averageQuantiles(z).data,
        raw((v) => (v[0]! + v[1]! + v[2]!) / 3),
      ),
    ).toBeLessThan(1e-12);
    expect(
      farthest(
        medianQuantiles(z).data,
        raw((v) => v.sort((a, b) => a - b)[1]!),
      ),
    ).toBe(0);
    expect(baseLosses({ z, y }, tau)[1]).toBe(meanPinball(y, monotoneRows(predictionsOf(z, 1), 'sort'), tau));
  });

  test('quantile regression averaging finds the weights that were used', () => {
    const many = tensorOf(300, 13);
    const target = Float64Array.from(
      { length: 300 },
      (_, i) => 0.2 + 0.7 * many.data[i * L * m + 2]! + 0.3 * many.data[(i * L + 1) * m + 2]!,
    );
    const qra = fitQra({ z: many, y: target, tau });
    expect(farthest(qra.coefficients[2]!, [0.7, 0.3, 0, 0.2])).toBeLessThan(1e-6);
    expect(predictQra(qra, many).rows).toBe(300);
  });
});

test('predictions of outside models are read from columns', () => {
  const frame = frameOf({ id: [7, 8], 'a@0.9': [3, 4], 'a@0.1': [1, 2], 'b@0.1': [5, 6], 'b@0.9': [7, 8] });
  const { z, models, tau: levels } = predictionsFromFrame(frame);
  expect(models).toEqual(['a', 'b']);
  expect(levels).toEqual([0.1, 0.9]);
  expect(Array.from(z.data)).toEqual([1, 3, 5, 7, 2, 4, 6, 8]);
  expect(() => predictionsFromFrame(frameOf({ x: [1] }))).toThrow(/model@level/);
  expect(() => predictionsFromFrame(frameOf({ 'a@0.1': [1], 'b@0.2': [1] }))).toThrow(/same levels/);
});
