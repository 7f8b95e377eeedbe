/**
 * What system 22 measures: aggregators on tables and on libraries of models whose errors are known.
 *
 * @module
 */
import {
  QuantileAggregator as Aggregator,
  type AggregatorOptions,
  type AutoChoice,
  averageQuantiles,
  type BaseName,
  baseKinds,
  baseLosses,
  calibration,
  chooseAggregator,
  conformalShifts,
  defaultBases,
  evenLevels,
  fitQra,
  fitQuantileAggregator,
  meanPinball,
  medianQuantiles,
  monotoneRows,
  outOfFold,
  pinball,
  predictionsOf,
  predictQra,
  type QuantileAggregator,
  type QuantileTensor,
  shifted,
  simulateLibrary,
  stackPredictions,
  wis,
} from '@fletch/estimate';
import { Matrix, rng } from '@fletch/linalg';
import type { Profile, Row, TrialContext } from '../experiment.js';
import { quantileTables, type TableName } from './22-tables.js';

interface Plan {
  readonly tables: readonly TableName[];
  readonly bases: readonly BaseName[];
  readonly levels: number;
  /** Rows of the controlled libraries: training, validation, test. */
  readonly library: readonly [number, number, number];
  readonly steps?: number;
  /** Splits of a table within a seed, where it is not one: few test rows and few seeds say little. */
  readonly splits?: { readonly [table in TableName]?: number };
}

/** How much a profile does. */
export const plans: { readonly [P in Profile]: Plan } = {
  smoke: {
    tables: ['S1, 300 rows'],
    bases: ['linear', 'knn'],
    levels: 5,
    library: [200, 100, 100],
    steps: 50,
  },
  quick: {
    tables: ['S1', 'boston'],
    bases: defaultBases,
    levels: 19,
    library: [3000, 800, 3000],
    splits: { boston: 3 },
  },
  full: {
    tables: ['S1', 'boston', 'diabetes', 'engel', 'cars', 'movies', 'debian'],
    bases: defaultBases,
    levels: 19,
    library: [3000, 800, 3000],
  },
};

export const rounded = (value: number): number => Number(value.toPrecision(5));

/** Aggregators beside those of `auto`. */
const others = {
  'local-coarse': { resolution: 'coarse', local: true },
  // Ordering as a strong penalty on levels that cross.
  fqra: { resolution: 'medium', local: false, margin: 'single', marginScale: 0, marginWeight: 10 },
} as const satisfies Readonly<Record<string, AggregatorOptions>>;

interface Part {
  readonly X: Matrix<Float64Array>;
  readonly y: Float64Array;
}

/** A tenth for the test; of the rest a fifth for validation. */
function splitRows({ X, y }: Part, seed: number): { train: Part; valid: Part; test: Part } {
  const order = rng(seed, 1).permutation(X.rows);
  const tests = Math.round(X.rows / 10);
  const valids = Math.round((X.rows - tests) / 5);
  const take = (from: number, to: number): Part => {
    const rows = order.subarray(from, to);
    const part = new Matrix(new Float64Array(rows.length * X.cols), rows.length, X.cols);
    rows.forEach((row, i) => {
      part.data.set(X.row(row), i * X.cols);
    });
    return { X: part, y: Float64Array.from(rows, (row) => y[row]!) };
  };
  return {
    test: take(0, tests),
    valid: take(tests, tests + valids),
    train: take(tests + valids, X.rows),
  };
}

/** By how much sorting or isotonic regression raises the pinball loss of any row: never, says the theorem. */
function largestRaise(y: Float64Array, q: Matrix<Float64Array>, tau: readonly number[]): number {
  const lossOf = (m: Matrix<Float64Array>, i: number) =>
    tau.reduce((sum, level, k) => sum + pinball(y[i]!, m.at(i, k), level) / tau.length, 0);
  let worst = Number.NEGATIVE_INFINITY;
  for (const kind of ['sort', 'pava'] as const) {
    const ordered = monotoneRows(q, kind);
    for (let i = 0; i < q.rows; i++) worst = Math.max(worst, lossOf(ordered, i) - lossOf(q, i));
  }
  return worst;
}

/** What came of one table. */
export interface Outcome {
  readonly rows: readonly Row[];
  /** Pinball relative to the average: of `auto` and of the base model that was best on validation rows. */
  readonly auto: number;
  readonly bestBase: number;
  readonly raise: number;
  /** Calibration error after calibration less what is allowed. */
  readonly excess: number;
  readonly fan: readonly Row[];
  readonly coverage: readonly Row[];
  readonly shares: readonly Row[];
}

/** Base models out of their folds, every aggregator on them, and all of them on a test. */
export async function measureTable(name: TableName, context: TrialContext): Promise<Outcome> {
  const { profile, seed, signal, report } = context;
  const { bases, levels, steps } = plans[profile];
  const tau = evenLevels(levels);
  const { train, valid, test } = splitRows(await quantileTables[name](seed, signal), seed);
  const models = bases.map((base) => baseKinds[base].create({ seed }));
  const onProgress = (progress: {
    readonly done: number;
    readonly total?: number;
    readonly stage?: string;
  }) => report({ ...progress, stage: `${name}: ${progress.stage}` });
  const work = { signal, onProgress };
  const { zTrain, fitFull } = await outOfFold(models, train.X, train.y, tau, work);
  const fitted = await fitFull({ signal });
  for (const model of models) await model.close?.();
  const [zValid, zTest] = [valid, test].map(({ X }) =>
    stackPredictions(fitted.map((model) => model.predict(X))),
  ) as [QuantileTensor, QuantileTensor];
  const input = { z: zTrain, y: train.y, x: train.X, tau };
  const held = { z: zValid, y: valid.y, x: valid.X };
  const options = { valid: held, seed, ...work, ...(steps !== undefined && { steps }) };
  const choice = await chooseAggregator(input, options);
  const more: Record<string, QuantileAggregator> = {};
  for (const [other, kind] of Object.entries(others))
    more[other] = await fitQuantileAggregator(input, { ...options, ...kind });

  const validLosses = baseLosses(held, tau);
  const best = validLosses.indexOf(Math.min(...validLosses));
  const predicted: Record<string, Matrix<Float64Array>> = {
    average: averageQuantiles(zTest),
    median: medianQuantiles(zTest),
    ...Object.fromEntries(
      bases.map((base, l) => [`base ${base}`, monotoneRows(predictionsOf(zTest, l), 'sort')]),
    ),
    'best base': monotoneRows(predictionsOf(zTest, best), 'sort'),
    qra: predictQra(fitQra(input), zTest),
    ...Object.fromEntries(
      Object.entries({ ...choice.aggregators, ...more }).map(([method, aggregator]) => [
        method,
        aggregator.predict(zTest, test.X),
      ]),
    ),
  };
  const auto = (z: QuantileTensor, X: Matrix<Float64Array>) =>
    choice.aggregator?.predict(z, X) ?? averageQuantiles(z);
  predicted.auto = auto(zTest, test.X);
  const onValid = auto(zValid, valid.X);
  for (const kind of ['one-sided', 'cqr'] as const)
    predicted[`auto, ${kind}`] =
      valid.y.length < 20
        ? predicted.auto
        : shifted(predicted.auto, conformalShifts(onValid, valid.y, tau, kind));

  const average = meanPinball(test.y, predicted.average!, tau);
  const relative = (method: string) => meanPinball(test.y, predicted[method]!, tau) / average;
  const calibrated = calibration(test.y, predicted['auto, one-sided']!, tau);
  return {
    rows: Object.entries(predicted).map(([method, q]) => {
      const { error, intervalError } = calibration(test.y, q, tau);
      return {
        table: name,
        method,
        relative: rounded(relative(method)),
        wis: rounded(wis(test.y, q, tau)),
        calibration_error: rounded(error),
        interval_error: rounded(intervalError),
      };
    }),
    auto: relative('auto'),
    bestBase: relative('best base'),
    raise: Math.max(
      ...bases.map((_, l) => largestRaise(test.y, predictionsOf(zTest, l), tau)),
      ...Object.values(choice.aggregators).map((aggregator) =>
        largestRaise(
          test.y,
          new Aggregator({ ...aggregator.toJSON(), monotone: null }).predict(zTest, test.X),
          tau,
        ),
      ),
    ),
    excess: calibrated.error - (0.02 + 1 / Math.sqrt(valid.y.length)),
    fan: fanRows(name, test.y, predicted, tau),
    coverage: ['average', 'auto', 'auto, one-sided'].flatMap((method) =>
      Array.from(calibration(test.y, predicted[method]!, tau).coverage, (share, k) => ({
        table: name,
        method,
        level: rounded(tau[k]!),
        share: rounded(share),
      })),
    ),
    shares: shareRows(name, choice, bases, test.X),
  };
}

/** Most rows in a fan. */
const FAN = 150;

/** Rows in order of their median, bands of three levels, before and after calibration. */
function fanRows(
  table: string,
  y: Float64Array,
  predicted: Readonly<Record<string, Matrix<Float64Array>>>,
  tau: readonly number[],
): Row[] {
  const middle = (tau.length - 1) >> 1;
  return ['auto', 'auto, one-sided'].flatMap((method) => {
    const q = predicted[method]!;
    const order = Array.from(y, (_, i) => i)
      .sort((a, b) => q.at(a, middle) - q.at(b, middle))
      .filter((_, i, all) => i % Math.ceil(all.length / FAN) === 0);
    return order.flatMap((row, place) =>
      [0, Math.floor(tau.length / 4)].map((low) => ({
        table,
        method: method === 'auto' ? 'before calibration' : 'after calibration',
        place,
        observed: rounded(y[row]!),
        median: rounded(q.at(row, middle)),
        low: rounded(q.at(row, low)),
        high: rounded(q.at(row, tau.length - 1 - low)),
        band: `${Math.round(100 * (tau[tau.length - 1 - low]! - tau[low]!))} %`,
      })),
    );
  });
}

function shareRows(
  table: string,
  { aggregators }: AutoChoice,
  bases: readonly BaseName[],
  X: Matrix<Float64Array>,
): Row[] {
  return Object.entries(aggregators).flatMap(([method, aggregator]) =>
    Array.from(aggregator.modelShares(X), (share, l) => ({
      table,
      method,
      model: bases[l]!,
      share: rounded(share),
    })),
  );
}

/** A library of models whose errors are known. */
export async function measureLibrary(kind: 'region' | 'level', context: TrialContext) {
  const { profile, seed, signal, report } = context;
  const { levels, library, steps } = plans[profile];
  const tau = evenLevels(levels);
  const [train, valid, test] = library.map((rows, i) =>
    simulateLibrary(kind, rows, tau, 1000 * seed + i),
  ) as [
    ReturnType<typeof simulateLibrary>,
    ReturnType<typeof simulateLibrary>,
    ReturnType<typeof simulateLibrary>,
  ];
  const input = { z: train.z, y: train.y, x: train.X, tau };
  const options = {
    valid: { z: valid.z, y: valid.y, x: valid.X },
    seed,
    signal,
    onProgress: (progress: { readonly done: number; readonly total?: number }) =>
      report({ ...progress, stage: `${kind} experts` }),
    ...(steps !== undefined && { steps }),
  };
  const { aggregators } = await chooseAggregator(input, options);
  const all: Record<string, QuantileAggregator> = {
    ...aggregators,
    'local-coarse': await fitQuantileAggregator(input, { ...options, ...others['local-coarse'] }),
  };
  const average = meanPinball(test.y, averageQuantiles(test.z), tau);
  const relative: Record<string, number> = {
    oracle: meanPinball(test.y, test.oracle, tau) / average,
    ...Object.fromEntries(
      Object.entries(all).map(([method, aggregator]) => [
        method,
        meanPinball(test.y, aggregator.predict(test.z, test.X), tau) / average,
      ]),
    ),
  };
  const weights =
    kind === 'level' ? levelWeights(all['global-medium']!, tau) : regionWeights(all['local-coarse']!);
  return { relative, weights };
}

/** Global medium weights: models × levels. */
function levelWeights(aggregator: QuantileAggregator, tau: readonly number[]): Row[] {
  const L = 4;
  return Array.from(aggregator.weights().data, (weight, at) => ({
    model: `expert ${(at % L) + 1}`,
    level: rounded(tau[Math.floor(at / L)]!),
    weight: rounded(weight),
  }));
}

/** Local coarse weights on a grid of (x₁, x₂), x₃ = 0. */
function regionWeights(aggregator: QuantileAggregator): Row[] {
  const steps = 15;
  const grid = Matrix.from(
    Array.from({ length: steps * steps }, (_, at) => [
      -1 + (2 * ((at % steps) + 0.5)) / steps,
      -1 + (2 * (Math.floor(at / steps) + 0.5)) / steps,
      0,
    ]),
  );
  const weights = aggregator.weights(grid);
  return Array.from(weights.data, (weight, at) => {
    const row = Math.floor(at / weights.cols);
    return {
      model: `expert ${(at % weights.cols) + 1}`,
      x1: rounded(grid.at(row, 0)),
      x2: rounded(grid.at(row, 1)),
      weight: rounded(weight),
    };
  });
}
