import { describe, expect, test } from 'vitest';
import { estimatorEntry, loadEstimator } from '../registry.js';
import { crossValidate } from '../validation/cross-validate.js';
import { QuantileRegression, type QuantileRegressionOptions, simulateHeteroscedastic } from './index.js';

const { X, y } = simulateHeteroscedastic(400, 1);
const held = simulateHeteroscedastic(400, 2);
const cheap: QuantileRegressionOptions = {
  quantiles: [0.1, 0.25, 0.5, 0.75, 0.9],
  models: ['linear', 'forest', 'knn'],
};

describe('the estimator of quantiles', () => {
  test('learns, predicts in order, and goes through JSON', { timeout: 60_000 }, async () => {
    const stages: string[] = [];
    const model = await new QuantileRegression(cheap).fit(X, y, {
      onProgress: ({ stage }) => stages.push(stage ?? ''),
    });
    expect(stages).toContain('forest, fold 3');
    const q = await model.predict(held.X);
    expect([q.rows, q.cols]).toEqual([400, 5]);
    for (let i = 0; i < 400; i++)
      for (let k = 1; k < 5; k++) expect(q.at(i, k)).toBeGreaterThanOrEqual(q.at(i, k - 1));
    expect(await model.score(held.X, held.y)).toBeGreaterThan(0.25);
    const losses = model.validationLosses;
    expect(losses[model.aggregator]).toBeLessThanOrEqual(losses.average!);
    expect(Object.values(model.modelShares).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    const copy = loadEstimator(JSON.parse(JSON.stringify(model.toJSON()))) as QuantileRegression;
    expect((await copy.predict(held.X)).data).toEqual(q.data);
    expect(copy.summary()).toEqual(model.summary());
    expect(model.summary().facts).toContainEqual(['calibrated', 'one-sided']);
    const again = await new QuantileRegression(cheap).fit(X, y);
    expect((await again.predict(held.X)).data).toEqual(q.data);
    const broken = JSON.parse(JSON.stringify(model.toJSON()));
    broken.state.bases[0].name = 'oracle';
    expect(() => loadEstimator(broken)).toThrow();
  });

  test('scores and charts of held-out rows', { timeout: 60_000 }, async () => {
    const entry = estimatorEntry('quantiles');
    const options = { ...cheap, aggregator: 'average' } as const;
    const { heldOut } = await crossValidate(() => entry.create(options), X, y, { folds: 3 });
    const scores = new Map(await entry.scores!(heldOut));
    expect(scores.get('coverage of the 80 % interval')).toBeCloseTo(0.8, 0);
    const [fan, coverage] = await entry.charts!(heldOut[0]!.estimator, heldOut);
    expect(fan!.layers.map(({ kind }) => kind)).toEqual(['band', 'band', 'line', 'dots']);
    expect(coverage!.layers[0]).toEqual({ kind: 'diagonal' });
  });

  test.each(['average', 'median', 'global-coarse', 'local-medium'] as const)(
    'takes %s when asked',
    { timeout: 60_000 },
    async (aggregator) => {
      const model = await new QuantileRegression({ ...cheap, aggregator, conformal: 'cqr' }).fit(X, y);
      expect(model.aggregator).toBe(aggregator);
      expect(await model.score(held.X, held.y)).toBeGreaterThan(0.2);
    },
  );

  test('one model is taken as it is; few rows are not calibrated', async () => {
    const small = simulateHeteroscedastic(60, 4);
    const model = await new QuantileRegression({ ...cheap, models: ['knn'] }).fit(small.X, small.y);
    expect(model.summary().title).toBe('Quantiles by knn');
    const { notes } = model.summary();
    expect(notes.some((note) => note.includes('one model only'))).toBe(true);
    expect(notes.some((note) => note.includes('too few to calibrate'))).toBe(true);
    await expect(
      new QuantileRegression({ ...cheap, models: ['knn'], conformal: 'one-sided' }).fit(small.X, small.y),
    ).rejects.toThrow(/at least 20 rows, not 12/);
  });

  test('refuses bad input', async () => {
    const fit = (options: object, target: ArrayLike<number> = y) =>
      new QuantileRegression({ ...cheap, ...options }).fit(X, target);
    for (const options of [
      { quantiles: [0.5, 0.1] },
      { quantiles: [0, 0.5] },
      { quantiles: [] },
      { quantiles: [0.2, 0.5], conformal: 'cqr' },
      { models: [] },
      { models: ['knn', 'knn'] },
      { models: ['oracle'] },
      { aggregator: 'best' },
      { conformal: 'yes' },
      { validation: 0 },
      { validation: 1 },
      { folds: 1 },
      { folds: 500 },
      { seed: -1 },
    ])
      await expect(fit(options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(fit({}, new Float64Array(400).fill(3))).rejects.toThrow(/All 400 targets are 3/);
    await expect(fit({}, y.subarray(1))).rejects.toMatchObject({ code: 'DIMENSION_MISMATCH' });
    await expect(new QuantileRegression().predict(X)).rejects.toThrow(/call fit first/);
    const controller = new AbortController();
    controller.abort();
    await expect(
      new QuantileRegression(cheap).fit(X, y, { signal: controller.signal }),
    ).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});
