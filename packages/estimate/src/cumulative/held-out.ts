/**
 * Scores and charts of classifiers, from rows that were held out.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';
import { areaUnderCurve, brierScore, eventLogLoss, logLoss, osce, reliability } from '../scores.js';
import type { Chart } from '../summary.js';
import type { HeldOut } from '../validation/cross-validate.js';
import type { Boundaries, ClassifierOptions, CumulativeClassifier } from './classifier.js';

/** Predictions of all folds together. */
interface Pooled {
  readonly probs: Matrix<Float64Array>;
  readonly codes: Int32Array;
  /** Probability of the last class, and where it is the row's. */
  readonly rare: Float64Array;
  readonly event: Int32Array;
  readonly name: string;
}

async function pooled(heldOut: readonly HeldOut[]): Promise<Pooled> {
  const parts = await Promise.all(
    heldOut.map(async ({ estimator, X, y }) => {
      const classifier = estimator as CumulativeClassifier<ClassifierOptions, Boundaries>;
      return { classifier, probs: await classifier.predictProba(X), codes: classifier.codes(y) };
    }),
  );
  const { classes } = parts[0]!.classifier;
  const rows = parts.reduce((sum, { probs }) => sum + probs.rows, 0);
  const probs = new Matrix(new Float64Array(rows * classes.length), rows, classes.length);
  const codes = new Int32Array(rows);
  let at = 0;
  for (const part of parts) {
    probs.data.set(part.probs.data, at * classes.length);
    codes.set(part.codes, at);
    at += part.codes.length;
  }
  const last = classes.length - 1;
  return {
    probs,
    codes,
    rare: Float64Array.from(probs.column(last)),
    event: codes.map((code) => (code === last ? 1 : 0)),
    name: String(classes[last]),
  };
}

/** Scores of all held-out predictions together. */
export async function heldOutScores(heldOut: readonly HeldOut[]): Promise<[string, number][]> {
  const { probs, codes, rare, event, name } = await pooled(heldOut);
  return [
    ['Brier score', brierScore(probs, codes)],
    ['log-loss', logLoss(probs, codes)],
    [`log-loss of ${name}`, eventLogLoss(rare, event)],
    [`area under the ROC curve of ${name}`, areaUnderCurve(rare, event)],
    [`estimated squared error of P(${name})`, osce(event, rare)],
  ];
}

/** The reliability curve of the last class. */
export async function reliabilityChart(heldOut: readonly HeldOut[]): Promise<Chart> {
  const { rare, event, name } = await pooled(heldOut);
  const points = reliability(rare, event).map(({ predicted, observed }) => ({ x: predicted, y: observed }));
  return {
    title: `Held-out rows in bins of equal size: is P(${name}) what happens?`,
    x: { label: `predicted probability of ${name}` },
    y: { label: 'observed share' },
    layers: [{ kind: 'diagonal' }, { kind: 'line', points }, { kind: 'dots', points }],
  };
}
