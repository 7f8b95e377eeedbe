/**
 * The contract of estimators, as tests. Anybody's estimator can be put to it.
 *
 * @module
 */
import { expect, it } from 'vitest';
import type { Classifier, Estimator, EstimatorJson } from './estimator.js';
import { Frame, frameOf } from './frame/frame.js';
import type { Target } from './frame/target.js';

/** An estimator under test, and data it can learn from. */
export interface EstimatorCase<E extends Estimator> {
  create(): E;
  fromJSON(json: EstimatorJson): E;
  /** Columns by name, one of them of categories. */
  readonly X: Frame;
  readonly y: Target;
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as EstimatorJson;

/** Declares the tests that every estimator must pass. */
export function checkEstimator<E extends Estimator>({ create, fromJSON, X, y }: EstimatorCase<E>): void {
  const few = X.take([0, 1, 2, 3]);

  it('refuses to predict, to score and to be saved before it has learned', async () => {
    const notFitted = expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('call fit first'),
    });
    await expect(create().predict(few)).rejects.toEqual(notFitted);
    await expect(create().score(X, y)).rejects.toEqual(notFitted);
    expect(() => create().toJSON()).toThrow(notFitted);
    expect(() => create().summary()).toThrow(notFitted);
  });

  it('gives itself when it has learned, and the same again from the same seed', async () => {
    const one = create();
    expect(await one.fit(X, y)).toBe(one);
    expect(plain(await (await create().fit(X, y)).predict(few))).toEqual(plain(await one.predict(few)));
  });

  it('survives JSON: predictions to the last bit, score, summary', async () => {
    const one = await create().fit(X, y);
    const again = fromJSON(plain(one));
    expect(await again.predict(X)).toEqual(await one.predict(X));
    expect(await again.score(X, y)).toBe(await one.score(X, y));
    expect(plain(again.summary())).toEqual(plain(one.summary()));
    expect(plain(again)).toEqual(plain(one));
  });

  it('refuses JSON that is none of its own', async () => {
    const json = plain(await create().fit(X, y));
    const refused = (change: object, code: string) =>
      expect(() => fromJSON({ ...json, ...change })).toThrow(expect.objectContaining({ code }));
    refused({ kind: 'other' }, 'CORRUPT');
    refused({ state: {} }, 'CORRUPT');
    refused({ version: 999 }, 'FORMAT_TOO_NEW');
  });

  it('finds columns by name, in any order, and says which one is missing', async () => {
    const one = await create().fit(X, y);
    const turned = new Frame(few.columns.toReversed());
    expect(await one.predict(turned)).toEqual(await one.predict(few));
    const name = X.names[0]!;
    await expect(one.predict(few.drop([name]))).rejects.toThrow(`no column "${name}"`);
    await expect(one.predict(frameOf([{ nothing: 1 }]))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuses targets of another length, tables without rows, and stops when told', async () => {
    await expect(create().fit(few, y)).rejects.toMatchObject({ code: 'DIMENSION_MISMATCH' });
    await expect(create().fit([], [])).rejects.toMatchObject({
      code: expect.stringMatching(/INVALID_ARGUMENT|DIMENSION/),
    });
    await expect(create().fit(X, y, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  it('tells about itself in tables', async () => {
    const { title, facts, tables } = (await create().fit(X, y)).summary();
    expect(title).not.toBe('');
    expect(facts.length).toBeGreaterThan(0);
    for (const table of tables) expect(table.rows.length).toBeGreaterThan(0);
  });
}

/** Declares the tests that every classifier must pass besides. */
export function checkClassifier(example: EstimatorCase<Classifier>): void {
  checkEstimator(example);

  it('predicts probabilities that sum to 1, and the likeliest class', async () => {
    const { create, X, y } = example;
    const one = await create().fit(X, y);
    const probs = await one.predictProba(X);
    const labels = await one.predict(X);
    expect([probs.rows, probs.cols]).toEqual([X.rows, one.classes.length]);
    for (let i = 0; i < probs.rows; i++) {
      const row = probs.row(i);
      expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 10);
      expect(Math.min(...row)).toBeGreaterThanOrEqual(0);
      expect(row[one.classes.indexOf(labels[i]!)]).toBe(Math.max(...row));
    }
    expect(await one.score(X, y)).toBeGreaterThan(0);
  });
}
