import { readFile } from 'node:fs/promises';
import { Matrix, rng } from '@fletch/linalg';
import { describe, expect, it } from 'vitest';
import { Design } from '../frame/design.js';
import { simulateRelaxedPO } from '../presto/simulate.js';
import { cumulativeLogits, logit, logitProb, proportionalOdds } from './baselines.js';
import { interceptsOnly, predictorsOf } from './fisher.js';
import { informationOf, scoreOf } from './information.js';
import { derivatives, logLikelihood, predictProbs, rareProb, uncrossed } from './likelihood.js';
import { logDifference } from './logistic.js';
import { boundaries, type CumulativeProblem, parametersOf } from './problem.js';
import { adjacentDifferences, nonParallel, parallel, semiParallel } from './structure.js';

const goldens = JSON.parse(await readFile(new URL('../../fixtures/goldens.json', import.meta.url), 'utf8'));

/** Rows of the housing survey from its 72 counts. */
function housing(): { X: Matrix<Float64Array>; y: number[] } {
  const { data, levels } = goldens.housing;
  const { Sat, ...categories } = levels as Record<string, string[]>;
  const rows = (data.Freq as number[]).flatMap((count, i) =>
    Array.from({ length: count }, () => ({
      Infl: data.Infl[i],
      Type: data.Type[i],
      Cont: data.Cont[i],
      Sat: data.Sat[i],
    })),
  );
  const table = rows.map(({ Infl, Type, Cont }) => ({ Infl, Type, Cont }));
  return {
    X: Design.fit(table, { categories }).matrix(table),
    y: rows.map((row) => Sat!.indexOf(row.Sat) + 1),
  };
}

const close = (ours: ArrayLike<number>, theirs: ArrayLike<number>, digits: number) => {
  expect(ours.length).toBe(theirs.length);
  for (let i = 0; i < ours.length; i++) expect(ours[i]! / theirs[i]!).toBeCloseTo(1, digits);
};

const roots = (covariance: Matrix<Float64Array> | undefined) =>
  Array.from({ length: covariance!.rows }, (_, i) => Math.sqrt(covariance!.at(i, i)));

describe('agreement with R', () => {
  const { X, y } = housing();

  it('proportional odds are those of polr and clm, signs turned: estimates, errors, likelihood, probabilities', () => {
    const fit = proportionalOdds(X, y);
    const { clm, polr } = goldens.housing;
    close(
      [...fit.alpha, ...fit.beta.data.filter((_, i) => i % 2 === 0).map((value) => -value)],
      clm.estimate,
      6,
    );
    close(roots(fit.covariance), clm.error, 6);
    expect(fit.logLikelihood).toBeCloseTo(polr.loglik, 6);
    expect(fit).toMatchObject({ separation: 'none', aliased: [], converged: true });
    const { data } = goldens.housing;
    const one = Matrix.from([X.toArrays()[0]!]);
    expect(data.Infl[0]).toBe('Low');
    close(predictProbs(fit, one).data, polr.first[0], 5);
  });

  it('logistic regression is that of glm', () => {
    const fit = logit(
      X,
      y.map((value) => (value === 3 ? 1 : 0)),
    );
    const { glm } = goldens.housing;
    close([fit.intercept, ...fit.coefficients], glm.estimate, 6);
    close(roots(fit.covariance), glm.error, 4);
    expect(fit.logLikelihood).toBeCloseTo(glm.loglik, 6);
  });

  it('boundaries fitted together are those of clm with nominal effects', () => {
    const fit = cumulativeLogits(X, y, { joint: true });
    const { nominal } = goldens.housing;
    // clm: intercepts, then both boundaries for each column.
    close([...fit.alpha, ...fit.beta.data], nominal.estimate, 5);
    expect(fit.logLikelihood).toBeCloseTo(nominal.loglik, 6);
    const count = 2;
    const ours = roots(fit.covariance);
    const inTheirOrder = [
      ...ours.slice(0, count),
      ...Array.from({ length: X.cols }, (_, j) => [ours[count + j]!, ours[count + X.cols + j]!]).flat(),
    ];
    close(inTheirOrder, nominal.error, 5);
  });

  it('boundaries fitted apart are logistic regressions', () => {
    const fit = cumulativeLogits(X, y);
    const apart = logit(
      X,
      y.map((value) => (value <= 1 ? 1 : 0)),
    );
    close(fit.beta.column(0), apart.coefficients, 10);
    expect(fit.covariance).toBeUndefined();
  });

  it('columns of very different sizes are no trouble, one that others make up is left out as R does', () => {
    const { data, glm, clm, aliased } = goldens.numbers;
    expect(aliased).toBe('d');
    const table = { a: data.a, b: data.b, c: data.c, d: data.d };
    const numbers = Design.fit(table).matrix(table);
    const fit = logit(
      numbers,
      (data.y as number[]).map((value) => (value === 4 ? 1 : 0)),
    );
    expect(fit.aliased).toEqual([3]);
    expect(fit.coefficients[3]).toBe(0);
    close([fit.intercept, ...fit.coefficients.slice(0, 3)], glm.estimate, 6);
    close(roots(fit.covariance).slice(0, 4), glm.error, 4);
    expect(fit.covariance!.at(4, 4)).toBeNaN();
    const scaled = {
      a: (data.a as number[]).map((v) => v - 100),
      b: data.b,
      c: (data.c as number[]).map((v) => 1000 * v),
    };
    const ordinal = proportionalOdds(Design.fit(scaled).matrix(scaled), data.y);
    close([...ordinal.alpha, ...ordinal.beta.column(0).map((value) => -value)], clm.estimate, 5);
    close(roots(ordinal.covariance), clm.error, 5);
  });
});

describe('derivatives', () => {
  const random = rng(5);
  const n = 40;
  const p = 3;
  const X = new Matrix(random.fillNormal(new Float64Array(n * p)), n, p);
  const y = Int32Array.from({ length: n }, (_, i) => i % 4);

  it.each(Object.entries({ adjacentDifferences, nonParallel, parallel, semiParallel }))(
    'the score is the gradient of the log-likelihood, the observed information its negative second derivative (%s)',
    (_, structure) => {
      const problem: CumulativeProblem = { X, y, classes: 4, structure: structure(3) };
      const theta = interceptsOnly(problem).map((value) => value + 0.02 * random.normal());
      const at = (t: Float64Array) => logLikelihood(predictorsOf(problem, t), y);
      const scoreAt = (t: Float64Array) => scoreOf(problem, derivatives(predictorsOf(problem, t), y));
      const score = scoreAt(theta);
      const information = informationOf(problem, derivatives(predictorsOf(problem, theta), y, 'observed'));
      const h = 1e-5;
      for (let j = 0; j < theta.length; j++) {
        const moved = (by: number) => theta.map((value, i) => (i === j ? value + by : value));
        expect((at(moved(h)) - at(moved(-h))) / (2 * h)).toBeCloseTo(score[j]!, 6);
        const [up, down] = [scoreAt(moved(h)), scoreAt(moved(-h))];
        for (let i = 0; i < theta.length; i++)
          expect((down[i]! - up[i]!) / (2 * h)).toBeCloseTo(information.at(i, j), 5);
      }
    },
  );

  it('the expected information is the mean outer product of scores', () => {
    const truth = simulateRelaxedPO({ n: 40_000, p: 2, alpha: [-1, 0.5, 2], size: 0.3, seed: 3 });
    const codes = truth.y.map((value) => value - 1);
    const problem: CumulativeProblem = { X: truth.X, y: codes, classes: 4, structure: nonParallel(3) };
    // η = α + Xβ of the truth in the parameters of boundaries of their own.
    const theta = Float64Array.of(
      ...truth.alpha,
      ...Array.from({ length: 3 }, (_, k) => [...truth.beta.column(k)]).flat(),
    );
    const rows = derivatives(predictorsOf(problem, theta), codes);
    const information = informationOf(problem, rows);
    const size = parametersOf(problem);
    const outer = new Float64Array(size * size);
    for (let i = 0; i < truth.X.rows; i++) {
      const s = [...rows.score.row(i)];
      const row = [...s, ...s.flatMap((value) => Array.from(truth.X.row(i), (x) => value * x))];
      for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) outer[a * size + b]! += row[a]! * row[b]!;
    }
    for (let a = 0; a < size; a++) expect(outer[a * size + a]! / information.at(a, a)).toBeCloseTo(1, 1.3);
    const scale = (a: number, b: number) => Math.sqrt(information.at(a, a) * information.at(b, b));
    for (let a = 0; a < size; a++)
      for (let b = 0; b < size; b++)
        expect(Math.abs(outer[a * size + b]! - information.at(a, b)) / scale(a, b)).toBeLessThan(0.05);
  });

  it('logarithms of differences keep their digits', () => {
    expect(logDifference(41, 40)).toBeCloseTo(-40 + Math.log(1 - Math.exp(-1)), 10);
    expect(logDifference(-700, Number.NEGATIVE_INFINITY)).toBe(-700);
    expect(logDifference(1, 1)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('probabilities', () => {
  const crossing = {
    alpha: Float64Array.of(0, 1, 3),
    beta: Matrix.from([[0, 2, 0.5]]),
  };
  const X = Matrix.from([[0], [5], [-3]]);

  it('sum to 1; the last is its boundary alone', () => {
    const probs = predictProbs(crossing, X);
    for (let i = 0; i < X.rows; i++)
      expect(probs.row(i).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    close(probs.column(3), rareProb(crossing, X), 12);
    expect(Math.min(...probs.data)).toBeLessThan(0);
  });

  it('are uncrossed from above, and stay as they are where nothing crosses', () => {
    const raw = predictProbs(crossing, X);
    const probs = uncrossed(predictProbs(crossing, X));
    expect(probs.row(0)).toEqual(raw.row(0));
    expect(probs.column(3)).toEqual(raw.column(3));
    expect(Math.min(...probs.data)).toBeGreaterThanOrEqual(0);
    for (let i = 0; i < X.rows; i++)
      expect(probs.row(i).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
  });

  it('refuse another number of columns', () => {
    expect(() => predictProbs(crossing, Matrix.from([[1, 2]]))).toThrow(
      /2 columns; the model was fitted on 1/,
    );
  });
});

describe('separation', () => {
  const column = (values: number[]) => Matrix.from(values.map((value) => [value]));

  it('is told from none: complete, quasi-complete', () => {
    expect(logit(column([1, 2, 3, 4, 5, 6]), [0, 0, 0, 1, 1, 1])).toMatchObject({
      separation: 'complete',
      covariance: undefined,
    });
    expect(logit(column([1, 2, 3, 3, 5, 6]), [0, 0, 0, 1, 1, 1]).separation).toBe('quasi-complete');
    expect(logit(column([1, 2, 3, 4, 5, 6]), [0, 0, 1, 0, 1, 1]).separation).toBe('none');
    expect(proportionalOdds(column([1, 2, 3, 4, 5, 6]), [1, 1, 2, 2, 3, 3]).separation).toBe('complete');
    expect(proportionalOdds(column([1, 2, 3, 4, 5, 6]), [1, 2, 1, 3, 2, 3]).separation).toBe('none');
  });

  it('gives probabilities all the same', () => {
    const X = column([1, 2, 3, 4]);
    const [first, , , last] = logitProb(logit(X, [0, 0, 1, 1]), X);
    expect(first).toBeLessThan(0.01);
    expect(last).toBeGreaterThan(0.99);
  });

  it('is what more columns than rows make', () => {
    const X = new Matrix(rng(1).fillNormal(new Float64Array(10 * 30)), 10, 30);
    const fit = logit(X, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    expect(fit.separation).toBe('complete');
    expect(fit.aliased.length).toBe(21);
  });
});

describe('bad input', () => {
  const X = Matrix.from([[1], [2], [3], [4], [5]]);

  it.each([
    [() => proportionalOdds(X, [1, 2, 3]), /X has 5 rows, but y 3/],
    [() => proportionalOdds(X, [1, 2, 4, 4, 4]), /No row has class 3 of 4/],
    [() => proportionalOdds(X, [1, 2, 1.5, 2, 2]), /row 2 is 1.5/],
    [() => proportionalOdds(X, [0, 1, 2, 2, 2]), /row 0 is 0/],
    [() => proportionalOdds(X, [1, 1, 1, 1, 1]), /at least two classes/],
    [() => proportionalOdds(X, [1, 2, 3, 4, 5]), /5 rows are too few for 5 classes/],
    [() => proportionalOdds(Matrix.from([[1], [Number.NaN], [3]]), [1, 2, 1]), /Row 1 of column "x1" is NaN/],
    [() => logit(X, [0, 0, 0, 0, 0]), /happens in no row/],
    [() => logit(X, [1, 1, 1, 1, 1]), /happens in every row/],
    [() => logit(X, [1, 2, 1, 1, 1]), /Events are 1 or 0; row 1 is 2/],
    [() => logit(X, [1]), /X has 5 rows, but there are 1 events/],
  ])('is refused (%#)', (work, message) => {
    expect(work).toThrow(message);
  });
});

it('boundaries are made of blocks', () => {
  const X = new Matrix(new Float64Array(2), 1, 2);
  const model = boundaries(
    { X, y: new Int32Array(1), classes: 4, structure: adjacentDifferences(3) },
    Float64Array.of(0, 1, 2, 1, 10, 2, 20, 3, 30),
  );
  expect(model.beta.toArrays()).toEqual([
    [1, 3, 6],
    [10, 30, 60],
  ]);
});
