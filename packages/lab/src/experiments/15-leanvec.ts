/**
 * System 15: searching vectors that were made to fit.
 *
 * @module
 */
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile, type Row, type TrialContext } from '../experiment.js';
import { type Candidates, measureCandidates } from './15-leanvec/candidates.js';
import { madeUpTask, pictureTask, type TaskSizes, type WordTasks, wordTasks } from './15-leanvec/data.js';
import { byProduct } from './15-leanvec/neighbours.js';
import {
  type ContenderGroup,
  measureSpeed,
  qpsAt,
  type SpeedFigures,
  speedRows,
} from './15-leanvec/speed.js';

/** How much is measured: sizes, and the dimensions that are kept. */
const plans: {
  readonly [P in Profile]: TaskSizes & {
    readonly dimensions: readonly number[];
    /** How many pictures, and dimensions that are kept of them. */
    readonly pictures?: TaskSizes & { readonly dim: number };
  };
} = {
  smoke: {
    ...{ rows: 600, learned: 200, test: 20, dimensions: [32] },
    pictures: { rows: 400, learned: 0, test: 20, dim: 16 },
  },
  quick: { rows: 50_000, learned: 10_000, test: 400, dimensions: [16, 32, 48] },
  full: {
    ...{ rows: 50_000, learned: 10_000, test: 1000, dimensions: [16, 32, 48] },
    pictures: { rows: 40_000, learned: 0, test: 500, dim: 96 },
  },
};

/** At which the control is measured. */
const CONTROL = 32;

async function tasksOf(context: TrialContext): Promise<WordTasks> {
  const sizes = plans[context.profile];
  if (context.profile !== 'smoke') return wordTasks(sizes, context);
  const words = madeUpTask(sizes, 40, context.seed);
  return { words, definitions: { ...words, learned: words.rows } };
}

/** Makes something when it is first asked for: a run that goes on may not need it. */
function later<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const of = ({ methods }: Candidates, name: string) => methods.find((method) => method.name === name)!;

function metricsOf(words: readonly Candidates[], control: Candidates) {
  const pairs = words.map((found) => ({
    id: of(found, 'ID'),
    fw: of(found, 'OOD, Frank-Wolfe'),
    optimum: found.optimum,
  }));
  return {
    recall_gain: Math.min(...pairs.map(({ id, fw }) => fw.recall - id.recall)),
    loss_over_id: Math.max(...pairs.map(({ id, fw }) => fw.loss / id.loss)),
    loss_over_optimum: Math.max(...pairs.map(({ fw, optimum }) => fw.loss / optimum)),
    control_gap: of(control, 'OOD, Frank-Wolfe').recall - of(control, 'ID').recall,
  };
}

/** At which recall speeds are compared: 0.95, or the least that both reach when it is above. */
function commonRecall(figures: readonly SpeedFigures[]): number {
  return Math.max(0.95, ...figures.map(({ points }) => points[0]!.recall));
}

function speedMetrics(figures: readonly SpeedFigures[]) {
  const [plain, lean] = figures as [SpeedFigures, SpeedFigures];
  const recall = commonRecall([plain, lean]);
  return {
    qps_ratio: qpsAt(lean, recall) / qpsAt(plain, recall),
    build_ratio: plain.seconds / lean.seconds,
    bytes_ratio: plain.bytes / lean.bytes,
  };
}

async function speedOf(context: TrialContext, contenders: ContenderGroup): Promise<SpeedFigures[]> {
  const { profile, seed, signal, report } = context;
  const { pictures } = plans[profile];
  if (!pictures) return [];
  const task = profile === 'smoke' ? madeUpTask(pictures, 64, seed) : await pictureTask(pictures, context);
  const tell = (stage: string) => report({ done: 0, total: 1, stage });
  return measureSpeed(task, { dim: pictures.dim, contenders, seed, signal, report: tell });
}

export default defineExperiment({
  id: 'leanvec',
  exports: [
    'lvqEncode',
    'LVQDataset',
    'LeanVecIndex',
    'learnProjection',
    'randomProjection',
    'optimalProjection',
  ],
  data: '50,000 definitions of WordNet as means of word vectors (100 dimensions), 10,000 words to learn from, 1,000 to search with; 40,000 pictures of Fashion-MNIST (784 dimensions)',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: '1a',
      text: 'Words that look for definitions, 20 candidates: recall@10 gained by learning from words, least over 16, 32 and 48 dimensions',
      metric: 'recall_gain',
      relation: '>=',
      threshold: 0.012,
      over: 'worst',
      profiles: ['quick', 'full'],
    },
    {
      id: '1b',
      text: '… loss of Frank-Wolfe against that of the principal directions, largest ratio',
      metric: 'loss_over_id',
      relation: '<=',
      threshold: 0.98,
      over: 'worst',
      profiles: ['quick', 'full'],
    },
    {
      id: '1c',
      text: '… and against the least loss of all pairs of matrices, largest ratio',
      metric: 'loss_over_optimum',
      relation: '<=',
      threshold: 1.06,
      over: 'worst',
      profiles: ['quick', 'full'],
    },
    {
      id: '2',
      text: 'Definitions that look for definitions: recall@10 that Frank-Wolfe has over the principal directions, 32 dimensions',
      metric: 'control_gap',
      relation: '<=',
      threshold: 0.03,
      over: 'worst',
    },
    {
      id: '3a',
      text: 'Pictures, 96 of 784 dimensions, 8 bits: queries a second against the same graph over float32, at equal recall@10 of at least 0.95',
      metric: 'qps_ratio',
      relation: '>=',
      threshold: 1.8,
      profiles: ['full'],
    },
    {
      id: '3b',
      text: '… time to build, float32 against LeanVec (with learning and encoding)',
      metric: 'build_ratio',
      relation: '>=',
      threshold: 1.8,
      profiles: ['full'],
    },
    {
      id: '3c',
      text: '… bytes read of a vector that is visited, float32 against LeanVec',
      metric: 'bytes_ratio',
      relation: '>=',
      threshold: 6,
      profiles: ['full'],
    },
  ],
  paper: [
    {
      setting: 'D = 200 to 960, 90 % recall@10',
      finding: 'up to 3.7 times the throughput of SVS with LVQ alone, up to 4.9 times faster builds',
    },
    {
      setting: 'text to image, question to passage',
      finding: 'at equal d, OOD finds more than the SVD of the vectors',
    },
    { setting: 'D = 768', finding: 'd = 160 is enough: 4.8 times smaller before quantization' },
  ],
  async run(context) {
    const { seed, signal, once } = context;
    const plan = plans[context.profile];
    const tasks = later(() => tasksOf(context));
    const truths = {
      words: later(async () => byProduct((await tasks()).words.rows, (await tasks()).words.test, 10)),
      definitions: later(async () =>
        byProduct((await tasks()).definitions.rows, (await tasks()).definitions.test, 10),
      ),
    };
    const measure = (task: keyof WordTasks, name: string, dim: number) =>
      once(`${task}, ${dim}`, async () => {
        const data = (await tasks())[task];
        context.report({ done: 0, total: 1, stage: `${name}, ${dim} dimensions` });
        // Product quantization takes longer than all the others: once.
        const product = context.profile === 'full' && seed === 0 && task === 'words' && dim === CONTROL;
        return measureCandidates(data, dim, await truths[task](), { name, seed, signal, product });
      });
    const words: Candidates[] = [];
    for (const dim of plan.dimensions) words.push(await measure('words', 'word → definition', dim));
    const control = await measure('definitions', 'definition → definition', CONTROL);
    const main = await once('pictures', () => speedOf(context, 'main'));
    const speed = [...main];
    // Other baselines: one seed.
    if (context.profile === 'full' && seed === 0)
      for (const group of ['codes', 'reductions'] as const)
        speed.push(...(await once(`pictures, ${group}`, () => speedOf(context, group))));
    const methods = [...words, control].flatMap((found) => found.methods);
    return {
      metrics: { ...metricsOf(words, control), ...(main.length > 0 && speedMetrics(main)) },
      rows: [...methods.map(({ row }) => row), ...speedRows(speed)],
      series: {
        curves: methods.flatMap(({ curve }) => curve),
        speed: speed.flatMap(({ name, points }) => points.map((point) => ({ method: name, ...point }))),
        builds: speed.map(({ name, seconds }) => ({ method: name, seconds })),
      },
    };
  },
  plot: ({ series }) => [
    {
      title: 'Words that look for definitions: recall@10 by the number of candidates, 32 dimensions',
      options: {
        x: { type: 'log', label: 'candidates', ticks: [10, 20, 30, 50, 100], tickFormat: 'd' },
        y: { label: 'recall@10' },
        marks: [Plot.lineY(curvesOf(series.curves, 'word → definition'), curve)],
      },
    },
    {
      title: 'Definitions that look for definitions: the control',
      options: {
        x: { type: 'log', label: 'candidates', ticks: [10, 20, 30, 50, 100], tickFormat: 'd' },
        y: { label: 'recall@10' },
        marks: [Plot.lineY(curvesOf(series.curves, 'definition → definition'), curve)],
      },
    },
    {
      title: 'Pictures: queries a second by recall@10',
      options: {
        x: { label: 'recall@10' },
        y: { type: 'log', label: 'queries a second, one thread' },
        marks: [Plot.line(series.speed ?? [], { x: 'recall', y: 'qps', stroke: 'method', marker: 'circle' })],
      },
    },
    {
      title: 'Pictures: time to build, seconds of one processor',
      options: {
        height: 240,
        marginLeft: 230,
        x: { label: 'seconds' },
        y: { label: null },
        marks: [Plot.barX(series.builds ?? [], { x: 'seconds', y: 'method', fill: '#0072b2' })],
      },
    },
  ],
});

const curve = { x: 'candidates', y: 'recall', stroke: 'method', marker: 'circle' } as const;

function curvesOf(rows: readonly Row[] | undefined, task: string): Row[] {
  return (rows ?? []).filter((row) => row.task === task && row.dim === CONTROL);
}
