/**
 * System 3: the algorithm that a trained in-context learner follows, by depth and noise.
 *
 * @module
 */
import {
  InContextLearner,
  identifyAlgorithm,
  implicitWeights,
  type Likeness,
  type LinearTasks,
  pairsOf,
  probe,
  referencePredictors,
  sampleLinearTasks,
} from '@fletch/insight';
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile, type Row, type TrialContext } from '../experiment.js';

const { bayes, knn, ols, oneStepGd, ridge, sgd } = referencePredictors;

/** One training: a learner of a size on tasks with some noise. */
interface Cell {
  readonly d: number;
  readonly n: number;
  readonly layers: number;
  readonly hidden: number;
  readonly sigma: number;
  readonly steps: number;
  readonly probed?: boolean;
}

const small = (layers: number, sigma: number, steps: number): Cell => ({
  d: 2,
  n: 6,
  hidden: 32,
  layers,
  sigma,
  steps,
});

/** The cells of a seed: the second and third seed of a full run repeat those that the claims lean on. */
function cellsOf(profile: Profile, seed: number): Cell[] {
  if (profile === 'smoke') return [small(1, 0, 60), small(2, 0, 60), small(2, 0.7, 60)];
  if (profile === 'quick') return [small(1, 0, 4000), small(2, 0, 4000), small(2, 0.7, 4000)];
  const deep = [0, 0.5, 1].map((sigma) => small(2, sigma, 8000));
  if (seed > 0) return [small(1, 0, 8000), ...deep];
  const others = [1, 4].flatMap((layers) => [0, 0.5, 1].map((sigma) => small(layers, sigma, 8000)));
  return [...deep, ...others, { d: 3, n: 8, hidden: 64, layers: 3, sigma: 0, steps: 12_000, probed: true }];
}

/** Ridge penalties 2^k times the Bayes one. */
const OCTAVES = [-4, -3, -2, -1, 0, 1, 2, 3, 4];

interface Outcome {
  readonly cell: Cell;
  readonly loss: number;
  readonly likeness: readonly {
    readonly name: string;
    readonly mean: number;
    readonly without: number;
    readonly spd: readonly number[];
  }[];
  /** Octave of the ridge penalty that is nearest, when there is noise. */
  readonly octave?: number;
  readonly linearity: number;
  readonly probes?: {
    readonly moment: readonly number[];
    readonly weights: readonly number[];
    readonly control: readonly number[];
  };
}

async function train(cell: Cell, { profile, seed, signal, report }: TrialContext): Promise<Outcome> {
  const { d, n, layers, hidden, sigma, steps } = cell;
  const learner = new InContextLearner({ d, n, layers, hidden, seed });
  try {
    const { loss } = await learner.fit({
      steps,
      threads: 1,
      sigma,
      seed,
      signal,
      onProgress: (progress) => report({ ...progress, stage: nameOf(cell) }),
    });
    const prompts = profile === 'smoke' ? 50 : 1000;
    const tasks = sampleLinearTasks({ d, n, batch: prompts, sigma, seed: 5_000_000_000 + seed });
    const predict = (sequences: LinearTasks) => learner.predict(sequences);
    const sweep = sigma > 0 ? OCTAVES.map((k) => ridge(2 ** k * sigma ** 2, `2^${k}`)) : [];
    const candidates = [ols, oneStepGd({ sigma }), knn({ k: 3 }), sgd({ lr: 0.03 }), bayes({ sigma })];
    const likeness = await identifyAlgorithm(predict, { candidates: [...candidates, ...sweep], tasks });
    const swept = likeness.find(({ name }) => name.startsWith('2^'));
    const some = sampleLinearTasks({
      d,
      n,
      batch: profile === 'smoke' ? 5 : 60,
      sigma,
      seed: 6_000_000_000 + seed,
    });
    const lines = await implicitWeights(predict, some, { t: Math.min(d + 1, n - 1) });
    return {
      cell,
      loss: loss.slice(-200).reduce((sum, value) => sum + value, 0) / Math.min(200, loss.length) / d,
      likeness: likeness.map(plain),
      ...(swept && { octave: Number(swept.name.slice(2)) }),
      linearity: lines.reduce((sum, { r2 }) => sum + r2, 0) / lines.length,
      ...(cell.probed && { probes: await probeLayers(learner, cell, seed, signal) }),
    };
  } finally {
    await learner.close();
  }
}

const plain = ({ name, mean, meanWithoutD, spd }: Likeness) => ({
  name,
  mean,
  without: meanWithoutD,
  spd: Array.from(spd),
});

/** What of Xᵀy and of the least-squares weights can be read from each layer, and from an untrained learner's. */
async function probeLayers(learner: InContextLearner, cell: Cell, seed: number, signal: AbortSignal) {
  const { d, n, layers, hidden } = cell;
  const tasks = sampleLinearTasks({ d, n, batch: 1500, seed: 8_000_000_000 + seed });
  const moment = new Float32Array(tasks.batch * d);
  const weights = new Float32Array(tasks.batch * d);
  for (let b = 0; b < tasks.batch; b++) {
    const pairs = pairsOf(tasks, b, n);
    const predict = ols.fit(pairs);
    for (let j = 0; j < d; j++) {
      for (let i = 0; i < n; i++) moment[b * d + j]! += pairs.X[i * d + j]! * pairs.y[i]!;
      weights[b * d + j] = predict(Array.from({ length: d }, (_, k) => Number(k === j)));
    }
  }
  const untrained = new InContextLearner({ d, n, layers, hidden, seed: seed + 1000 });
  try {
    const shape = { batch: tasks.batch, length: tasks.length, hidden, outputs: d };
    const options = { kind: 'mlp', pooling: 'attention', steps: 400, seed, signal } as const;
    const states = await learner.hiddenStates(tasks);
    const fresh = await untrained.hiddenStates(tasks);
    return {
      moment: (await probe({ ...shape, states, targets: moment }, options)).r2,
      weights: (await probe({ ...shape, states, targets: weights }, options)).r2,
      control: (await probe({ ...shape, states: fresh, targets: weights }, options)).r2,
    };
  } finally {
    await untrained.close();
  }
}

function nameOf({ d, layers, sigma }: Cell): string {
  return `d = ${d}, ${layers} ${layers === 1 ? 'layer' : 'layers'}, noise ${sigma}`;
}

const at = ({ likeness }: Outcome, name: string) => likeness.find((candidate) => candidate.name === name)!;

/** Figures of a seed from its cells; what no cell measured is left out. */
function metricsOf(outcomes: readonly Outcome[]): { [metric: string]: number } {
  const metrics: { [metric: string]: number } = {};
  const find = (layers: number, noisy: boolean) =>
    outcomes.filter(({ cell }) => cell.d === 2 && cell.layers === layers && cell.sigma > 0 === noisy);
  const deep = outcomes.filter(({ cell }) => cell.d === 2 && cell.layers >= 2 && cell.sigma === 0);
  metrics.ols_over_gd = Math.max(...deep.map((o) => at(o, 'OLS').mean / at(o, 'one-step GD').mean));
  metrics.ols_over_knn = Math.max(...deep.map((o) => at(o, 'OLS').mean / at(o, 'kNN(3)').mean));
  metrics.deep_gd_over_ols = Math.min(...deep.map((o) => at(o, 'one-step GD').mean / at(o, 'OLS').mean));
  const [shallow] = find(1, false);
  if (shallow) metrics.shallow_gd_over_ols = at(shallow, 'one-step GD').mean / at(shallow, 'OLS').mean;
  const noisy = find(2, true);
  if (noisy.length > 0) {
    // The nearest octave of {0, 1}, and of {−1, 0, 1}, as distances that must be zero.
    metrics.octave_off = Math.max(...noisy.map(({ octave }) => Math.max(0, -octave!, octave! - 1)));
    metrics.octave_off_wide = Math.max(...noisy.map(({ octave }) => Math.max(0, Math.abs(octave!) - 1)));
    metrics.bayes_over_ols = Math.max(...noisy.map((o) => at(o, 'Bayes ridge').mean / at(o, 'OLS').mean));
  }
  metrics.linearity = Math.min(...deep.map(({ linearity }) => linearity));
  const probed = outcomes.find(({ probes }) => probes);
  if (probed?.probes) {
    const { moment, weights, control } = probed.probes;
    metrics.probe_over_control = Math.max(...moment, ...weights) / Math.max(0.01, ...control);
  }
  return metrics;
}

function rowsOf({ cell, loss, likeness, octave, linearity }: Outcome): Row {
  const spd = Object.fromEntries(
    likeness
      .filter(({ name }) => !name.startsWith('2^'))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, mean }) => [`spd_${name.replace(/\W+/g, '_').toLowerCase()}`, mean]),
  );
  const bayesian = likeness.find(({ name }) => name === 'Bayes ridge')!;
  return {
    learner: nameOf(cell),
    loss_per_d: loss,
    ...spd,
    spd_bayes_without_t_d: bayesian.without,
    spd_ols_without_t_d: likeness.find(({ name }) => name === 'OLS')!.without,
    nearest_octave: octave ?? null,
    linearity_r2: linearity,
  };
}

function seriesOf(outcomes: readonly Outcome[]): { [name: string]: Row[] } {
  return {
    byLength: outcomes.flatMap(({ cell, likeness }) =>
      likeness
        .filter(({ name }) => !name.startsWith('2^'))
        .flatMap(({ name, spd }) =>
          spd
            .slice(1)
            .map((value, i) => ({ learner: nameOf(cell), candidate: name, pairs: i + 1, spd: value })),
        ),
    ),
    means: outcomes.flatMap(({ cell, likeness }) =>
      likeness
        .filter(({ name }) => !name.startsWith('2^'))
        .map(({ name, mean }) => ({ learner: nameOf(cell), candidate: name, spd: mean })),
    ),
    sweep: outcomes.flatMap(({ cell, likeness }) =>
      likeness
        .filter(({ name }) => name.startsWith('2^'))
        .map(({ name, mean }) => ({ learner: nameOf(cell), octave: Number(name.slice(2)), spd: mean })),
    ),
    probes: outcomes.flatMap(({ probes }) =>
      Object.entries(probes ?? {}).flatMap(([target, values]) =>
        values.map((r2, layer) => ({
          target: { moment: 'Xᵀy', weights: 'least-squares weights', control: 'weights, untrained learner' }[
            target
          ]!,
          layer,
          r2,
        })),
      ),
    ),
  };
}

export default defineExperiment({
  id: 'icl-linear',
  exports: [
    'InContextLearner',
    'sampleLinearTasks',
    'referencePredictors',
    'squaredPredictionDifference',
    'implicitWeights',
    'ilwd',
    'identifyAlgorithm',
    'constructGdTransformer',
    'constructRidgeTransformer',
    'probe',
  ],
  data: 'sequences of random linear functions (2 dimensions, 6 pairs; 3 dimensions, 8 pairs), fresh every step',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: 'a1',
      text: 'Without noise, two layers and more: nearer to least squares than to one gradient step (ratio of differences)',
      metric: 'ols_over_gd',
      relation: '<=',
      threshold: 0.3,
    },
    {
      id: 'a2',
      text: '… and than to nearest neighbours',
      metric: 'ols_over_knn',
      relation: '<=',
      threshold: 0.15,
    },
    {
      id: 'b1',
      text: 'One layer is nearer to one gradient step than to least squares',
      metric: 'shallow_gd_over_ols',
      relation: '<',
      threshold: 1,
    },
    {
      id: 'b2',
      text: 'Two layers and more the reverse, by a factor',
      metric: 'deep_gd_over_ols',
      relation: '>=',
      threshold: 3,
    },
    {
      id: 'c1',
      text: 'With noise the nearest ridge penalty is the Bayes one or an octave above: octaves off',
      metric: 'octave_off',
      relation: '<=',
      threshold: 0,
      over: 'worst',
      profiles: ['full'],
    },
    {
      id: 'c1',
      text: 'With noise the nearest ridge penalty is within an octave of the Bayes one: octaves off',
      metric: 'octave_off_wide',
      relation: '<=',
      threshold: 0,
      over: 'worst',
      profiles: ['smoke', 'quick'],
    },
    {
      id: 'c2',
      text: '… and the Bayes prediction is much nearer than least squares (ratio of differences)',
      metric: 'bayes_over_ols',
      relation: '<=',
      threshold: 0.1,
    },
    {
      id: 'd',
      text: 'After d + 1 pairs its predictions are a line in the query: R², least of the deep learners',
      metric: 'linearity',
      relation: '>=',
      threshold: 0.9,
    },
    {
      id: 'e',
      text: 'Xᵀy or the weights can be read from a layer, against an untrained learner (ratio of R²)',
      metric: 'probe_over_control',
      relation: '>=',
      threshold: 2,
      profiles: ['full'],
    },
  ],
  paper: [
    {
      setting: 'd = 8, no noise, 16 layers',
      finding: 'least squares is nearest at every length, ridge(0.1) next',
    },
    { setting: 'd = 8, noise grid', finding: 'the nearest ridge has λ = σ²/τ²' },
    {
      setting: 'd = 8, depth',
      finding: 'one layer ≈ one gradient step, 2–4 ≈ ridge, deeper = least squares',
    },
    { setting: 'd = 4, probes', finding: 'Xᵀy in middle layers, weights in late ones' },
  ],
  async run(context) {
    const outcomes: Outcome[] = [];
    for (const cell of cellsOf(context.profile, context.seed))
      outcomes.push(await context.once(nameOf(cell), () => train(cell, context)));
    return { metrics: metricsOf(outcomes), rows: outcomes.map(rowsOf), series: seriesOf(outcomes) };
  },
  plot: ({ series }) => {
    const { byLength = [], means = [], sweep = [], probes = [] } = series;
    const shown = (row: Row) => String(row.learner).startsWith('d = 2, 2 layers, noise 0');
    return [
      {
        title: 'Two layers, no noise: difference to each algorithm by length of the prompt',
        options: {
          x: { label: 'labelled pairs' },
          y: { type: 'log', label: 'squared difference / d' },
          marks: [
            Plot.lineY(
              byLength.filter(
                (row) =>
                  shown(row) && !String(row.learner).endsWith('0.5') && !String(row.learner).endsWith('0.7'),
              ),
              { x: 'pairs', y: 'spd', stroke: 'candidate', marker: 'circle' },
            ),
          ],
        },
      },
      {
        title: 'Who is nearest: mean difference (logarithm, dark is near)',
        options: {
          marginLeft: 150,
          marginBottom: 60,
          color: { type: 'log', scheme: 'YlGnBu', reverse: true },
          x: { label: null, tickRotate: -20 },
          y: { label: null },
          grid: false,
          marks: [Plot.cell(means, { x: 'candidate', y: 'learner', fill: 'spd' })],
        },
      },
      {
        title: 'With noise: difference to ridge by penalty, in octaves from the Bayes one',
        options: {
          x: { label: 'octaves' },
          y: { type: 'log', label: 'squared difference / d' },
          marks: [
            Plot.ruleX([0], { stroke: '#999', strokeDasharray: '3,3' }),
            Plot.lineY(sweep, { x: 'octave', y: 'spd', stroke: 'learner', marker: 'circle' }),
          ],
        },
      },
      ...(probes.length > 0
        ? [
            {
              title: 'What can be read from each layer',
              options: {
                x: { label: 'layer', ticks: [0, 1, 2, 3] },
                y: { label: 'R² on held-out sequences' },
                marks: [
                  Plot.ruleY([0]),
                  Plot.lineY(probes, { x: 'layer', y: 'r2', stroke: 'target', marker: 'circle' as const }),
                ],
              },
            },
          ]
        : []),
    ];
  },
});
