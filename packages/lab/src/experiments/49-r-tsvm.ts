/**
 * System 49: R-TSVM against twelve other ways to merge specialists without training.
 *
 * @module
 */
import { array } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { type MergeMethod, type MergeOptions, mergeModels, type StateDict } from '@fletch/weights';
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile, type Row, type TrialContext } from '../experiment.js';
import {
  type Base,
  fiveTasks,
  imagesOf,
  type Judge,
  openJudge,
  type TaskImages,
  trainBase,
  trainMixed,
  trainSpecialist,
} from './specialists/index.js';

interface Plan {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly steps: number;
  readonly lambdas: readonly number[];
  /** Densities that methods which drop something choose from. */
  readonly densities: readonly number[];
  /** Seeds that random methods are averaged over. */
  readonly draws: number;
  readonly mix: boolean;
}

const LAMBDAS = [0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.2, 1.5, 2];

const plans: { readonly [P in Profile]: Plan } = {
  smoke: {
    train: 500,
    validation: 50,
    test: 50,
    steps: 5,
    lambdas: [0.2, 1],
    densities: [0.2],
    draws: 1,
    mix: false,
  },
  quick: {
    train: 20_000,
    validation: 500,
    test: 4000,
    steps: 500,
    lambdas: LAMBDAS,
    densities: [0.2],
    draws: 3,
    mix: false,
  },
  full: {
    train: 20_000,
    validation: 2000,
    test: 8000,
    steps: 500,
    lambdas: LAMBDAS,
    densities: [0.2, 0.5],
    draws: 3,
    mix: true,
  },
};

/** The tasks whose specialists learn from noisy labels in the second scene, and how many of their labels are random. */
const NOISY = [1, 2];
const NOISE = 0.6;

interface Candidate {
  readonly name: string;
  readonly method: MergeMethod;
  readonly options?: MergeOptions;
  /** Whether it has a density to choose. */
  readonly dense?: boolean;
  /** Whether it draws at random. */
  readonly random?: boolean;
}

const probability = { rescale: 'probability' } as const;

const candidates: readonly Candidate[] = [
  { name: 'average', method: 'average' },
  { name: 'rewarded soup', method: 'rewarded_soup' },
  { name: 'Model Stock', method: 'model_stock' },
  { name: 'task arithmetic', method: 'task_arithmetic' },
  { name: 'TIES', method: 'ties', dense: true },
  { name: 'DARE', method: 'dare_linear', dense: true, random: true, options: probability },
  { name: 'DARE-TIES', method: 'dare_ties', dense: true, random: true, options: probability },
  { name: 'DELLA', method: 'della_linear', dense: true, random: true, options: probability },
  { name: 'DELLA-TIES', method: 'della', dense: true, random: true, options: probability },
  { name: 'Breadcrumbs', method: 'breadcrumbs', dense: true },
  { name: 'Breadcrumbs-TIES', method: 'breadcrumbs_ties', dense: true },
  { name: 'TSV-M', method: 'tsvm' },
  { name: 'R-TSVM', method: 'r_tsvm' },
];

/** What the noisy scene compares. */
const underNoise = [
  ...candidates.filter(({ method }) =>
    ['average', 'task_arithmetic', 'ties', 'tsvm', 'r_tsvm'].includes(method),
  ),
  { name: 'R-TSVM, absolute mass', method: 'r_tsvm', options: { outlierMass: 'absolute' } },
  { name: 'R-TSVM, uniform ranks', method: 'r_tsvm', options: { rankMode: 'uniform' } },
] as const satisfies readonly Candidate[];

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const round = (value: number) => Number(value.toFixed(2));

/** Options to choose from besides λ; the points of a simplex for the soup. */
function variantsOf(
  { method, dense, options }: Candidate,
  plan: Plan,
  models: number,
  seed: number,
): MergeOptions[] {
  if (method === 'rewarded_soup') {
    const random = rng(seed, 4949);
    const even = new Array<number>(models).fill(1);
    const leaning = even.map((_, i) => even.map((weight, j) => (i === j ? 2 * weight : weight)));
    const drawn = Array.from({ length: plan.lambdas.length - models - 1 }, () =>
      even.map(() => -Math.log(1 - random.uniform())),
    );
    return [even, ...leaning, ...drawn].map((weights) => ({ weights }));
  }
  if (!dense) return [{ ...options }];
  return plan.densities.map((density) => ({
    ...options,
    density,
    ...(method.startsWith('della') && { epsilon: 0.15 }),
  }));
}

/** `base + lambda · (merged − base)`. */
function scaled(base: StateDict, merged: StateDict, lambda: number): StateDict {
  return Object.fromEntries(
    Object.entries(base).map(([name, { data, shape }]) => {
      const other = merged[name]!.data as Float32Array;
      const values = (data as Float32Array).map((value, i) => value + lambda * (other[i]! - value));
      return [name, array(values, 'float32', shape)];
    }),
  );
}

interface Scene {
  readonly plan: Plan;
  readonly tasks: readonly TaskImages[];
  readonly base: Base;
  readonly specialists: readonly StateDict[];
  readonly judge: Judge;
  /** What specialists reach on their tasks, which merged models are measured by. */
  readonly upper: { readonly validation: readonly number[]; readonly test: readonly number[] };
}

async function accuracies(
  { tasks, base, judge }: Omit<Scene, 'upper'>,
  model: StateDict,
  part: 'validation' | 'test',
) {
  const found: number[] = [];
  for (const [i, images] of tasks.entries())
    found.push(await judge.accuracy(model, base.heads, i, images[part]));
  return found;
}

/** Accuracies as shares of the specialists', in per cent. */
async function normalized(scene: Scene, model: StateDict, part: 'validation' | 'test'): Promise<number[]> {
  const found = await accuracies(scene, model, part);
  return found.map((value, i) => (100 * value) / scene.upper[part][i]!);
}

interface Judged {
  readonly method: string;
  readonly score: number;
  readonly tasks: readonly number[];
  readonly lambda: number;
  readonly density?: number;
  readonly curve: readonly { readonly lambda: number; readonly score: number }[];
}

/** Chooses λ and density on validation images, and looks at the test images once. */
async function judged(candidate: Candidate, scene: Scene, { seed, signal }: TrialContext): Promise<Judged> {
  const { plan, specialists } = scene;
  const { backbone } = scene.base;
  const soup = candidate.method === 'rewarded_soup';
  let best = { score: Number.NEGATIVE_INFINITY, lambda: 1, options: {} as MergeOptions };
  const curve = new Map<number, number>();
  for (const options of variantsOf(candidate, plan, specialists.length, seed)) {
    const merged = mergeModels(backbone, specialists, candidate.method, { ...options, seed });
    for (const lambda of soup ? [1] : plan.lambdas) {
      signal.throwIfAborted();
      const score = mean(await normalized(scene, scaled(backbone, merged, lambda), 'validation'));
      curve.set(lambda, Math.max(score, curve.get(lambda) ?? 0));
      if (score > best.score) best = { score, lambda, options };
    }
  }
  const found: number[][] = [];
  for (let draw = 0; draw < (candidate.random ? plan.draws : 1); draw++) {
    const options = { ...best.options, seed: seed + 1000 * draw };
    const merged = mergeModels(backbone, specialists, candidate.method, options);
    found.push(await normalized(scene, scaled(backbone, merged, best.lambda), 'test'));
  }
  const tasks = found[0]!.map((_, i) => mean(found.map((values) => values[i]!)));
  return {
    method: candidate.name,
    score: mean(tasks),
    tasks,
    lambda: best.lambda,
    ...(best.options.density !== undefined && { density: best.options.density }),
    curve: Array.from(curve, ([lambda, score]) => ({ lambda, score: round(score) })),
  };
}

async function measure(context: TrialContext) {
  const { profile, seed, signal, report } = context;
  const plan = plans[profile];
  const tasks = await imagesOf(fiveTasks, plan, context);
  report({ done: 0, total: 1, stage: 'base' });
  const base = await trainBase(tasks, { seed, signal, ...(profile === 'smoke' && { steps: 5 }) });
  const options = { seed, signal, steps: plan.steps };
  const specialists: StateDict[] = [];
  for (const i of tasks.keys()) {
    report({ done: i, total: tasks.length, stage: 'specialists' });
    specialists.push(await trainSpecialist(base, tasks, i, options));
  }
  const noisy: StateDict[] = [...specialists];
  for (const i of NOISY) noisy[i] = await trainSpecialist(base, tasks, i, { ...options, noise: NOISE });
  const judge = openJudge();
  try {
    const bare = { plan, tasks, base, judge };
    const own = (part: 'validation' | 'test') =>
      Promise.all(specialists.map((model, i) => judge.accuracy(model, base.heads, i, tasks[i]![part])));
    const upper = { validation: await own('validation'), test: await own('test') };
    const clean: Scene = { ...bare, specialists, upper };
    const all = [...candidates, ...underNoise];
    const found: Judged[] = [];
    for (const [i, candidate] of all.entries()) {
      report({ done: i, total: all.length, stage: `merging: ${candidate.name}` });
      const scene = i < candidates.length ? clean : { ...clean, specialists: noisy };
      found.push(await judged(candidate, scene, context));
    }
    const mixed = plan.mix
      ? await normalized(clean, await trainMixed(base, tasks, options), 'test')
      : undefined;
    return {
      base: await normalized(clean, base.backbone, 'test'),
      upper: upper.test,
      clean: found.slice(0, candidates.length),
      noisy: found.slice(candidates.length),
      ...(mixed && { mixed }),
    };
  } finally {
    await judge.close();
  }
}

type Outcome = Awaited<ReturnType<typeof measure>>;

function rowsOf({ base, clean, noisy, mixed, upper }: Outcome): Row[] {
  const named = (tasks: readonly number[]) =>
    Object.fromEntries(tasks.map((value, i) => [fiveTasks[i]!.name, round(value)]));
  const row = (scene: string, { method, score, tasks, lambda, density }: Judged): Row => ({
    scene,
    method,
    normalized: score,
    ...named(tasks),
    lambda,
    ...(density !== undefined && { density }),
  });
  const plain = (method: string, tasks: readonly number[]): Row => ({
    scene: 'clean',
    method,
    normalized: mean(tasks),
    ...named(tasks),
  });
  return [
    plain('base, not merged', base),
    ...clean.map((one) => row('clean', one)),
    ...(mixed ? [plain('data mix: one model, all tasks’ data', mixed)] : []),
    ...noisy.map((one) => row('two specialists with noisy labels', one)),
    { scene: 'clean', method: 'specialists: accuracy itself', normalized: mean(upper), ...named(upper) },
  ];
}

export default defineExperiment({
  id: 'r-tsvm',
  exports: ['mergeModels', 'mergeMethods', 'taskSingularInterference', 'outlierWeights', 'orthogonalize'],
  data: 'five ten-class tasks of MNIST and Fashion-MNIST, a perceptron 784-192-192-192 with frozen heads',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: 'a',
      text: 'TSV-M is better than task arithmetic: points of normalized accuracy',
      metric: 'tsvm_gain',
      relation: '>=',
      threshold: 1.5,
    },
    {
      id: 'b',
      text: 'TSV-M is at least as good as the best of the eleven others: points',
      metric: 'tsvm_lead',
      relation: '>=',
      threshold: 0,
    },
    {
      id: 'c',
      text: 'With clean specialists R-TSVM and TSV-M are alike: distance in points',
      metric: 'r_distance',
      relation: '<=',
      threshold: 1,
    },
    {
      id: 'd',
      text: 'With two noisy specialists R-TSVM is better than TSV-M: points',
      metric: 'r_gain_noisy',
      relation: '>=',
      threshold: 0.2,
    },
  ],
  paper: [
    {
      setting: 'helpful, honest, harmless',
      result: 'merging beats data mixing; R-TSVM beats the twelve others',
    },
    { setting: 'v3 (RESM)', result: 'gain 2–5 % over data mixing, 1–3 % over other merging' },
    { setting: 'TSV-M on ViT-B/32, 8 tasks', result: '84 (92 normalized); task arithmetic 70 (77)' },
  ],
  async run(context) {
    const outcome = await context.once('all', () => measure(context));
    const scoreOf = (judgedOnes: readonly Judged[], name: string) =>
      judgedOnes.find(({ method }) => method === name)!.score;
    const tsvm = scoreOf(outcome.clean, 'TSV-M');
    const others = outcome.clean.filter(({ method }) => method !== 'TSV-M' && method !== 'R-TSVM');
    return {
      metrics: {
        tsvm_gain: tsvm - scoreOf(outcome.clean, 'task arithmetic'),
        tsvm_lead: tsvm - Math.max(...others.map(({ score }) => score)),
        r_distance: Math.abs(scoreOf(outcome.clean, 'R-TSVM') - tsvm),
        r_gain_noisy: scoreOf(outcome.noisy, 'R-TSVM') - scoreOf(outcome.noisy, 'TSV-M'),
      },
      rows: rowsOf(outcome),
      series: {
        tasks: outcome.clean.flatMap(({ method, tasks }) =>
          tasks.map((value, i) => ({ method, task: fiveTasks[i]!.name, value: round(value) })),
        ),
        curves: outcome.clean
          .filter(({ curve }) => curve.length > 1)
          .flatMap(({ method, curve }) => curve.map((point) => ({ method, ...point }))),
      },
    };
  },
  plot: ({ rows, series }) => [
    {
      title: 'Merged accuracy as a share of the specialists’ (bars: mean; dots: tasks)',
      options: {
        height: 340,
        marginLeft: 130,
        x: { label: 'normalized accuracy, %', domain: [50, 105] },
        y: { label: null },
        color: { legend: true },
        marks: [
          Plot.barX(
            rows.filter(({ scene, lambda }) => scene === 'clean' && lambda !== undefined),
            { y: 'method', x1: 50, x2: 'normalized', fill: '#cbd5e1', sort: { y: '-x2' } },
          ),
          Plot.dot(series.tasks ?? [], { y: 'method', x: 'value', fill: 'task', r: 3 }),
        ],
      },
    },
    {
      title: 'Which task suffers: method by task',
      options: {
        height: 340,
        marginLeft: 130,
        marginBottom: 60,
        padding: 0.02,
        color: { scheme: 'YlGnBu', label: 'normalized accuracy, %' },
        x: { label: null, tickRotate: -15 },
        y: { label: null },
        marks: [
          Plot.cell(series.tasks ?? [], { x: 'task', y: 'method', fill: 'value' }),
          Plot.text(series.tasks ?? [], { x: 'task', y: 'method', text: 'value', fontSize: 8 }),
        ],
      },
    },
    {
      title: 'By the factor λ, on validation images',
      options: {
        x: { type: 'log', label: 'λ' },
        y: { label: 'normalized accuracy, %', domain: [40, 100] },
        color: { legend: true },
        marks: [Plot.lineY(series.curves ?? [], { x: 'lambda', y: 'score', stroke: 'method', clip: true })],
      },
    },
    {
      title: 'Two of five specialists trained on labels that are 60 % random',
      options: {
        marginLeft: 150,
        x: { label: 'normalized accuracy, %', domain: [50, 100] },
        y: { label: null },
        marks: [
          Plot.barX(
            rows.filter(({ scene }) => scene === 'two specialists with noisy labels'),
            { y: 'method', x1: 50, x2: 'normalized', fill: '#fbbf24', sort: { y: '-x2' } },
          ),
        ],
      },
    },
  ],
});
