/**
 * System 30: how the rank of initial connectivity decides how lazily a network learns.
 *
 * @module
 */
import { imageBatches, loadMnist, takeImages } from '@fletch/data';
import {
  type CognitiveTask,
  CTRNN,
  cognitiveTask,
  compareStarts,
  imageRows,
  lowRankInit,
  type StartOutcome,
  spectrumMatched,
  type Trials,
} from '@fletch/insight';
import { Matrix, rng } from '@fletch/linalg';
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile, type Row, type TrialContext } from '../experiment.js';
import { type LinearPlan, measureLinear } from './30-linear.js';

/** One task of the recurrent network, and the starts that are compared on it. */
interface RnnPlan {
  readonly task: CognitiveTask | 'sMNIST';
  readonly hidden: number;
  readonly steps: number;
  readonly batch?: number;
  readonly ranks: readonly number[];
  /** Also other scales and fresh singular vectors. */
  readonly controls?: boolean;
  readonly kernelTrials?: number;
}

const LINEAR: LinearPlan = { tasks: 30, sigmas: [1, 2], ranks: [1, 2, 5, 10, 20], kappas: [1, 3, 10] };
const FORCED: RnnPlan = { task: '2AF', hidden: 300, steps: 4000, ranks: [1, 300] };
const RANKS = [1, 30, 100, 300];

function plansOf(profile: Profile, seed: number): { linear: LinearPlan; rnn: readonly RnnPlan[] } {
  if (profile === 'smoke')
    return {
      linear: { ...LINEAR, tasks: 2, sigmas: [2], ranks: [1, 20] },
      rnn: [{ ...FORCED, hidden: 30, steps: 40, ranks: [1, 30] }],
    };
  if (profile === 'quick') return { linear: LINEAR, rnn: [FORCED] };
  const image: RnnPlan = {
    task: 'sMNIST',
    hidden: 300,
    steps: 1200,
    batch: 200,
    ranks: [5, 300],
    kernelTrials: 32,
  };
  return {
    linear: { ...LINEAR, sigmas: [1, 2, 3] },
    rnn: [
      { ...FORCED, ranks: RANKS, controls: true },
      { ...FORCED, task: 'DMS', ranks: RANKS },
      { ...FORCED, task: 'CXT' },
      ...(seed === 0 ? [image] : []),
    ],
  };
}

/** Fresh trials of a task, of a size, from a seed. */
async function drawerOf(task: RnnPlan['task'], context: TrialContext) {
  if (task !== 'sMNIST') return (batch: number, seed: number) => cognitiveTask(task, { batch, seed });
  const { train } = await loadMnist({ signal: context.signal, onProgress: context.report });
  return (batch: number, seed: number): Trials => {
    const some = takeImages(train, rng(seed).sample(train.count, batch));
    const { images, labels } = [...imageBatches(some, { size: batch })][0]!;
    return imageRows(images, labels, { rows: 28, columns: 28, classes: 10 });
  };
}

function startsOf({ hidden, ranks, controls }: RnnPlan, seed: number): { [start: string]: Matrix } {
  // One Gaussian matrix for every rank.
  const base = new CTRNN({ nIn: 1, nOut: 1, hidden, seed: 40_000 + seed }).recurrent;
  const starts: { [start: string]: Matrix } = {};
  for (const rank of ranks)
    starts[rank === hidden ? 'full rank' : `rank ${rank}`] = rank === hidden ? base : lowRankInit(base, rank);
  if (!controls) return starts;
  const times = (W: Matrix, factor: number) =>
    new Matrix(
      Float64Array.from(W.data, (value) => value * factor),
      hidden,
      hidden,
    );
  return {
    ...starts,
    'full rank, half the scale': times(base, 0.5),
    'full rank, twice the scale': times(base, 2),
    'rank 1, half the scale': times(lowRankInit(base, 1), 0.5),
    'rank 30, other singular vectors': spectrumMatched(lowRankInit(base, 30), 50_000 + seed),
  };
}

interface RnnOutcome {
  readonly plan: RnnPlan;
  readonly outcomes: readonly StartOutcome[];
  readonly diverged: readonly string[];
}

async function measureRnn(plan: RnnPlan, context: TrialContext): Promise<RnnOutcome> {
  const { seed, signal, report, profile } = context;
  const { outcomes, diverged } = await compareStarts({
    starts: startsOf(plan, seed),
    draw: await drawerOf(plan.task, context),
    seed,
    steps: plan.steps,
    ...(plan.batch && { batch: plan.batch }),
    ...(profile === 'smoke' && { probe: 40 }),
    kernelTrials: profile === 'smoke' ? 8 : (plan.kernelTrials ?? 40),
    signal,
    onProgress: (progress) => report({ ...progress, stage: `${plan.task}: ${progress.stage}` }),
  });
  return { plan, diverged, outcomes: outcomes.map((o) => ({ ...o, curve: thin(o.curve) })) };
}

/** Means of 40 consecutive losses, at most 100 of them. */
function thin(curve: readonly number[]): number[] {
  const width = Math.ceil(curve.length / 100);
  return Array.from({ length: Math.floor(curve.length / width) }, (_, i) => {
    const part = curve.slice(i * width, (i + 1) * width);
    return part.reduce((a, b) => a + b, 0) / part.length;
  });
}

/** What the claims are about: rank 1 against full rank. */
function metricsOf({ outcomes, plan }: RnnOutcome): { [metric: string]: number } {
  const [low, full] = [`rank ${plan.ranks[0]}`, 'full rank'].map((name) =>
    outcomes.find(({ start }) => start === name),
  );
  if (!low || !full)
    return { ra_gap: Number.NaN, ka_gap: Number.NaN, dw_ratio: Number.NaN, loss_ratio: Number.NaN };
  return {
    ra_gap: full.ra - low.ra,
    ka_gap: full.ka - low.ka,
    dw_ratio: low.dW / full.dW,
    loss_ratio: Math.max(low.loss, full.loss) / Math.min(low.loss, full.loss),
  };
}

const rowsOf = ({ plan, outcomes, diverged }: RnnOutcome): Row[] => [
  ...outcomes.map(({ start, effective, dW, ra, ka, signSim, loss, accuracy }) => ({
    model: `${plan.task}, ${plan.hidden} units`,
    start,
    ra,
    ka,
    dw: dW,
    sign_similarity: signSim,
    effective_rank: effective.rank,
    smooth_rank: effective.smooth,
    loss,
    accuracy,
  })),
  ...diverged.map((start) => ({ model: `${plan.task}, ${plan.hidden} units, diverged`, start })),
];

/** Bars of a measure for each start of each task. */
const bars = (rows: readonly Row[], measure: string, label: string) => ({
  height: 300,
  marginLeft: 190,
  x: { label },
  y: { label: null, domain: [...new Set(rows.map(({ start }) => start))] },
  fx: { label: null },
  marks: [Plot.barX(rows, { fx: 'model', y: 'start', x: measure, fill: 'model' }), Plot.ruleX([0])],
});

export default defineExperiment({
  id: 'rich-lazy',
  exports: [
    'lowRankInit',
    'effectiveRank',
    'spectrumMatched',
    'representationAlignment',
    'kernelAlignment',
    'measureLaziness',
    'CTRNN',
    'cognitiveTask',
    'compareStarts',
    'linearRichLazy',
    'alignedKA',
    'isotropicKA',
    'readConnectivity',
  ],
  data: 'random linear tasks; two-alternative choice, delayed match, context choice, fresh trials every step; MNIST by rows',
  seeds: { smoke: [0], quick: [0, 1], full: [0, 1, 2] },
  claims: [
    {
      id: 'a',
      text: 'Linear network: kernel alignment rises with the rank of the start, smallest rise',
      metric: 'linear_rise',
      relation: '>',
      threshold: 0,
      over: 'worst',
    },
    {
      id: 'b',
      text: '… from rank 1 to full rank by',
      metric: 'linear_gap',
      relation: '>=',
      threshold: 0.6,
      over: 'worst',
    },
    {
      id: 'c',
      text: 'A rank-1 start along the task keeps more of the kernel than a random one, by',
      metric: 'aligned_gain',
      relation: '>=',
      threshold: 0.35,
      over: 'worst',
    },
    {
      id: 'd',
      text: '… and at σ ≥ 2 as much as full rank (ratio)',
      metric: 'aligned_share',
      relation: '>=',
      threshold: 0.95,
      over: 'worst',
    },
    {
      id: 'e',
      text: 'Along half of the data’s directions: alignment rises with the data’s anisotropy κ, smallest rise',
      metric: 'partial_rise',
      relation: '>',
      threshold: 0,
      over: 'worst',
    },
    {
      id: 'f',
      text: 'Recurrent network, two-alternative choice: representations stay more alike from full rank than from rank 1, by',
      metric: 'ra_gap',
      relation: '>=',
      threshold: 0.15,
      profiles: ['quick', 'full'],
    },
    {
      id: 'g',
      text: '… tangent kernels too, by',
      metric: 'ka_gap',
      relation: '>=',
      threshold: 0.1,
      profiles: ['quick', 'full'],
    },
    {
      id: 'h',
      text: '… and the weights move more from rank 1 (ratio)',
      metric: 'dw_ratio',
      relation: '>=',
      threshold: 1.05,
      profiles: ['quick', 'full'],
    },
    {
      id: 'i',
      text: '… at final losses within 10 % of each other (ratio)',
      metric: 'loss_ratio',
      relation: '<=',
      threshold: 1.1,
      profiles: ['quick', 'full'],
    },
  ],
  paper: [
    { task: '2AF, DMS, CXT, sMNIST', finding: 'with rank, ΔW falls and RA and KA rise (figures 2 and 3)' },
    { task: 'linear theory', finding: 'for random tasks KA is largest for an isotropic start of full rank' },
    { task: 'aligned low rank', finding: 'as lazy as full rank (proposition 1)' },
    {
      task: 'biological connectivity',
      finding: 'low effective rank, learns more richly than a matched Gaussian',
    },
  ],
  async run(context) {
    const { linear, rnn } = plansOf(context.profile, context.seed);
    const theory = await context.once('linear', async () => measureLinear(linear, context.seed));
    const trained: RnnOutcome[] = [];
    for (const plan of rnn) trained.push(await context.once(plan.task, () => measureRnn(plan, context)));
    return {
      metrics: { ...theory.metrics, ...metricsOf(trained[0]!) },
      rows: [...theory.rows, ...trained.flatMap(rowsOf)],
      series: {
        curves: trained.flatMap(({ plan, outcomes }) =>
          outcomes.flatMap(({ start, curve }) =>
            curve.map((loss, i) => ({
              task: plan.task,
              start,
              step: Math.round(((i + 0.5) * plan.steps) / curve.length),
              loss: Number(loss.toPrecision(4)),
            })),
          ),
        ),
      },
    };
  },
  plot: ({ rows, series }) => {
    const theory = rows.filter(({ model }) => String(model).startsWith('linear, σ'));
    const anisotropic = rows.filter(({ model }) => String(model).startsWith('linear, aniso'));
    const trained = rows.filter(({ accuracy }) => typeof accuracy === 'number');
    const rankOf = ({ start }: Row) => (start === 'isotropic' ? 20 : Number(String(start).slice(5)));
    return [
      {
        title: 'Linear network: kernel alignment by rank (stars: aligned rank 1; rings: closed forms)',
        options: {
          x: { type: 'log', label: 'rank of the start', ticks: [1, 2, 5, 10, 20], tickFormat: 'd' },
          y: { label: 'kernel alignment', domain: [0, 1] },
          marks: [
            Plot.lineY(
              theory.filter(({ start }) => start !== 'aligned rank 1'),
              { x: rankOf, y: 'ka', stroke: 'model', marker: 'circle' },
            ),
            Plot.dot(
              theory.filter(({ start }) => start === 'aligned rank 1'),
              { x: 1, y: 'ka', fill: 'model', symbol: 'star' },
            ),
            Plot.dot(
              theory.filter((row) => typeof row.closed_form === 'number'),
              {
                x: (row: Row) => (row.start === 'isotropic' ? 20 : 1),
                y: 'closed_form',
                stroke: 'model',
                r: 7,
              },
            ),
          ],
        },
      },
      {
        title: 'Linear network, anisotropic data: what a start along the task, or along a half of it, keeps',
        options: {
          x: { type: 'log', label: 'anisotropy κ', ticks: [1, 3, 10], tickFormat: 'd' },
          y: { label: 'kernel alignment', domain: [0, 1] },
          marks: [
            Plot.lineY(anisotropic, {
              x: ({ model }: Row) => Number(String(model).split('κ = ')[1]),
              y: 'ka',
              stroke: 'start',
              marker: 'circle' as const,
            }),
          ],
        },
      },
      {
        title: 'Recurrent network: change of the weights ‖ΔW‖',
        options: bars(
          // Images move the weights several times as far as the short tasks.
          trained.filter(({ model }) => !String(model).startsWith('sMNIST')),
          'dw',
          '‖ΔW‖',
        ),
      },
      { title: 'Recurrent network: representation alignment', options: bars(trained, 'ra', 'RA') },
      { title: 'Recurrent network: kernel alignment', options: bars(trained, 'ka', 'KA') },
      {
        title: 'Smooth effective rank of the start, against kernel alignment',
        options: {
          x: { type: 'log', label: '(Σs)² / Σs²' },
          y: { label: 'kernel alignment' },
          marks: [Plot.dot(trained, { x: 'smooth_rank', y: 'ka', stroke: 'model', r: 4 })],
        },
      },
      {
        title: 'Training, first seed',
        options: {
          fx: { label: null },
          x: { label: 'step' },
          y: { type: 'log', label: 'loss' },
          marks: [
            Plot.lineY(
              (series.curves ?? []).filter(({ start }) => /^(full rank|rank \d+)$/.test(String(start))),
              { fx: 'task', x: 'step', y: 'loss', stroke: 'start' },
            ),
          ],
        },
      },
    ];
  },
});
