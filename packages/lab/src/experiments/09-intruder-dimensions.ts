/**
 * System 9: full fine-tuning and low-rank adapters of equal accuracy, told apart by their singular vectors.
 *
 * @module
 */
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile, type Row, type TrialContext } from '../experiment.js';
import {
  type GlossBase,
  type GlossTask,
  glossTask,
  loadGlossBase,
  type PretrainingLoss,
  packed,
  pretrainingLoss,
  type TaskJudge,
  taskJudge,
  tune,
  unpacked,
  untrainedBase,
} from './gloss-gpt/index.js';
import { continualCurve } from './intruders/continual.js';
import {
  countCurve,
  heatMap,
  randomlyMoved,
  rankCurve,
  round,
  type ScaledPoint,
  scalingCurve,
  spectralFigures,
  spectraOf,
} from './intruders/measures.js';
import { FULL, type Method, methodsOf, parametrizationOf, R1, R8, R64 } from './intruders/methods.js';

interface Plan {
  readonly steps: number;
  readonly train: number;
  readonly test: number;
  /** Windows of held-out definitions for the pretraining loss. */
  readonly windows: number;
  readonly lambdas: (seed: number) => readonly number[];
  /** Steps of each task that is learned one after the other; 0: none. */
  readonly continual: (seed: number) => number;
}

const plans: { readonly [P in Profile]: Plan } = {
  smoke: {
    steps: 3,
    train: 200,
    test: 60,
    windows: 2,
    lambdas: () => [0.25, 1],
    continual: () => 2,
  },
  quick: {
    steps: 150,
    train: 24_600,
    test: 1500,
    windows: 150,
    lambdas: () => [0.25, 0.75],
    continual: () => 0,
  },
  full: {
    steps: 150,
    train: 24_600,
    test: 1500,
    windows: 300,
    lambdas: (seed) => (seed === 0 ? [0, 0.25, 0.5, 0.75, 0.9, 1, 1.1] : [0.25, 0.5, 0.75]),
    continual: (seed) => (seed === 0 ? 60 : 0),
  },
};

interface Setup {
  readonly base: GlossBase;
  readonly task: GlossTask;
  readonly judges: { readonly task: TaskJudge; readonly pretraining: PretrainingLoss };
  readonly plan: Plan;
}

/** A tuned body that survives JSON, with what was measured of it. */
interface Outcome {
  readonly method: string;
  readonly accuracy: number;
  readonly loss: number;
  readonly body: ReturnType<typeof packed>;
}

const THREADS = 1;

async function tuned(
  method: Method,
  { base, task, judges, plan }: Setup,
  context: TrialContext,
): Promise<Outcome> {
  const { seed, signal, report } = context;
  const stage = `tuning: ${method.name}`;
  const { params, head } = await tune(base, task, parametrizationOf(method, base.params, seed), {
    learningRate: method.learningRate,
    steps: plan.steps,
    seed,
    signal,
    threads: THREADS,
    onStep: (done) => report({ done, total: plan.steps, stage }),
  });
  const changed = Object.entries(params).filter(([name, value]) => value !== base.params[name]);
  return {
    method: method.name,
    accuracy: await judges.task.accuracy(task, params, head),
    loss: await judges.pretraining.of(params),
    body: packed({ ...Object.fromEntries(changed), head }),
  };
}

/** The tuned body and its head again. */
function bodyOf({ base }: Setup, { body }: Outcome) {
  const { head, ...changed } = unpacked(body);
  return { params: { ...base.params, ...changed }, head: head! };
}

function metricsOf(rows: readonly Row[], curve: readonly ScaledPoint[]): { [metric: string]: number } {
  const value = (method: Method, column: string) =>
    rows.find((row) => row.method === method.name)?.[column] as number;
  const compared = rows.filter(({ method }) => [FULL, R1, R8, R64].some(({ name }) => name === method));
  const accuracies = compared.map(({ accuracy }) => accuracy as number);
  const at = (scaled: ScaledPoint['scaled']) =>
    curve.find((point) => point.scaled === scaled && point.lambda === 0.25)!;
  const before = value(R1, 'pretraining_loss');
  const drop = (scaled: ScaledPoint['scaled']) => before - at(scaled).loss;
  const r64 = rows.some(({ method }) => method === R64.name);
  return {
    accuracy_gap: Math.max(...accuracies) - Math.min(...accuracies),
    r1_over_full: value(R1, 'intruders_06') - (3 * value(FULL, 'intruders_06') + 3),
    r1_minus_r8: value(R1, 'intruders_05') - value(R8, 'intruders_05'),
    ...(r64 && { r1_minus_r64: value(R1, 'intruders_05') - value(R64, 'intruders_05') }),
    rank_ratio: value(FULL, 'effective_rank') / value(R8, 'effective_rank'),
    drop_excess: drop('intruders') - 2 * drop('control'),
    accuracy_excess: at('intruders').accuracy - at('control').accuracy,
  };
}

/** Tunes for three tasks one after the other, by the methods that the claims lean on. */
async function chained({ base, judges, plan }: Setup, context: TrialContext): Promise<Row[]> {
  const { seed, profile, once, report, signal } = context;
  const steps = plan.continual(seed);
  if (steps === 0) return [];
  const sizes = { train: plan.train, test: Math.min(600, plan.test) };
  const tasks = (['noun file', 'verb file', 'part of speech'] as const).map((name) =>
    glossTask(base, name, sizes),
  );
  const rows: Row[] = [];
  for (const method of methodsOf(profile, seed).filter((one) => [FULL, R1, R8, R64].includes(one)))
    rows.push(
      ...(await once(`one after the other: ${method.name}`, () => {
        report({ done: 0, stage: `one task after the other: ${method.name}` });
        return continualCurve(base, tasks, method, judges.task, { seed, steps, signal, threads: THREADS });
      })),
    );
  return rows;
}

async function measure(setup: Setup, context: TrialContext) {
  const { base, task, judges, plan } = setup;
  const { seed, profile, once, report } = context;
  const continual = await chained(setup, context);
  const outcomes: Outcome[] = [];
  for (const method of methodsOf(profile, seed))
    outcomes.push(await once(method.name, () => tuned(method, setup, context)));
  const baseLoss = await judges.pretraining.of(base.params);
  const reports = new Map(
    outcomes.map((one) => [one.method, spectraOf(base.params, bodyOf(setup, one).params)]),
  );
  const rows: Row[] = outcomes.map(({ method, accuracy, loss }) => ({
    method,
    accuracy: round(accuracy),
    pretraining_loss: round(loss),
    forgotten: round(loss - baseLoss),
    ...spectralFigures(reports.get(method)!),
  }));
  const byName = (method: Method) => outcomes.find((one) => one.method === method.name)!;
  const [full, low] = [bodyOf(setup, byName(FULL)), bodyOf(setup, byName(R1))];
  const moved = randomlyMoved(base.params, full.params, reports.get(FULL.name)!, seed);
  const random = spectraOf(base.params, moved);
  rows.push({
    method: 'random rank 1 of the norm of full',
    accuracy: null,
    pretraining_loss: round(await judges.pretraining.of(moved)),
    forgotten: round((await judges.pretraining.of(moved)) - baseLoss),
    ...spectralFigures(random),
  });
  const spectra = reports.get(R1.name)!;
  const curve = await once('scaling', () => {
    report({ done: 0, stage: 'scaling intruders' });
    return scalingCurve(task, low, spectra, plan.lambdas(seed), judges);
  });
  const shown = [...spectra.layers].sort((a, b) => b.indices.length - a.indices.length)[0]!.name;
  const named = [...reports, ['random rank 1', random] as const];
  return {
    metrics: metricsOf(
      rows.map((row) => ({ ...row })),
      curve,
    ),
    rows: [...rows, ...scaledRows(curve, baseLoss), ...continualRows(continual)],
    series: {
      heat: [
        ...heatMap(FULL.name, base.params, full.params, shown, spectra),
        ...heatMap(R1.name, base.params, low.params, shown, spectra),
      ],
      shown: [{ matrix: shown }],
      counts: named.flatMap(([name, one]) => countCurve(name, one)),
      ranks: named.flatMap(([name, one]) => rankCurve(name, one)),
      scaling: curve.map((point) => ({ ...point, accuracy: round(point.accuracy), loss: round(point.loss) })),
      base: [{ loss: round(baseLoss) }],
      continual,
    },
  };
}

const scaledRows = (curve: readonly ScaledPoint[], baseLoss: number): Row[] =>
  curve.map(({ scaled, lambda, accuracy, loss, vectors }) => ({
    method: `LoRA r 1, ${scaled} x ${lambda}`,
    accuracy: round(accuracy),
    pretraining_loss: round(loss),
    forgotten: round(loss - baseLoss),
    vectors,
  }));

const continualRows = (continual: readonly Row[]): Row[] =>
  continual.map(({ method, after, task, accuracy }) => ({
    method: `${method}: ${task} after ${after} of 3 tasks`,
    accuracy: accuracy!,
  }));

export default defineExperiment({
  id: 'intruder-dimensions',
  exports: [
    'findIntruderDimensions',
    'compareMatrices',
    'similarityMatrix',
    'effectiveRank',
    'scaleIntruders',
    'pretrainedLikeVectors',
    'randomMaxCosine',
    'loraAdapter',
  ],
  data: 'a GPT of letters (0.34 M weights) pretrained on 55,000 WordNet definitions; tuned to tell 12 lexicographer files apart on definitions it never saw',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: 'a',
      text: 'At matched accuracy LoRA r 1 has three times the intruders of full fine-tuning, and three more (epsilon 0.6): what is beyond that',
      metric: 'r1_over_full',
      relation: '>=',
      threshold: 0,
    },
    {
      id: 'b1',
      text: 'LoRA r 8 has fewer intruders than r 1 (epsilon 0.5): difference',
      metric: 'r1_minus_r8',
      relation: '>',
      threshold: 0,
    },
    {
      id: 'b2',
      text: '… and so has r 64 with alpha 128',
      metric: 'r1_minus_r64',
      relation: '>',
      threshold: 0,
      profiles: ['full'],
    },
    {
      id: 'c',
      text: 'The update of full fine-tuning has a higher effective rank than that of LoRA r 8, by a factor',
      metric: 'rank_ratio',
      relation: '>=',
      threshold: 3,
    },
    {
      id: 'd1',
      text: 'Scaling the intruders to a quarter lowers the pretraining loss twice as much as scaling a control: what is beyond that, nats',
      metric: 'drop_excess',
      relation: '>=',
      threshold: 0,
    },
    {
      id: 'd2',
      text: '… at no lower accuracy than the control: difference in points',
      metric: 'accuracy_excess',
      relation: '>=',
      threshold: 0,
    },
    {
      id: 'e',
      text: 'The methods compared are matched: range of their accuracies in points',
      metric: 'accuracy_gap',
      relation: '<=',
      threshold: 3,
    },
  ],
  paper: [
    {
      setting: 'RoBERTa-base, 6 tasks, k = 10',
      finding: 'LoRA r <= 16 always has intruders, full fine-tuning almost none; their number falls with r',
    },
    { setting: 'LLaMA-7B, LLaMA2-7B', finding: 'intruders even at r = 256' },
    {
      setting: 'forgetting by r',
      finding: 'r = 1 and very high r forget more than full fine-tuning, 8 … 64 less or as much',
    },
    { setting: 'scaling intruders down', finding: 'much better pretraining loss, minimal drop of the task' },
  ],
  async run(context) {
    const { profile, signal, report, seed } = context;
    const plan = plans[profile];
    const work = { signal, onProgress: report };
    const base = profile === 'smoke' ? await untrainedBase(work) : await loadGlossBase(work);
    const judges = {
      task: taskJudge(base, THREADS),
      pretraining: pretrainingLoss(base, { windows: plan.windows, threads: THREADS }),
    };
    try {
      const task = glossTask(base, 'file', plan);
      return await measure({ base, task, judges, plan }, { ...context, seed });
    } finally {
      await judges.task.close();
      await judges.pretraining.close();
    }
  },
  plot: ({ series }) => {
    const {
      heat = [],
      counts = [],
      ranks = [],
      scaling = [],
      base = [],
      continual = [],
      shown = [],
    } = series;
    const falling = { domain: [0, 1], scheme: 'Greys' as const, reverse: true };
    return [
      {
        title: `Cosines of singular vectors, ${shown[0]?.matrix ?? ''}: a column without a bright cell is an intruder`,
        options: {
          height: 380,
          color: falling,
          padding: 0,
          grid: false,
          x: { label: 'tuned', ticks: [1, 10, 20, 30, 40] },
          y: { label: 'base', ticks: [1, 10, 20, 30, 40] },
          fx: { label: null },
          marks: [Plot.cell(heat, { fx: 'method', x: 'tuned', y: 'base', fill: 'cosine' })],
        },
      },
      {
        title: 'Intruders among the ten largest vectors of each of 18 matrices, by epsilon',
        options: {
          x: { label: 'epsilon' },
          y: { label: 'intruders of 180' },
          marks: [Plot.lineY(counts, { x: 'epsilon', y: 'intruders', stroke: 'method', marker: 'circle' })],
        },
      },
      {
        title: 'Largest cosine with a vector of the base, by rank (dashed: chance)',
        options: {
          x: { label: 'rank of the singular value' },
          y: { label: 'mean over matrices', domain: [0, 1] },
          marks: [
            Plot.ruleY(ranks.slice(0, 1), { y: 'chance', strokeDasharray: '4,3', stroke: '#999' }),
            Plot.lineY(ranks, { x: 'rank', y: 'cosine', stroke: 'method' }),
          ],
        },
      },
      {
        title: 'LoRA r 1, its intruders and a control scaled by lambda: pretraining loss (dashed: the base)',
        options: {
          x: { label: 'lambda' },
          y: { label: 'nats a letter' },
          marks: [
            Plot.ruleY(base, { y: 'loss', strokeDasharray: '4,3', stroke: '#999' }),
            Plot.lineY(scaling, { x: 'lambda', y: 'loss', stroke: 'scaled', marker: 'circle' }),
          ],
        },
      },
      {
        title: '… and accuracy of the task',
        options: {
          x: { label: 'lambda' },
          y: { label: 'per cent' },
          marks: [Plot.lineY(scaling, { x: 'lambda', y: 'accuracy', stroke: 'scaled', marker: 'circle' })],
        },
      },
      ...(continual.length > 0
        ? [
            {
              title: 'One task after the other: accuracy of each task after 1, 2 and 3',
              options: {
                x: { label: 'tasks learned', ticks: [1, 2, 3] },
                y: { label: 'per cent' },
                fx: { label: null },
                marks: [
                  Plot.lineY(continual, {
                    fx: 'task',
                    x: 'after',
                    y: 'accuracy',
                    stroke: 'method',
                    z: 'method',
                    marker: 'circle' as const,
                  }),
                ],
              },
            },
          ]
        : []),
    ];
  },
});
