import { readFile } from 'node:fs/promises';
import { Matrix, rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cumulativeLogits, proportionalOdds } from '../cumulative/baselines.js';
import { fisherScoring, optimalityGap, predictorsOf } from '../cumulative/fisher.js';
import { scoreOf } from '../cumulative/information.js';
import { derivatives, logLikelihood, predictProbs, rareProb } from '../cumulative/likelihood.js';
import type { CumulativeModel } from '../cumulative/problem.js';
import { adjacentDifferences } from '../cumulative/structure.js';
import { runAtOnce } from '../steps.js';
import { fitAt, followPath, largestPenalty, pathProblem, penaltyGrid } from './path.js';
import { ordinalNet, presto } from './presto.js';
import { simulateRelaxedPO } from './simulate.js';

const sim = simulateRelaxedPO({ n: 600, p: 5, alpha: [0, 2, 4], seed: 4 });
const codes = sim.y.map((value) => value - 1);
const lasso = { structure: adjacentDifferences, mix: 1, standardize: true, penalizedFrom: 0 };

const greatest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

const logOdds = (share: number) => Math.log(share / (1 - share));

describe('the ends of the path', () => {
  it('λ = ∞ leaves intercepts: the log-odds of the cumulative shares', () => {
    const { alpha, beta, path } = presto(sim.X, sim.y, { lambda: Number.POSITIVE_INFINITY });
    [1, 2, 3].forEach((k) => {
      const share = sim.y.filter((value) => value <= k).length / sim.y.length;
      expect(alpha[k - 1]).toBeCloseTo(logOdds(share), 10);
    });
    expect(beta.data.every((value) => value === 0)).toBe(true);
    expect(path).toHaveLength(1);
  });

  it('λ = ∞ on differences only is proportional odds', async () => {
    const file = new URL('../../fixtures/goldens.json', import.meta.url);
    const { numbers } = JSON.parse(await readFile(file, 'utf8'));
    const X = Matrix.from(
      (numbers.data.a as number[]).map((a, i) => [a - 100, numbers.data.b[i], 1000 * numbers.data.c[i]]),
    );
    const fit = presto(X, numbers.data.y, { lambda: Number.POSITIVE_INFINITY, penalizeFirst: false });
    const theirs = numbers.clm.estimate as number[];
    expect(greatest(fit.alpha, theirs)).toBeLessThan(1e-4);
    for (const k of [0, 1, 2])
      expect(
        greatest(
          fit.beta.column(k),
          theirs.slice(3).map((v) => -v),
        ),
      ).toBeLessThan(1e-4);
    expect(greatest(fit.alpha, proportionalOdds(X, numbers.data.y).alpha)).toBeLessThan(1e-6);
  });

  it('the first penalty lets nothing in, the next one something', () => {
    const problem = pathProblem(sim.X, codes, 4, lasso);
    const largest = largestPenalty(problem);
    expect(runAtOnce(followPath(problem, [largest * 1.0001])).points[0]!.df).toBe(0);
    expect(runAtOnce(followPath(problem, [largest * 0.98])).points[0]!.df).toBe(1);
  });

  it('λ → 0 is maximum likelihood of boundaries of their own', () => {
    const fit = presto(sim.X, sim.y, { lambda: 1e-7 });
    const joint = cumulativeLogits(sim.X, sim.y, { joint: true });
    expect(greatest(fit.beta.data, joint.beta.data)).toBeLessThan(1e-4);
    expect(fit.path[0]!.loglik).toBeCloseTo(joint.logLikelihood, 3);
  });
});

describe('two classes', () => {
  it('are a lasso logistic regression: the same optimum by proximal gradient steps', () => {
    const two = sim.y.map((value) => (value <= 1 ? 0 : 1));
    const problem = pathProblem(sim.X, two, 2, lasso);
    const lambda = 0.3 * largestPenalty(problem);
    const fit = fitAt(problem, lambda);
    const { X } = problem.problem;
    const [n, p] = [X.rows, X.cols];
    const w = new Float64Array(p + 1);
    for (let step = 0; step < 3000; step++) {
      const gradient = new Float64Array(p + 1);
      for (let i = 0; i < n; i++) {
        let eta = w[0]!;
        for (let j = 0; j < p; j++) eta += w[j + 1]! * X.at(i, j);
        const error = (two[i] === 0 ? 1 : 0) - 1 / (1 + Math.exp(-eta));
        gradient[0]! += error / n;
        for (let j = 0; j < p; j++) gradient[j + 1]! += (error * X.at(i, j)) / n;
      }
      for (let j = 0; j <= p; j++) {
        const moved = w[j]! + gradient[j]!;
        w[j] = j === 0 ? moved : Math.sign(moved) * Math.max(0, Math.abs(moved) - lambda);
      }
    }
    expect(fit.theta.some((value) => value === 0)).toBe(true);
    expect(greatest(fit.theta, w)).toBeLessThan(1e-4);
  });
});

describe('every point of the path', () => {
  const problem = pathProblem(sim.X, codes, 4, lasso);
  const lambdas = penaltyGrid(largestPenalty(problem), 20, 0.01);
  const { fits, points } = runAtOnce(followPath(problem, lambdas));

  it('is optimal: scores are within the penalty where a parameter is zero, at it elsewhere', () => {
    const n = sim.X.rows;
    expect(points.every(({ converged }) => converged)).toBe(true);
    fits.forEach(({ theta }, i) => {
      const lambda = lambdas[i]!;
      const score = scoreOf(problem.problem, derivatives(predictorsOf(problem.problem, theta), codes));
      for (let j = 3; j < theta.length; j++) {
        if (theta[j] === 0) expect(Math.abs(score[j]!) / n).toBeLessThanOrEqual(lambda * (1 + 1e-4));
        else expect(score[j]! / n / lambda).toBeCloseTo(Math.sign(theta[j]!), 4);
      }
      for (let k = 0; k < 3; k++) expect(Math.abs(score[k]!) / n).toBeLessThan(1e-4 * lambda);
    });
  });

  it('was reached without the objective rising', () => {
    expect(fits.some(({ objective }) => objective.length > 2)).toBe(true);
    for (const { objective } of fits)
      for (let i = 1; i < objective.length; i++) expect(objective[i]!).toBeLessThanOrEqual(objective[i - 1]!);
  });

  it('has more parameters and a greater likelihood than the one before, on the whole', () => {
    expect(points[0]!.df).toBe(0);
    expect(points.at(-1)!.df).toBeGreaterThan(8);
    for (let i = 1; i < points.length; i++)
      expect(points[i]!.loglik).toBeGreaterThanOrEqual(points[i - 1]!.loglik - 1e-9);
  });

  it('objective does not rise from a bad start either, and ridge is optimal, too', () => {
    const strength = problem.start.theta.map((_, j) => (j < 3 ? 0 : 0.005 * sim.X.rows));
    for (const mix of [0, 0.5, 1]) {
      const start = problem.start.theta.map((value, j) => (j === 3 ? 1.5 : value));
      const fit = fisherScoring(problem.problem, { strength, mix }, start);
      for (let i = 1; i < fit.objective.length; i++)
        expect(fit.objective[i]!).toBeLessThanOrEqual(fit.objective[i - 1]!);
      const score = scoreOf(problem.problem, derivatives(predictorsOf(problem.problem, fit.theta), codes));
      expect(optimalityGap(score, fit.theta, { strength, mix }) / sim.X.rows).toBeLessThan(1e-6);
    }
  });
});

describe('invariances', () => {
  const options = { lambda: 0.01 };
  const fit = presto(sim.X, sim.y, options);
  const change = (map: (value: number, j: number) => number) =>
    new Matrix(
      sim.X.data.map((value, i) => map(value, i % sim.X.cols)),
      sim.X.rows,
      sim.X.cols,
    );

  it('probabilities of a row sum to 1; equal slopes keep them in [0, 1] for every x', () => {
    const probs = predictProbs(fit, sim.X);
    for (let i = 0; i < probs.rows; i++) expect(probs.row(i).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 2 }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        (x, slope) => {
          const model = {
            alpha: Float64Array.of(-1, 0, 2),
            beta: Matrix.from([
              [slope, slope, slope],
              [1, 1, 1],
            ]),
          };
          const row = predictProbs(model, Matrix.from([x]));
          for (const value of row.data) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          }
        },
      ),
      { seed: 6, numRuns: 200 },
    );
  });

  it('classes in reverse with signs turned have the same likelihood', () => {
    const reverse = codes.map((code) => 3 - code);
    const theirs = {
      alpha: fit.alpha.map((_, k) => -fit.alpha[2 - k]!),
      beta: Matrix.from(fit.beta.toArrays().map((row) => row.toReversed().map((value) => -value))),
    };
    const of = (model: CumulativeModel, y: Int32Array) => {
      const probs = predictProbs(model, sim.X);
      return y.reduce((sum, code, i) => sum + Math.log(probs.at(i, code)), 0);
    };
    expect(of(theirs, reverse)).toBeCloseTo(of(fit, codes), 8);
    expect(of(fit, codes)).toBeCloseTo(fit.path[0]!.loglik, 8);
  });

  it('a column that is scaled scales its slopes back', () => {
    const scaled = presto(
      change((value, j) => (j === 2 ? value * 50 : value)),
      sim.y,
      options,
    );
    for (let k = 0; k < 3; k++) {
      expect(scaled.beta.at(2, k)).toBeCloseTo(fit.beta.at(2, k) / 50, 8);
      expect(scaled.beta.at(1, k)).toBeCloseTo(fit.beta.at(1, k), 6);
    }
  });

  it('a column that is shifted changes no probability', () => {
    const moved = change((value, j) => (j === 1 ? value + 100 : value));
    const shifted = presto(moved, sim.y, options);
    expect(greatest(predictProbs(shifted, moved).data, predictProbs(fit, sim.X).data)).toBeLessThan(1e-7);
    expect(shifted.alpha[2]).not.toBeCloseTo(fit.alpha[2]!, 1);
  });

  it('crossing boundaries have no likelihood', () => {
    const eta = Matrix.from([[1, 0.5]]);
    expect(logLikelihood(eta, Int32Array.of(0))).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('the choice of the penalty', () => {
  it('takes the best Brier score, the strongest of ties; one-se a stronger one', () => {
    const fit = presto(sim.X, sim.y, { seed: 1 });
    const least = Math.min(...fit.cv.map(({ brier }) => brier));
    expect(fit.lambda).toBe(fit.cv.find(({ brier }) => brier === least)!.lambda);
    expect(presto(sim.X, sim.y, { seed: 1, rule: 'one-se' }).lambda).toBeGreaterThan(fit.lambda);
    expect(presto(sim.X, sim.y, { seed: 1 }).lambda).toBe(fit.lambda);
    expect(fit.cv).toHaveLength(fit.path.length);
    const best = presto(sim.X, sim.y, { seed: 1, criterion: 'loglik' });
    expect(best.lambda).toBe(best.cv.reduce((a, b) => (b.loglik > a.loglik ? b : a)).lambda);
  });

  it('is nearer to the true rare probabilities than boundaries of their own', () => {
    const error = (p: Float64Array) =>
      p.reduce((sum, value, i) => sum + (value - sim.rare[i]!) ** 2, 0) / p.length;
    const fit = presto(sim.X, sim.y);
    expect(error(rareProb(fit, sim.X))).toBeLessThan(error(rareProb(cumulativeLogits(sim.X, sim.y), sim.X)));
  });
});

describe('kin', () => {
  it('PRESTO-L2 shrinks differences without fusing them', () => {
    const { beta, path } = presto(sim.X, sim.y, { mix: 0, lambda: 0.05 });
    expect(path[0]!.df).toBe(15);
    const free = cumulativeLogits(sim.X, sim.y, { joint: true }).beta;
    const spread = (b: Matrix) => b.toArrays().reduce((sum, row) => sum + Math.abs(row[2]! - row[1]!), 0);
    expect(spread(beta)).toBeLessThan(spread(free));
  });

  it('ordinalNet penalises coefficients: no two boundaries are equal unless both are zero', () => {
    const { beta } = ordinalNet(sim.X, sim.y, { lambda: 0.01 });
    const rows = beta.toArrays();
    expect(rows.some((row) => row.includes(0))).toBe(true);
    for (const row of rows) for (const k of [1, 2]) expect(row[k] !== row[k - 1] || row[k] === 0).toBe(true);
    const shared = ordinalNet(sim.X, sim.y, { lambda: 0.01, semiParallel: true });
    expect(shared.beta.toArrays().some((row) => row[0] !== 0 && row[0] === row[1])).toBe(true);
  });

  it('more columns than rows, and columns that depend on others, are fitted', () => {
    const [n, p] = [40, 60];
    const random = rng(8);
    const X = new Matrix(random.fillNormal(new Float64Array(n * p)), n, p);
    for (let i = 0; i < n; i++) {
      X.data[i * p + 1] = X.data[i * p]!;
      X.data[i * p + 2] = 7;
    }
    const y = Array.from({ length: n }, (_, i) => 1 + (i % 3));
    const fit = presto(X, y, { nLambda: 8, folds: 3 });
    expect(fit.beta.data.every(Number.isFinite)).toBe(true);
    expect([...fit.beta.row(2)]).toEqual([0, 0]);
  });

  it('classes that columns separate perfectly are fitted, since the penalty keeps slopes finite', () => {
    const X = Matrix.from(Array.from({ length: 30 }, (_, i) => [i]));
    const y = Array.from({ length: 30 }, (_, i) => 1 + Math.floor(i / 10));
    const fit = presto(X, y, { lambda: 0.05 });
    expect(Math.abs(fit.beta.at(0, 1))).toBeLessThan(2);
    expect(proportionalOdds(X, y).separation).toBe('complete');
  });
});

describe('simulations', () => {
  it('are what they say: seeded, sparse or dense, every class there, no negative probability', () => {
    const made = simulateRelaxedPO({ seed: 1 });
    expect(simulateRelaxedPO({ seed: 1 }).y).toEqual(made.y);
    expect(simulateRelaxedPO({ seed: 2 }).y).not.toEqual(made.y);
    expect(new Set(made.y)).toEqual(new Set([1, 2, 3, 4]));
    for (const row of made.beta.toArrays())
      row.forEach((value, k) => {
        const step = value - (row[k - 1] ?? 0);
        expect(k === 0 ? [0, 0.5] : [-0.5, 0, 0.5]).toContain(step);
      });
    expect(made.rare.reduce((sum, p) => sum + p, 0) / made.rare.length).toBeLessThan(0.02);
    expect(Math.min(...predictProbs(made, made.X).data)).toBeGreaterThanOrEqual(0);
    const dense = simulateRelaxedPO({ kind: 'dense', alpha: [0, 3, 5] });
    expect(dense.beta.data.every((value) => value !== 0)).toBe(true);
  });

  it.each([
    [{ n: 0 }, /n must be a positive whole number/],
    [{ alpha: [1, 0] }, /two ascending numbers/],
    [{ n: 200, alpha: [0, 30], seed: 0 }, /some class had no row/],
  ])('refuse %j', (options, message) => {
    expect(() => simulateRelaxedPO(options)).toThrow(message);
  });
});

describe('bad input', () => {
  const X = Matrix.from(Array.from({ length: 12 }, (_, i) => [i % 5, (i * 7) % 11]));
  const y = Array.from({ length: 12 }, (_, i) => 1 + (i % 3));

  it.each([
    [
      () =>
        presto(
          X,
          y.map((v) => Math.min(v, 2)),
        ),
      /at least three ordered classes/,
    ],
    [
      () =>
        presto(
          X,
          y.map((v) => (v === 2 ? 4 : v)),
        ),
      /No row has class 2 of 4/,
    ],
    [
      () =>
        presto(
          X,
          y.map((v) => v + 0.5),
        ),
      /row 0 is 1.5/,
    ],
    [() => presto(X, y.slice(1)), /12 rows, but y 11/],
    [() => presto(Matrix.from([[1], [2], [3]]), [1, 2, 3]), /3 rows are too few for 3 classes/],
    [
      () =>
        presto(
          new Matrix(
            X.data.map((v, i) => (i === 3 ? Number.POSITIVE_INFINITY : v)),
            12,
            2,
          ),
          y,
        ),
      /Row 1 of column "x2" is Infinity/,
    ],
    [() => presto(X, y, { mix: 1.5 }), /mix must be from 0 to 1/],
    [() => presto(X, y, { lambda: -1 }), /lambda must be at least 0/],
    [() => presto(X, y, { folds: 1 }), /folds must be/],
    [() => presto(X, y, { lambdaMinRatio: 1 }), /lambdaMinRatio must be/],
    [() => presto(X, y, { nLambda: 0 }), /nLambda must be/],
    [() => presto(X, y, { criterion: 'auc' as never }), /criterion must be brier or loglik/],
    [() => presto(X, [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 3], { folds: 3 }), /Class 3 has one row only/],
    [
      () => predictProbs(presto(X, y, { lambda: 0.1 }), Matrix.from([[1]])),
      /1 columns; the model was fitted on 2/,
    ],
  ])('is refused (%#)', (work, message) => {
    expect(work).toThrow(message);
  });

  it('stops when it is told', () => {
    const signal = AbortSignal.abort();
    expect(() => presto(X, y, { signal })).toThrow(expect.objectContaining({ code: 'ABORTED' }));
  });
});
