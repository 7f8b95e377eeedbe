import { readFileSync } from 'node:fs';
import { Matrix, rng } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { frameOf } from '../frame/frame.js';
import { estimatorEntry, loadEstimator } from '../registry.js';
import { crossValidate } from '../validation/cross-validate.js';
import { SketchedRegression } from './index.js';
import { randomInstance } from './simulate.js';

const golden = JSON.parse(
  readFileSync(new URL('../../fixtures/least-squares.json', import.meta.url), 'utf8'),
) as {
  cars: Record<string, number[]>;
  lm: { estimate: number[]; error: number[]; r2: number; sigma: number };
};

describe('the estimator of sketched regression', () => {
  const { mpg, wt, hp, cyl } = golden.cars as Record<'mpg' | 'wt' | 'hp' | 'cyl', number[]>;
  const table = frameOf({ wt, hp, cyl }, { categorical: ['cyl'] });

  test('agrees with lm of R where the table is small', async () => {
    const model = await new SketchedRegression().fit(table, mpg);
    expect(model.direct).toBe(true);
    expect(model.coefficients.map(({ name }) => name)).toEqual(['(intercept)', 'wt', 'hp', 'cyl=6', 'cyl=8']);
    model.coefficients.forEach(({ estimate, standardError, sketchError }, j) => {
      expect(estimate).toBeCloseTo(golden.lm.estimate[j]!, 8);
      expect(standardError).toBeCloseTo(golden.lm.error[j]!, 8);
      expect(sketchError).toBe(0);
    });
    expect(model.r2).toBeCloseTo(golden.lm.r2, 10);
    expect(await model.score(table, mpg)).toBeCloseTo(golden.lm.r2, 10);
    const summary = model.summary();
    expect(summary.tables[0]!.rows[1]).toMatchObject({ coefficient: 'wt', estimate: expect.any(Number) });
    expect(summary.facts).toContainEqual(['residual standard deviation', expect.closeTo(golden.lm.sigma, 8)]);
  });

  test('sketches a tall table; its limits hold both errors', async () => {
    const { A, b } = randomInstance(20_000, 5, 3);
    const exact = await new SketchedRegression({ rows: 20_000 }).fit(A, b);
    let inside = 0;
    for (let seed = 0; seed < 40; seed++) {
      const model = await new SketchedRegression({ rows: 500, seed }).fit(A, b);
      expect(model.direct).toBe(false);
      expect(model.sketchRows).toBe(500);
      for (const [j, { estimate, sketchError }] of model.coefficients.entries())
        if (Math.abs(estimate - exact.coefficients[j]!.estimate) <= 1.96 * sketchError) inside++;
    }
    // 240 normal errors: 95 % of them, give or take four standard errors.
    expect(inside / 240).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / 240));
    const refined = await new SketchedRegression({ rows: 500, refine: 20 }).fit(A, b);
    expect(refined.coefficients[2]!.estimate).toBeCloseTo(exact.coefficients[2]!.estimate, 9);
    expect(refined.coefficients[2]!.sketchError).toBeLessThan(1e-12);
  });

  test('leaves out columns that depend on others, as lm does', async () => {
    const doubled = frameOf(
      { a: wt.map((value) => 2 * value), wt, hp, one: wt.map(() => 7), cyl },
      { categorical: ['cyl'] },
    );
    const model = await new SketchedRegression().fit(doubled, mpg);
    const plain = await new SketchedRegression().fit(table, mpg);
    expect(model.coefficients.filter(({ aliased }) => aliased).map(({ name }) => name)).toEqual([
      'wt',
      'one',
    ]);
    expect(model.coefficients[1]!.estimate).toBeCloseTo(plain.coefficients[1]!.estimate / 2, 9);
    expect(model.coefficients[3]!.standardError).toBeCloseTo(plain.coefficients[2]!.standardError!, 9);
    const { tables, notes } = model.summary();
    expect(tables[0]!.rows[2]).toMatchObject({ coefficient: 'wt', estimate: null, p: null });
    expect(notes.join()).toContain('wt, one: constant, or a linear combination');
    const predictions = await plain.predict(table);
    (await model.predict(doubled)).forEach((value, i) => {
      expect(value).toBeCloseTo(predictions[i]!, 8);
    });
    expect((await SketchedRegression.fromJSON(model.toJSON()).summary()).notes).toEqual(notes);
  });

  test('solves directly what costs little, unless a sketch is asked for', async () => {
    const { A, b } = randomInstance(5000, 3, 1);
    expect((await new SketchedRegression().fit(A, b)).direct).toBe(true);
    expect((await new SketchedRegression({ epsilon: 0.5 }).fit(A, b)).direct).toBe(false);
  });

  test('goes through JSON and the registry', async () => {
    const model = await new SketchedRegression({ intercept: false }).fit(table, mpg);
    const copy = loadEstimator(JSON.parse(JSON.stringify(model.toJSON()))) as SketchedRegression;
    expect(await copy.predict(table)).toEqual(await model.predict(table));
    expect(copy.summary()).toEqual(model.summary());
    expect(() => loadEstimator({ ...model.toJSON(), version: 2 })).toThrow(/version 2/);
    const broken = JSON.parse(JSON.stringify(model.toJSON()));
    broken.state.coefficients.pop();
    expect(() => loadEstimator(broken)).toThrow();
  });

  test('has scores and charts of held-out rows', async () => {
    const { A, b } = randomInstance(2000, 4, 8);
    const entry = estimatorEntry('regress');
    const model = await entry.create({ rows: 200 }).fit(A, b);
    const { heldOut, mean } = await crossValidate(() => entry.create({ rows: 200 }), A, b, { folds: 3 });
    expect(mean).toBeGreaterThan(0.7);
    const scores = new Map(await entry.scores!(heldOut));
    // Noise of 1, a little more from the sketch.
    expect(scores.get('root mean squared error')).toBeCloseTo(1, 0);
    const [dots, errors] = await entry.charts!(model, heldOut);
    expect(dots!.layers[1]).toMatchObject({ kind: 'dots' });
    const points = errors!.layers[0] as unknown as { points: { x: number; y: number; series: string }[] };
    const worst = points.points.filter(({ series }) => series.startsWith('worst'));
    expect(worst.length).toBeGreaterThan(4);
    expect(worst.at(-1)!.y).toBeLessThan(worst[0]!.y);
  });

  test('refuses bad input', async () => {
    const code = async (work: Promise<unknown>) =>
      work.then(
        () => 'none',
        (error: { code?: string }) => error.code,
      );
    await expect(new SketchedRegression().predict(table)).rejects.toThrow(/call fit first/);
    const wide = new Matrix(rng(1).fillNormal(new Float64Array(20)), 4, 5);
    await expect(new SketchedRegression().fit(wide, [1, 2, 3, 4])).rejects.toThrow(/more rows than columns/);
    await expect(
      new SketchedRegression({ rows: 20 }).fit({ a: wt, b: wt.map((value) => 2 * value) }, mpg),
    ).rejects.toThrow(/Column "b" is constant or a combination/);
    expect(await code(new SketchedRegression().fit(table, mpg.slice(1)))).toBe('DIMENSION_MISMATCH');
    expect(await code(new SketchedRegression().fit(table, ['a', ...mpg.slice(1).map(String)]))).toBe(
      'INVALID_ARGUMENT',
    );
    await expect(new SketchedRegression({ rows: 3 }).fit(table, mpg)).rejects.toThrow(/at least 6/);
  });
});
