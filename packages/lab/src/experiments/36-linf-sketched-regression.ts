/**
 * System 36: dense and sparse sketches at equal rows, their error in the norm and in the worst coordinate.
 *
 * @module
 */
import {
  type DirectSolution,
  directRegression,
  hardInstance,
  linfCertificate,
  type Problem,
  randomInstance,
  type Sketch,
  sketchedRegression,
  sketchRows,
} from '@fletch/estimate';
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile, type Row, type TrialContext } from '../experiment.js';

interface Plan {
  /** Rows of the hard instance. */
  readonly n: number;
  readonly dims: readonly number[];
  /** Seeds of the sketch for each d. */
  readonly sketchSeeds: (d: number) => number;
  /** Rows and columns of the random instances. */
  readonly random: readonly [n: number, d: number];
  /** Seeds of the sketch there. */
  readonly randomSeeds: number;
  /** Seeds of the rule of rows, and of d = 64 elsewhere. */
  readonly ruleSeeds: number;
  readonly speed: readonly [n: number, d: number, rounds: number];
}

const plans: { readonly [P in Profile]: Plan } = {
  smoke: {
    n: 1024,
    dims: [16, 32],
    sketchSeeds: () => 3,
    random: [1024, 8],
    randomSeeds: 2,
    ruleSeeds: 5,
    speed: [4096, 16, 1],
  },
  quick: {
    n: 8192,
    dims: [64, 128, 256],
    sketchSeeds: () => 20,
    random: [16_384, 64],
    randomSeeds: 10,
    ruleSeeds: 100,
    speed: [131_072, 128, 2],
  },
  full: {
    n: 16_384,
    dims: [64, 128, 256, 512, 1024],
    // With three seeds of the experiment: 21, and 6 of the largest.
    sketchSeeds: (d) => (d > 512 ? 2 : 7),
    random: [16_384, 64],
    randomSeeds: 7,
    ruleSeeds: 100,
    speed: [131_072, 128, 3],
  },
};

/** Rows of a sketch for each column. */
const SHARE = 8;
const compared: readonly Sketch[] = ['srht', 'gaussian', 'osnap', 'countsketch'];
const epsilon = 0.5;
const delta = 0.01;

interface Measured {
  readonly epsInf: readonly number[];
  readonly eps2: readonly number[];
  readonly milliseconds: readonly number[];
  /** Seeds whose sketch lost rank. */
  readonly lostRank: number;
}

/** Solves a problem by sketches of several seeds. */
function measure(
  { A, b }: Problem,
  exact: DirectSolution,
  sketch: Sketch,
  rows: number,
  seeds: readonly number[],
  signal: AbortSignal,
): Measured {
  const epsInf: number[] = [];
  const eps2: number[] = [];
  const milliseconds: number[] = [];
  let lostRank = 0;
  for (const seed of seeds) {
    signal.throwIfAborted();
    // Where a sketch loses rank its solution of least norm counts: x* is 0 in the hard instance, so that this is its best.
    const solution = sketchedRegression(A, b, { sketch, rows, seed, rankLoss: 'least-norm' });
    const certificate = linfCertificate(A, b, solution.x, exact);
    epsInf.push(certificate.epsInf);
    eps2.push(certificate.eps2);
    milliseconds.push(solution.sketchMs + solution.solveMs);
    if (solution.rank < A.cols) lostRank++;
  }
  return { epsInf, eps2, milliseconds, lostRank };
}

/** Of [I; 0] and a tail. */
const hardExact = (d: number): DirectSolution => ({
  x: new Float64Array(d),
  residualNorm: 1,
  pseudoinverseNorm: 1,
});

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const rounded = (value: number): number | null =>
  Number.isFinite(value) ? Number(value.toPrecision(4)) : null;

function rowOf(instance: string, d: number, m: number, sketch: Sketch, measured: Measured): Row {
  return {
    instance,
    d,
    m,
    sketch,
    eps_inf: rounded(median(measured.epsInf)),
    eps_inf_worst: rounded(Math.max(...measured.epsInf)),
    eps2: rounded(median(measured.eps2)),
    ms: rounded(median(measured.milliseconds)),
    lost_rank: measured.lostRank,
    sketches: measured.epsInf.length,
  };
}

/** Slope of log y over log x by least squares. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / logs.length;
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / logs.length;
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

/** Seeds of sketches: none is used by two seeds of the experiment. */
const seedsOf = (seed: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => 1000 * seed + i);

async function hard(d: number, { once, profile, seed, signal, report }: TrialContext) {
  const { n, sketchSeeds, dims } = plans[profile];
  const m = SHARE * d;
  const outcomes: { sketch: Sketch; measured: Measured }[] = [];
  for (const sketch of compared) {
    const measured = await once(`hard ${d} ${sketch}`, async () =>
      measure(
        hardInstance(n, d, (2 * m) / d),
        hardExact(d),
        sketch,
        m,
        seedsOf(seed, sketchSeeds(d)),
        signal,
      ),
    );
    report({ done: dims.indexOf(d), total: dims.length, stage: `hard instance, d = ${d}, ${sketch}` });
    outcomes.push({ sketch, measured });
  }
  return { d, m, outcomes };
}

/** The error of SRHT for m and 4 m rows of d = 64 (of the least d in smoke). */
async function growth({ once, profile, seed, signal }: TrialContext) {
  const { n, dims, ruleSeeds } = plans[profile];
  const d = dims[0]!;
  const points: { m: number; measured: Measured }[] = [];
  for (const share of [8, 16, 32, 64]) {
    const m = share * d;
    const measured = await once(`rows ${m}`, async () =>
      measure(
        hardInstance(4 * n, d, 16),
        hardExact(d),
        'srht',
        m,
        seedsOf(seed, Math.min(40, ruleSeeds)),
        signal,
      ),
    );
    points.push({ m, measured });
  }
  return { d, points };
}

/** All sketches where nobody is an adversary. */
async function random(tails: 'normal' | 'heavy', { once, profile, seed, signal }: TrialContext) {
  const [n, d] = plans[profile].random;
  const m = SHARE * d;
  return once(`random ${tails}`, async () => {
    const problem = randomInstance(n, d, 17 + seed, tails);
    const exact = directRegression(problem.A, problem.b);
    const all: readonly Sketch[] = [...compared, 'uniform', 'leverage'];
    return all.map((sketch) =>
      rowOf(
        tails === 'normal' ? 'Gaussian A' : 'heavy-tailed A',
        d,
        m,
        sketch,
        measure(problem, exact, sketch, m, seedsOf(seed, plans[profile].randomSeeds), signal),
      ),
    );
  });
}

/** How often the rule of rows keeps its promise. */
async function rule({ once, profile, seed, signal }: TrialContext) {
  const { random: size, ruleSeeds } = plans[profile];
  const [n, d] = size;
  const m = sketchRows(n, d, { epsilon, delta });
  const measured = await once('rule', async () => {
    const problem = randomInstance(n, d, 91 + seed);
    const exact = directRegression(problem.A, problem.b);
    return measure(problem, exact, 'srht', Math.min(m, n - 1), seedsOf(seed, ruleSeeds), signal);
  });
  return { d, m, measured };
}

/** One QR code on all rows and on the sketch, in turns; the least of each counts. */
async function speed({ once, profile, seed }: TrialContext) {
  const [n, d, rounds] = plans[profile].speed;
  return once('speed', async () => {
    const { A, b } = randomInstance(n, d, 5 + seed);
    const least = { direct: Number.POSITIVE_INFINITY, sketched: Number.POSITIVE_INFINITY };
    for (let round = 0; round < rounds; round++)
      for (const [name, rows] of [
        ['direct', n],
        ['sketched', SHARE * d],
      ] as const) {
        const { sketchMs, solveMs } = sketchedRegression(A, b, { rows, seed });
        least[name] = Math.min(least[name], sketchMs + solveMs);
      }
    return { n, d, ...least };
  });
}

export default defineExperiment({
  id: 'linf-sketched-regression',
  exports: [
    'fwht',
    'makeSketch',
    'sketchedRegression',
    'sketchedKroneckerRegression',
    'linfCertificate',
    'directRegression',
    'sketchRows',
    'hardInstance',
    'randomInstance',
    'SketchedRegression',
  ],
  data: 'A = [I; 0] with a tail that sparse sketches stumble over; Gaussian and heavy-tailed A',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: 'a',
      text: 'Hard instance, d = 256, 8 d rows: ε∞ of Count-Sketch over ε∞ of SRHT, medians',
      metric: 'gap_inf',
      relation: '>=',
      threshold: 2.5,
      profiles: ['quick', 'full'],
    },
    {
      id: 'a2',
      text: '… while their errors in the norm differ by less than',
      metric: 'gap_2',
      relation: '<',
      threshold: 0.25,
      profiles: ['quick', 'full'],
    },
    {
      id: 'b',
      text: 'ε∞ of Count-Sketch grows with d: slope of the logarithms (theory 0.5)',
      metric: 'slope_countsketch',
      relation: '>=',
      threshold: 0.4,
      profiles: ['quick', 'full'],
    },
    {
      id: 'b2',
      text: '… and that of SRHT hardly: slope',
      metric: 'slope_srht',
      relation: '<=',
      threshold: 0.2,
      profiles: ['quick', 'full'],
    },
    {
      id: 'c',
      text: 'Four times the rows divide ε∞ of SRHT by two: ratio, at least',
      metric: 'rows_ratio',
      relation: '>=',
      threshold: 1.6,
      profiles: ['quick', 'full'],
    },
    {
      id: 'c2',
      text: '… and at most',
      metric: 'rows_ratio',
      relation: '<=',
      threshold: 2.5,
      profiles: ['quick', 'full'],
    },
    {
      id: 'd',
      text: 'With 2 d ln(2d/δ)/ε² rows ε∞ ≤ ε: share of 100 sketches of a Gaussian A (ε = 0.5, δ = 0.01)',
      metric: 'rule_share',
      relation: '>=',
      threshold: 1 - delta,
      over: 'worst',
      profiles: ['quick', 'full'],
    },
    {
      id: 'speed',
      text: 'Against the same QR of all rows, 131072 × 128, 8 d rows: times as fast',
      metric: 'speedup',
      relation: '>=',
      threshold: 3,
      profiles: ['quick', 'full'],
    },
  ],
  paper: [
    { statement: 'rows for the ℓ∞ guarantee, SRHT', result: 'ε⁻² d log³(n/δ)' },
    {
      statement: 'rows before (Price, Song and Woodruff, 2017)',
      result: 'ε⁻² d^(1+γ), γ = Θ(√(log log n / log d))',
    },
    { statement: 'sparse sketches', result: 'impossible: a dense one is necessary' },
  ],
  async run(context) {
    const { profile } = context;
    const levels: Awaited<ReturnType<typeof hard>>[] = [];
    for (const d of plans[profile].dims) levels.push(await hard(d, context));
    const { d: growthD, points } = await growth(context);
    const randomRows = [...(await random('normal', context)), ...(await random('heavy', context))];
    const ruled = await rule(context);
    const timed = await speed(context);

    const of = (level: (typeof levels)[number], sketch: Sketch): Measured =>
      level.outcomes.find((outcome) => outcome.sketch === sketch)!.measured;
    const at = levels.find(({ d }) => d === 256) ?? levels.at(-1)!;
    const medians = (sketch: Sketch) =>
      levels.map((level) => [level.d, median(of(level, sketch).epsInf)] as const);
    const [sparse2, dense2] = [median(of(at, 'countsketch').eps2), median(of(at, 'srht').eps2)];
    const halvings = [0, 1].map(
      (i) => median(points[i]!.measured.epsInf) / median(points[i + 2]!.measured.epsInf),
    );
    const kept = ruled.measured.epsInf.filter((value) => value <= epsilon).length;
    return {
      metrics: {
        gap_inf: median(of(at, 'countsketch').epsInf) / median(of(at, 'srht').epsInf),
        gap_2: Math.abs(sparse2 / dense2 - 1),
        slope_countsketch: slope(medians('countsketch')),
        slope_srht: slope(medians('srht')),
        rows_ratio: Math.sqrt(halvings[0]! * halvings[1]!),
        rule_share: kept / ruled.measured.epsInf.length,
        speedup: timed.direct / timed.sketched,
      },
      rows: [
        ...levels.flatMap(({ d, m, outcomes }) =>
          outcomes.map(({ sketch, measured }) => rowOf(`hard, d = ${d}`, d, m, sketch, measured)),
        ),
        ...points.map(({ m, measured }) =>
          rowOf(`hard, d = ${growthD}, m = ${m}`, growthD, m, 'srht', measured),
        ),
        ...randomRows,
        rowOf('Gaussian A, rule', ruled.d, ruled.m, 'srht', ruled.measured),
        { instance: `speed, ${timed.n} rows: QR of all`, d: timed.d, m: timed.n, ms: rounded(timed.direct) },
        {
          instance: `speed, ${timed.n} rows: sketch and QR`,
          d: timed.d,
          m: SHARE * timed.d,
          sketch: 'srht',
          ms: rounded(timed.sketched),
        },
      ],
      series: {
        seeds: levels.flatMap(({ d, outcomes }) =>
          outcomes.flatMap(({ sketch, measured }) =>
            measured.epsInf.map((value, i) => ({
              d,
              sketch,
              eps_inf: rounded(value),
              eps2: rounded(measured.eps2[i]!),
            })),
          ),
        ),
        growth: points.flatMap(({ m, measured }) =>
          measured.epsInf.map((value) => ({ m, eps_inf: rounded(value) })),
        ),
        rule: ruled.measured.epsInf.map((value) => ({ eps_inf: rounded(value) })),
      },
    };
  },
  plot: ({ rows, series }) => {
    const hardRows = rows.filter(({ instance }) => /^hard, d = \d+$/.test(String(instance)));
    const panel = (title: string, y: string, label: string) => ({
      title,
      options: {
        x: { type: 'log' as const, base: 2, label: 'd' },
        y: { type: 'log' as const, label },
        color: { legend: true },
        marks: [
          Plot.dot(series.seeds ?? [], { x: 'd', y, stroke: 'sketch', r: 1.5, strokeOpacity: 0.5 }),
          Plot.lineY(hardRows, { x: 'd', y, stroke: 'sketch', z: 'sketch' }),
        ],
      },
    });
    return [
      panel('Hard instance: the error in the worst coordinate, ε∞', 'eps_inf', 'ε∞'),
      panel('… and in the norm, ε₂', 'eps2', 'ε₂'),
      {
        title: 'More rows: ε∞ of SRHT; line: m^(−1/2)',
        options: {
          x: { type: 'log', base: 2, label: 'rows of the sketch' },
          y: { type: 'log', label: 'ε∞' },
          marks: [
            Plot.dot(series.growth ?? [], { x: 'm', y: 'eps_inf', r: 2, strokeOpacity: 0.5 }),
            Plot.lineY(halfPower(rows), { x: 'm', y: 'eps_inf', strokeDasharray: '4,3' }),
          ],
        },
      },
      {
        title: 'The rule of rows: ε∞ of 100 sketches, promised: 0.5',
        options: {
          x: { label: 'ε∞' },
          y: { label: 'sketches' },
          marks: [
            Plot.rectY(series.rule ?? [], Plot.binX({ y: 'count' }, { x: 'eps_inf', thresholds: 20 })),
            Plot.ruleX([epsilon], { strokeDasharray: '4,3' }),
          ],
        },
      },
    ];
  },
});

/** The line through the first point that falls as m^(−1/2). */
function halfPower(rows: readonly Row[]): Row[] {
  const points = rows.filter(({ instance }) => /, m = /.test(String(instance)));
  const first = points[0];
  if (!first) return [];
  return points.map(({ m }) => ({
    m: m!,
    eps_inf: Number(first.eps_inf) * Math.sqrt(Number(first.m) / Number(m)),
  }));
}
