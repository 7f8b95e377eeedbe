import { Matrix } from '@fletch/linalg';
import { describe, expect, it } from 'vitest';
import { checkClassifier } from './check-estimator.case.js';
import { Logit, ProportionalOdds } from './cumulative/estimators.js';
import { frameOf } from './frame/frame.js';
import { twoSided, wald } from './intervals.js';
import { Presto } from './presto/estimator.js';
import { simulateRelaxedPO } from './presto/simulate.js';
import { estimatorEntry, estimators, loadEstimator } from './registry.js';
import { crossValidate } from './validation/cross-validate.js';

const { X, y, rare } = simulateRelaxedPO({
  n: 400,
  p: 3,
  alpha: [0, 2, 3.5],
  density: 0.8,
  size: 1,
  seed: 2,
});
const names = ['saw', 'looked', 'clicked', 'bought'];
const table = frameOf({
  income: X.column(0),
  age: X.column(1),
  city: Array.from(X.column(2), (value) => (value < -0.3 ? 'Bonn' : value < 0.3 ? 'Oslo' : 'Rome')),
});
const outcome = Array.from(y, (k) => names[k - 1]!);

describe('Presto', () => {
  checkClassifier({
    create: () => new Presto({ levels: names, nLambda: 8, folds: 3 }),
    fromJSON: Presto.fromJSON,
    X: table,
    y: outcome,
  });

  it('has its path, scores and the probability of the rare class', async () => {
    const model = await new Presto({ levels: names, nLambda: 8, folds: 3, bootstrap: 20 }).fit(
      table,
      outcome,
    );
    expect(model.path.length).toBe(8);
    expect(model.cv.map(({ lambda }) => lambda)).toEqual(model.path.map(({ lambda }) => lambda));
    expect(model.featureNames).toEqual(['income', 'age', 'city=Oslo', 'city=Rome']);
    const p = await model.rareProb(table);
    const error = p.reduce((sum, value, i) => sum + (value - rare[i]!) ** 2, 0) / p.length;
    const share = rare.reduce((sum, value) => sum + value / rare.length, 0);
    expect(error).toBeLessThan(rare.reduce((sum, value) => sum + (value - share) ** 2, 0) / rare.length);
    const [slopes] = model.summary().tables;
    for (const row of slopes!.rows) {
      expect(Object.keys(row)).toContain('clicked | bought high');
      expect(row['clicked | bought low']).toBeLessThanOrEqual(row['clicked | bought high'] as number);
    }
    expect(model.summary().notes[0]).toMatch(/20 bootstrap samples.*no confidence intervals/);
  });

  it('says so when the rare class has hardly a row, and refuses too few classes', async () => {
    const few = Array.from({ length: 30 }, (_, i) => (i < 3 ? 3 : 1 + (i % 2)));
    const numbers = Matrix.from(few.map((_, i) => [Math.sin(i)]));
    const model = await new Presto({ folds: 3 }).fit(numbers, few);
    expect(model.summary().notes.join()).toMatch(/Only 3 rows/);
    await expect(
      new Presto().fit(
        numbers,
        few.map((k) => Math.min(k, 2)),
      ),
    ).rejects.toThrow(/at least three/);
    await expect(new Presto().fit(numbers, few.map(String))).rejects.toThrow(/give levels/);
    await expect(new Presto({ bootstrap: 1 }).fit(numbers, few)).rejects.toThrow(/bootstrap must be/);
  });
});

describe('ProportionalOdds', () => {
  checkClassifier({
    create: () => new ProportionalOdds({ levels: names }),
    fromJSON: ProportionalOdds.fromJSON,
    X: table,
    y: outcome,
  });
});

describe('Logit', () => {
  checkClassifier({
    create: () => new Logit({ levels: ['no', 'yes'] }),
    fromJSON: Logit.fromJSON,
    X: table,
    y: outcome.map((name) => (name === 'bought' ? 'yes' : 'no')),
  });

  it('models one event against the rest', async () => {
    const model = await new Logit({ event: 'bought' }).fit(table, outcome);
    expect(model.classes).toEqual(['not bought', 'bought']);
    expect(model.codes(outcome.slice(0, 50))).toEqual(
      Int32Array.from(y.slice(0, 50), (k) => (k === 4 ? 1 : 0)),
    );
    expect(await model.score(table, outcome)).toBeGreaterThan(0);
    await expect(new Logit({ event: 'sold' }).fit(table, outcome)).rejects.toThrow(
      /"sold" is none of the classes/,
    );
    await expect(new Logit().fit(table, outcome)).rejects.toThrow(/4 classes .*name the event/);
  });

  it('says what is separated, what depends on other columns, and gives neither an error', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({ a: i, double: 2 * i, same: 1 }));
    const split = rows.map(({ a }) => (a < 10 ? 0 : 1));
    const { tables, notes } = (await new Logit().fit(rows, split)).summary();
    expect(tables[0]!.rows.map(({ estimate }) => estimate === null)).toEqual([false, false, true, true]);
    expect(tables[0]!.rows.every((row) => row['std. error'] === null)).toBe(true);
    expect(notes.join('\n')).toMatch(
      /double, same: constant, or a linear combination[\s\S]*separate the classes perfectly.*penalty keeps them finite/,
    );
  });
});

describe('cross-validation', () => {
  it('scores each fold by an estimator that has not seen it', async () => {
    const { scores, mean, heldOut } = await crossValidate(
      () => new ProportionalOdds({ levels: names }),
      table,
      outcome,
      {
        folds: 4,
        stratify: true,
      },
    );
    expect(scores).toHaveLength(4);
    expect(mean).toBeCloseTo(
      scores.reduce((sum, score) => sum + score / 4, 0),
      12,
    );
    const [first] = heldOut;
    expect(await first!.estimator.score(first!.X, first!.y)).toBe(scores[0]);
    expect(heldOut.reduce((sum, { X: part }) => sum + (part as typeof table).rows, 0)).toBe(400);
  });
});

describe('the registry', () => {
  it('makes, loads, scores and draws every classifier', async () => {
    for (const name of ['presto', 'logit', 'proportional-odds']) {
      const entry = estimatorEntry(name);
      const options = { ...(name === 'logit' ? { event: 'bought' } : { levels: names }), lambda: 0.01 };
      const create = () => entry.create(options);
      const { heldOut } = await crossValidate(create, table, outcome, { folds: 3, stratify: true });
      const model = await create().fit(table, outcome);
      expect(model.kind).toBe(name);
      expect(loadEstimator(JSON.parse(JSON.stringify(model))).summary()).toEqual(model.summary());
      const scores = new Map(await entry.scores!(heldOut));
      expect(scores.get('area under the ROC curve of bought')).toBeGreaterThan(0.6);
      const [chart] = await entry.charts!(model, heldOut);
      expect(chart!.layers.map(({ kind }) => kind)).toEqual(['diagonal', 'line', 'dots']);
    }
  });

  it('has names and flags of its own for everything', () => {
    expect(new Set(estimators.map(({ name }) => name)).size).toBe(estimators.length);
    for (const { options } of estimators)
      expect(new Set(options.map(({ flag }) => flag)).size).toBe(options.length);
  });

  it('says what it does not know', () => {
    expect(() => estimatorEntry('svm')).toThrow(/no estimator "svm". There are: presto/);
    expect(() => loadEstimator({})).toThrow(/no saved model/);
    expect(() => loadEstimator({ kind: 'presto' })).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
  });
});

describe('intervals', () => {
  it('are those of the normal distribution', () => {
    expect(twoSided(1.959963984540054)).toBeCloseTo(0.05, 7);
    expect(twoSided(-3)).toBeCloseTo(0.0026997961, 8);
    expect(twoSided(0)).toBeCloseTo(1, 6);
    expect(wald(2, 0.5)).toMatchObject({ z: 4, low: expect.closeTo(1.02, 3), high: expect.closeTo(2.98, 3) });
    expect(wald(2, null)).toEqual({ estimate: 2, error: null, z: null, p: null, low: null, high: null });
  });
});
