/**
 * System 6: networks from different seeds, brought into one order of hidden units, can be averaged; and why.
 *
 * @module
 */
import { permutationSpec, type StateDict } from '@fletch/weights';
import { defineExperiment, type Profile, type Row, type TrialContext } from '../experiment.js';
import {
  type Bench,
  type MeasurePlan,
  measurePair,
  measureTrio,
  type PairOutcome,
} from './06-lmc-weight-matching/measure.js';
import { type NetworkPlan, openTask } from './06-lmc-weight-matching/networks.js';
import { panels } from './06-lmc-weight-matching/panels.js';

type Pair = readonly [number, number];

interface Plan extends MeasurePlan {
  readonly networks: NetworkPlan;
  /** Which of the three networks a trial compares, counted from its seed on. */
  readonly pairs: readonly Pair[];
}

const plans: { readonly [P in Profile]: Plan } = {
  smoke: {
    networks: { hidden: 16, epochs: 1, images: 1500, judged: 300 },
    pairs: [[0, 1]],
    points: 3,
    steps: { permutations: 2, weights: 1 },
    batches: 1,
    variants: true,
  },
  quick: {
    networks: { hidden: 256, epochs: 8, images: 60_000, judged: 5000 },
    pairs: [
      [0, 1],
      [0, 2],
      [1, 2],
    ],
    points: 13,
    steps: { permutations: 150, weights: 15 },
    batches: 20,
    variants: false,
  },
  full: {
    networks: { hidden: 256, epochs: 8, images: 60_000, judged: 10_000 },
    pairs: [[0, 1]],
    points: 25,
    steps: { permutations: 300, weights: 30 },
    batches: 120,
    variants: true,
  },
};

/** The three networks of a run are trained once; each seed begins with another of them. */
const NETWORKS = 3;
const networkOf = (seed: number, k: number) => (seed + k) % NETWORKS;

type PairResult = Awaited<ReturnType<typeof measurePair>>;
type TrioResult = Awaited<ReturnType<typeof measureTrio>>;

/** The trio is the same whichever network comes first: a run measures it once. */
const trios = new Map<Profile, Promise<TrioResult>>();

async function measure(context: TrialContext): Promise<{ pairs: PairResult[]; trio: TrioResult }> {
  const { profile, seed, signal, report, once } = context;
  const plan = plans[profile];
  const work = { signal, onProgress: report };
  const task = await openTask(plan.networks, work);
  try {
    const network = (k: number) => task.train(networkOf(seed, k));
    const benchOf = (spec: StateDict): Bench => ({ task, spec: permutationSpec('mlp', spec), plan, context });
    const pairs: PairResult[] = [];
    for (const [i, j] of plan.pairs)
      pairs.push(
        await once(`pair ${i}-${j}`, async () => {
          const pair = [await network(i), await network(j)] as const;
          return measurePair(benchOf(pair[0]), pair);
        }),
      );
    const trio = await once('trio', () => {
      const known = trios.get(profile) ?? threeOf();
      trios.set(profile, known);
      known.catch(() => trios.delete(profile));
      return known;
    });
    async function threeOf(): Promise<TrioResult> {
      const models = [await network(0), await network(1), await network(2)] as const;
      return measureTrio(benchOf(models[0]), models);
    }
    return { pairs, trio };
  } finally {
    await task.close();
  }
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const round = (value: number) => Number(value.toPrecision(4));

/** Mean of a figure of one method over the pairs. */
function over(
  pairs: readonly PairResult[],
  method: string,
  figure: (outcome: PairOutcome) => number,
): number {
  return mean(pairs.map(({ outcomes }) => figure(outcomes.find((one) => one.method === method)!)));
}

const NAIVE = 'naive';
const MATCHED = 'weight matching';

function metricsOf(pairs: readonly PairResult[], { trios: three }: TrioResult) {
  const of = (method: string) => three.find((one) => one.method === method)!;
  const barrier = (method: string) => over(pairs, method, ({ walk }) => walk.barrier);
  const [before, after] = [NAIVE, MATCHED].map((method) => over(pairs, method, ({ R }) => R['0.3']!)) as [
    number,
    number,
  ];
  const distance = (method: string) => over(pairs, method, (outcome) => outcome.distance);
  // "≥ 10 × |before|, or ≥ 0.1 after less than 0.03 before": 1 is where either begins to hold.
  const byRatio = after / Math.max(10 * Math.abs(before), 1e-12);
  const byLevel = Math.abs(before) < 0.03 ? after / 0.1 : 0;
  return {
    barrier_ratio: barrier(MATCHED) / barrier(NAIVE),
    distance_drop: 1 - distance(MATCHED) / distance(NAIVE),
    alignment_gain: Math.max(byRatio, byLevel),
    large_over_all: after - over(pairs, MATCHED, ({ R }) => R['0']!),
    transitive_gap: of(MATCHED).R['0.3']! - of('straight-through v1').R['0.3']!,
    trio_gain: 100 * (of(MATCHED).accuracy - of(NAIVE).accuracy),
  };
}

function rowsOf(pairs: readonly PairResult[], trio: TrioResult, plan: Plan): Row[] {
  const { hidden } = plan.networks;
  const describe = (method: string, figures: readonly PairOutcome[]): Row => ({
    method,
    networks: `two, ${hidden} wide`,
    barrier: round(mean(figures.map(({ walk }) => walk.barrier))),
    train_barrier_middle: round(mean(figures.map(({ walk }) => walk.trainMiddle))),
    accuracy_middle: round(mean(figures.map(({ walk }) => walk.accuracy))),
    distance: round(mean(figures.map(({ distance }) => distance))),
    distance_bound: round(mean(figures.map(({ bound }) => bound))),
    R_0: round(mean(figures.map(({ R }) => R['0']!))),
    'R_0.3': round(mean(figures.map(({ R }) => R['0.3']!))),
    singular_values_moved: round(Math.max(...figures.map(({ moved }) => moved))),
  });
  const methods = pairs[0]!.outcomes.map(({ method }) => method);
  const merged = pairs.flatMap(({ outcomes }) =>
    outcomes.filter(({ method }) => method === MATCHED).map((one) => one.merged!),
  );
  return [
    ...methods.map((method) =>
      describe(
        method,
        pairs.map(({ outcomes }) => outcomes.find((one) => one.method === method)!),
      ),
    ),
    ...trio.pairs.map((outcome) => describe(outcome.method, [outcome])),
    {
      method: 'ensemble of both networks',
      networks: `two, ${hidden} wide`,
      accuracy_middle: round(mean(pairs.map(({ ensemble }) => ensemble))),
    },
    {
      method: 'one network',
      networks: `two, ${hidden} wide`,
      accuracy_middle: round(mean(pairs.flatMap(({ ends }) => ends.map(({ accuracy }) => accuracy)))),
    },
    {
      method: 'second-order Taylor of the first end, in the middle',
      networks: `two, ${hidden} wide`,
      barrier: round(mean(pairs.map(({ taylor }) => taylor))),
    },
    {
      method: 'the mean against the first network, after weight matching',
      networks: `two, ${hidden} wide`,
      R_0: round(mean(merged.map(([all]) => all))),
      'R_0.3': round(mean(merged.map(([, large]) => large))),
    },
    ...trio.trios.map(({ method, accuracy, barrier, R }) => ({
      method,
      networks: 'three; barrier and R of the second and the third',
      barrier: round(barrier),
      accuracy_middle: round(accuracy),
      R_0: round(R['0']!),
      'R_0.3': round(R['0.3']!),
    })),
    { method: 'merge many', networks: 'three', accuracy_middle: round(trio.many.accuracy) },
    { method: 'ensemble of three networks', networks: 'three', accuracy_middle: round(trio.ensemble) },
  ];
}

function seriesOf([first]: readonly PairResult[], trio: TrioResult) {
  const shown = [
    ...first!.outcomes.filter(({ method }) => !method.includes('Pearson') && !method.startsWith('cosine')),
    ...trio.pairs,
  ];
  return {
    paths: shown.flatMap(({ method, walk }) =>
      walk.lambdas.map((lambda, i) => ({ method, lambda: round(lambda), loss: round(walk.losses[i]!) })),
    ),
    alignment: shown.flatMap(({ method, R }) =>
      Object.entries(R).map(([gamma, value]) => ({ method, gamma, R: round(value) })),
    ),
    heat: first!.heat,
  };
}

export default defineExperiment({
  id: 'lmc-weight-matching',
  exports: [
    'permutationSpec',
    'weightMatching',
    'activationMatching',
    'straightThroughMatching',
    'mergeMany',
    'applyPermutation',
    'interpolate',
    'lossBarrier',
    'singularAlignment',
    'alignModels',
  ],
  data: 'MNIST; perceptrons 784-H-H-H-10, Adam with weight decay 5e-4 in the gradient, batch 500, H = 256, 8 epochs',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: 'a',
      text: 'Weight matching takes the barrier of the test loss away: its share of the naive one',
      metric: 'barrier_ratio',
      relation: '<=',
      threshold: 0.15,
      profiles: ['quick', 'full'],
    },
    {
      id: 'b',
      text: '… while the distance falls little: by this share',
      metric: 'distance_drop',
      relation: '<=',
      threshold: 0.25,
      profiles: ['quick', 'full'],
    },
    {
      id: 'c',
      text: 'Vectors of large singular values come to agree: R(0.3) over ten times what it was, or over 0.1 when it was below 0.03',
      metric: 'alignment_gain',
      relation: '>=',
      threshold: 1,
      profiles: ['quick', 'full'],
    },
    {
      id: 'd',
      text: '… more than those of all: R(0.3) − R(0) after matching',
      metric: 'large_over_all',
      relation: '>',
      threshold: 0,
      profiles: ['quick', 'full'],
    },
    {
      id: 'e',
      text: 'Two networks that were matched to a third agree: their R(0.3) less that by the straight-through estimator v1',
      metric: 'transitive_gap',
      relation: '>=',
      threshold: 0,
      profiles: ['quick', 'full'],
    },
    {
      id: 'f',
      text: 'The mean of three matched networks against the mean of three naive ones, points of accuracy',
      metric: 'trio_gain',
      relation: '>=',
      threshold: 40,
      profiles: ['quick', 'full'],
    },
  ],
  paper: [
    { setting: 'perceptron on MNIST', finding: 'weight matching: a barrier of about 0; naive: large' },
    { setting: 'distance', finding: 'falls by a few to 30 %; that alone does not explain the barrier' },
    {
      setting: 'singular vectors',
      finding: 'R(0) stays small after matching, R(0.3) grows; singular values cannot change',
    },
    { setting: 'three networks', finding: 'weight matching better than the straight-through estimator' },
  ],
  async run(context) {
    const { pairs, trio } = await measure(context);
    return {
      metrics: metricsOf(pairs, trio),
      rows: rowsOf(pairs, trio, plans[context.profile]),
      series: seriesOf(pairs, trio),
    };
  },
  plot: panels,
});
