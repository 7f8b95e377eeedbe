/**
 * Sketched regression in the registry.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';
import type { EstimatorEntry } from '../entry.js';
import { numericTarget } from '../frame/target.js';
import type { Chart } from '../summary.js';
import type { HeldOut } from '../validation/cross-validate.js';
import { directRegression, linfCertificate } from './certificate.js';
import { SketchedRegression } from './estimator.js';
import { sketchKinds } from './sketches/types.js';
import { sketchedRegression } from './solve.js';

/** Predictions for all rows that were held out, and what was observed. */
async function pooled(heldOut: readonly HeldOut[]): Promise<{ predicted: number[]; observed: number[] }> {
  const predicted: number[] = [];
  const observed: number[] = [];
  for (const { estimator, X, y } of heldOut) {
    const predictions = await (estimator as SketchedRegression).predict(X);
    for (const value of predictions) predicted.push(value);
    for (const value of numericTarget(y, predictions.length)) observed.push(value);
  }
  return { predicted, observed };
}

async function heldOutScores(heldOut: readonly HeldOut[]): Promise<[string, number][]> {
  const { predicted, observed } = await pooled(heldOut);
  const mean = (of: (error: number) => number) =>
    predicted.reduce((sum, value, i) => sum + of(observed[i]! - value) / predicted.length, 0);
  return [
    ['root mean squared error', Math.sqrt(mean((error) => error ** 2))],
    ['mean absolute error', mean(Math.abs)],
  ];
}

/** Most dots in a chart. */
const DOTS = 1000;

async function residualChart(heldOut: readonly HeldOut[]): Promise<Chart> {
  const { predicted, observed } = await pooled(heldOut);
  const every = Math.ceil(predicted.length / DOTS);
  const points = predicted.flatMap((x, i) => (i % every === 0 ? [{ x, y: observed[i]! }] : []));
  return {
    title: 'Held-out rows: predicted and observed',
    x: { label: 'predicted' },
    y: { label: 'observed' },
    layers: [{ kind: 'diagonal' }, { kind: 'dots', points, observed: true }],
  };
}

/** Seeds of each size of the sketch. */
const SEEDS = [1, 2, 3, 4, 5];
/** Most numbers in the table for which sketches of many sizes are made. */
const AFFORDABLE = 2e7;

/** The error in the worst coordinate and in the norm, for sketches of more and more rows of this table. */
function errorChart(model: SketchedRegression, heldOut: readonly HeldOut[]): Chart[] {
  const parts = heldOut.map(({ X, y }) => {
    const A = model.matrix(X);
    return { A, b: numericTarget(y, A.rows) };
  });
  const d = model.coefficients.length;
  const n = parts.reduce((sum, { A }) => sum + A.rows, 0);
  if (n < 8 * d || n * d > AFFORDABLE) return [];
  const A = new Matrix(new Float64Array(n * d), n, d);
  const b = new Float64Array(n);
  let at = 0;
  for (const part of parts) {
    A.data.set(part.A.data, at * d);
    b.set(part.b, at);
    at += part.A.rows;
  }
  const exact = directRegression(A, b);
  const points: { x: number; y: number; series: string }[] = [];
  for (let rows = 4 * d; rows < n; rows *= 2) {
    const certificates = SEEDS.map((seed) =>
      linfCertificate(A, b, sketchedRegression(A, b, { rows, seed }).x, exact),
    );
    const median = (values: readonly number[]) => values.toSorted((x, y) => x - y)[values.length >> 1]!;
    points.push(
      { x: rows, y: median(certificates.map(({ epsInf }) => epsInf)), series: 'worst coordinate, ε∞' },
      { x: rows, y: median(certificates.map(({ eps2 }) => eps2)), series: 'norm, ε₂' },
      { x: rows, y: Math.sqrt((2 * d * Math.log((2 * d) / 0.01)) / rows), series: 'promised for ε∞' },
    );
  }
  const positive = points.filter(({ y }) => y > 0 && Number.isFinite(y));
  return [
    {
      title: 'The error of a sketch by its rows (srht, median of 5)',
      x: { label: 'rows of the sketch', log: true },
      y: { label: 'error', log: true },
      layers: [
        { kind: 'line', points: positive },
        { kind: 'dots', points: positive },
      ],
    },
  ];
}

export const sketchedRegressionEntry: EstimatorEntry = {
  name: 'regress',
  title: 'numbers by linear least squares, from a sketch where the table is tall',
  target: 'numbers',
  options: [
    {
      name: 'sketch',
      flag: '--sketch <kind>',
      help: 'how rows are combined (srht)',
      type: 'choice',
      choices: sketchKinds,
    },
    { name: 'rows', flag: '--rows <number>', help: 'rows of the sketch', type: 'integer', min: 2 },
    {
      name: 'epsilon',
      flag: '--epsilon <number>',
      help: 'accuracy that decides the rows (0.5)',
      type: 'number',
      min: 0,
    },
    {
      name: 'delta',
      flag: '--delta <number>',
      help: 'probability that it is missed (0.01)',
      type: 'number',
      min: 0,
      max: 1,
    },
    {
      name: 'theory',
      flag: '--theory',
      help: 'the rows of the theorem, not the calibrated ones',
      type: 'switch',
    },
    {
      name: 'refine',
      flag: '--refine <steps>',
      help: 'steps towards the exact solution (0)',
      type: 'integer',
      min: 0,
    },
  ],
  create: (options) => new SketchedRegression(options),
  fromJSON: SketchedRegression.fromJSON,
  scores: heldOutScores,
  charts: async (estimator, heldOut) => [
    await residualChart(heldOut),
    ...errorChart(estimator as SketchedRegression, heldOut),
  ],
};
