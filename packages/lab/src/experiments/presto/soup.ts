/**
 * Tasters of soup: P(sure that it is the reference), the rarest answer, from few training rows.
 *
 * @module
 */
import { FletchError, type Progress, throwIfAborted } from '@fletch/base';
import { loadTable } from '@fletch/data';
import {
  breathe,
  brierScore,
  Design,
  eventLogLoss,
  frameFromTable,
  logit,
  logitProb,
  osce,
  presto,
  proportionalOdds,
  rareProb,
  reliability,
} from '@fletch/estimate';
import { Matrix, rng } from '@fletch/linalg';
import type { Row } from '../../experiment.js';

/** Scores of the rare class's probability on the test rows. */
export interface SoupScores {
  readonly binned: number;
  readonly logLoss: number;
  readonly brier: number;
}

/** What all splits gave. */
export interface SoupOutcome {
  readonly title: string;
  readonly splits: readonly {
    readonly presto: SoupScores;
    readonly logit: SoupScores;
    readonly po: SoupScores;
  }[];
  readonly reliability: readonly Row[];
}

interface SoupOptions {
  readonly title: string;
  /** Training rows. */
  readonly train: number;
  readonly splits: number;
  readonly path: { readonly nLambda: number; readonly lambdaMinRatio: number };
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly report: (progress: Progress) => void;
}

/** Tries to find a split with every class on both sides. */
const TRIES = 100;

/** Columns that are not the taster, the product's number, or the answer. */
const DROPPED = ['RESP', 'PRODID', 'SURENESS'];

async function soup(): Promise<{ X: Matrix<Float64Array>; y: Int32Array }> {
  const frame = frameFromTable(await loadTable('soup'));
  const answers: ArrayLike<string | number | null> = frame.column('SURENESS').values;
  const table = frame.drop(DROPPED);
  // The order is turned, so that the rare answer, 1, is the last class.
  return { X: Design.fit(table).matrix(table), y: Int32Array.from(answers, (answer) => 7 - Number(answer)) };
}

function split(
  y: Int32Array,
  train: number,
  seed: number,
  index: number,
): { train: Uint32Array; test: Uint32Array } {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const order = rng(seed, 1 + index * TRIES + attempt).permutation(y.length);
    const parts = { train: order.subarray(0, train), test: order.subarray(train) };
    const classes = (rows: Uint32Array) => new Set(Array.from(rows, (row) => y[row]!)).size;
    if (classes(parts.train) === 6 && classes(parts.test) === 6) return parts;
  }
  throw new FletchError('INVALID_ARGUMENT', `In ${TRIES} splits some class was missing on one side.`);
}

const rowsOf = (X: Matrix<Float64Array>, rows: Uint32Array) =>
  Matrix.from(Array.from(rows, (row) => X.row(row)));

/** Fits all methods on each split and scores them on the rest. */
export async function tasteSoup(options: SoupOptions): Promise<SoupOutcome> {
  const { title, train, splits, path, seed, signal, report } = options;
  const { X, y } = await soup();
  const scored: SoupOutcome['splits'][number][] = [];
  const pooled = { presto: [] as number[], logit: [] as number[], po: [] as number[] };
  const happened: number[] = [];
  for (let s = 0; s < splits; s++) {
    const parts = split(y, train, seed, s);
    const [trainX, testX] = [rowsOf(X, parts.train), rowsOf(X, parts.test)];
    const trainY = Int32Array.from(parts.train, (row) => y[row]!);
    const event = Int32Array.from(parts.test, (row) => (y[row] === 6 ? 1 : 0));
    const predicted = {
      presto: rareProb(presto(trainX, trainY, { ...path, seed, signal }), testX),
      logit: logitProb(
        logit(
          trainX,
          trainY.map((value) => (value === 6 ? 1 : 0)),
        ),
        testX,
      ),
      po: rareProb(proportionalOdds(trainX, trainY), testX),
    };
    const scoresOf = (p: Float64Array): SoupScores => ({
      binned: osce(event, p),
      logLoss: eventLogLoss(p, event),
      // Of the event alone: half of that over both classes.
      brier: brierScore(Matrix.from(Array.from(p, (value) => [1 - value, value])), event) / 2,
    });
    scored.push({
      presto: scoresOf(predicted.presto),
      logit: scoresOf(predicted.logit),
      po: scoresOf(predicted.po),
    });
    for (const method of ['presto', 'logit', 'po'] as const) pooled[method].push(...predicted[method]);
    happened.push(...event);
    report({ done: s + 1, total: splits, stage: title });
    await breathe();
    throwIfAborted(signal);
  }
  const names = { presto: 'PRESTO', logit: 'logistic regression', po: 'proportional odds' };
  return {
    title,
    splits: scored,
    reliability: (['presto', 'logit', 'po'] as const).flatMap((method) =>
      reliability(pooled[method], happened, 14).map(({ predicted, observed }) => ({
        method: names[method],
        predicted,
        observed,
      })),
    ),
  };
}
