/**
 * Quantile regression in the registry.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';
import type { EstimatorEntry } from '../entry.js';
import { numericTarget } from '../frame/target.js';
import type { Chart } from '../summary.js';
import type { HeldOut } from '../validation/cross-validate.js';
import { baseNames } from './base/kinds.js';
import { conformalKinds } from './conformal.js';
import { QuantileRegression } from './estimator.js';
import { aggregatorNames } from './estimator-options.js';
import { calibration, meanPinball } from './scores.js';

/** Predictions for all rows that were held out. */
interface Pooled {
  readonly y: Float64Array;
  readonly q: Matrix<Float64Array>;
  readonly uncalibrated: Matrix<Float64Array>;
  readonly levels: readonly number[];
}

async function pooled(heldOut: readonly HeldOut[]): Promise<Pooled> {
  const parts = await Promise.all(
    heldOut.map(async ({ estimator, X, y }) => {
      const model = estimator as QuantileRegression;
      const q = await model.predict(X);
      return {
        q,
        uncalibrated: await model.predictUncalibrated(X),
        y: numericTarget(y, q.rows),
        levels: model.levels,
      };
    }),
  );
  const { levels } = parts[0]!;
  const rows = parts.reduce((sum, { y }) => sum + y.length, 0);
  const joined = (of: (part: (typeof parts)[number]) => Matrix<Float64Array>) => {
    const matrix = new Matrix(new Float64Array(rows * levels.length), rows, levels.length);
    let at = 0;
    for (const part of parts) {
      matrix.data.set(of(part).data, at);
      at += of(part).data.length;
    }
    return matrix;
  };
  return {
    levels,
    q: joined(({ q }) => q),
    uncalibrated: joined(({ uncalibrated }) => uncalibrated),
    y: Float64Array.from(parts.flatMap(({ y }) => Array.from(y))),
  };
}

async function heldOutScores(heldOut: readonly HeldOut[]): Promise<[string, number][]> {
  const { y, q, levels } = await pooled(heldOut);
  const { error, intervals } = calibration(y, q, levels);
  const widest = intervals[0];
  return [
    ['pinball loss', meanPinball(y, q, levels)],
    ['calibration error: mean of |share below − level|', error],
    ...(widest
      ? ([
          [`coverage of the ${Number((100 * widest.nominal).toPrecision(3))} % interval`, widest.coverage],
          ['its mean width', widest.width],
        ] as [string, number][])
      : []),
  ];
}

/** Most rows of a fan. */
const FAN = 300;

/** Held-out rows in order of their median, with bands of central intervals, and what was observed. */
function fanChart({ y, q, levels }: Pooled): Chart {
  const middle = (levels.length - 1) >> 1;
  const every = Math.ceil(y.length / FAN);
  const rows = Array.from(y, (_, i) => i)
    .sort((a, b) => q.at(a, middle) - q.at(b, middle))
    .filter((_, i) => i % every === 0);
  // The widest interval and one half way to the median.
  const lows = [...new Set([0, Math.floor(levels.length / 4)])].filter(
    (low) => low < levels.length - 1 - low,
  );
  const bands = lows.map((low) => `${levels[low]} to ${levels[levels.length - 1 - low]}`);
  return {
    title: `Held-out rows in order of their median: quantiles ${bands.join(', ')}; dots: observed`,
    x: { label: 'row' },
    y: { label: 'target' },
    layers: [
      ...lows.map((low) => {
        const high = levels.length - 1 - low;
        return {
          kind: 'band' as const,
          points: rows.map((row, x) => ({ x, low: q.at(row, low), high: q.at(row, high) })),
        };
      }),
      { kind: 'line', points: rows.map((row, x) => ({ x, y: q.at(row, middle) })) },
      { kind: 'dots', points: rows.map((row, x) => ({ x, y: y[row]! })), observed: true },
    ],
  };
}

/** The share of held-out rows below each level, before and after calibration. */
function coverageChart({ y, q, uncalibrated, levels }: Pooled): Chart {
  const points = (
    [
      ['calibrated', q],
      ['before calibration', uncalibrated],
    ] as const
  ).flatMap(([series, predicted]) =>
    Array.from(calibration(y, predicted, levels).coverage, (share, k) => ({
      x: levels[k]!,
      y: share,
      series,
    })),
  );
  return {
    title: 'Coverage by level: the share of held-out rows below each quantile',
    x: { label: 'level' },
    y: { label: 'share below' },
    layers: [{ kind: 'diagonal' }, { kind: 'line', points }, { kind: 'dots', points }],
  };
}

export const quantileRegressionEntry: EstimatorEntry = {
  name: 'quantiles',
  title: 'quantiles of a number by several models, aggregated, ordered and calibrated',
  target: 'numbers',
  options: [
    {
      name: 'quantiles',
      flag: '--quantiles <levels>',
      help: 'levels, ascending, separated by commas (0.05,0.1,…,0.95)',
      type: 'numbers',
    },
    {
      name: 'models',
      flag: '--models <names>',
      help: `base models, of ${baseNames.join(', ')} (linear,forest,knn,gaussian-net,mlp)`,
      type: 'names',
    },
    {
      name: 'aggregator',
      flag: '--aggregator <name>',
      help: 'what is made of them (auto: the best on validation rows)',
      type: 'choice',
      choices: aggregatorNames,
    },
    {
      name: 'conformal',
      flag: '--conformal <kind>',
      help: 'calibration on validation rows (one-sided)',
      type: 'choice',
      choices: [...conformalKinds, 'none'],
    },
    {
      name: 'validation',
      flag: '--validation <share>',
      help: 'of the rows, to choose and calibrate (0.2)',
      type: 'number',
      min: 0,
      max: 1,
    },
  ],
  create: (options) => new QuantileRegression(options),
  fromJSON: QuantileRegression.fromJSON,
  scores: heldOutScores,
  charts: async (_, heldOut) => {
    const all = await pooled(heldOut);
    return [fanChart(all), coverageChart(all)];
  },
};
