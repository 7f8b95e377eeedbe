/**
 * One model for five tasks: learned coefficients against scalars.
 *
 * @module
 */
import { learnCoefficients, mergeModels, type StateDict } from '@fletch/weights';
import type { Row } from '../../experiment.js';
import {
  learnBest,
  mean,
  normalized,
  type Pool,
  randomVectors,
  type Setting,
  taskOf,
  testAll,
} from './pool.js';

/** Rates and decays that both kinds of coefficients choose from. */
const GRID: readonly Setting[] = [
  { learningRate: 0.05, weightDecay: 0 },
  { learningRate: 0.1, weightDecay: 0.1 },
  { learningRate: 0.1, weightDecay: 0 },
];
/** As the paper's: 0 … 1 in 21 points. */
const SCALARS = Array.from({ length: 21 }, (_, i) => i / 20);

export interface Addition {
  readonly rows: readonly Row[];
  readonly bars: readonly Row[];
  readonly heat: readonly Row[];
  readonly normalized: Readonly<Record<'atlas' | 'isotropic' | 'arithmetic', number>>;
}

const round = (value: number) => Number(value.toFixed(2));

/** Learns, chooses on validation images, and measures on test images. */
export async function addition(
  pool: Pool,
  plan: { readonly steps: number; readonly grid: number; readonly others: boolean },
): Promise<Addition> {
  const { tasks, base, vectors, specialists, judge } = pool;
  const held = tasks.map(({ validation }, i) => taskOf(pool, i, validation));
  const best: number[] = [];
  const bestHeld: number[] = [];
  for (const [i, one] of specialists.entries()) {
    best.push(await judge.accuracy(one, base.heads, i, tasks[i]!.test));
    bestHeld.push((await judge.accuracy(one, base.heads, i, tasks[i]!.validation)) / 100);
  }
  const settings = GRID.slice(-plan.grid);
  const data = { tasks: held, fineTuned: bestHeld };
  const options = { steps: plan.steps, batch: 25 * tasks.length };
  const learn = (blocks: object, from = vectors) =>
    learnBest(
      pool,
      from,
      blocks,
      settings,
      (composer, learning, model) => learnCoefficients(composer, 'addition', model, data, learning),
      options,
    );
  const learned = await learn({});
  const scalars = await learn({ blockwise: false });
  const arithmetic = await bestScalar(pool, bestHeld, (lambda) => summed(pool, lambda));
  const measured: [name: string, model: StateDict, setting: string][] = [
    ['base', base.backbone, ''],
    ['average', summed(pool, 1 / vectors.length), ''],
    ['task arithmetic', arithmetic.model, `lambda ${arithmetic.lambda}`],
    ['isotropic, learned', scalars.composer.compose(), settingText(scalars.setting)],
    ['aTLAS', learned.composer.compose(), settingText(learned.setting)],
  ];
  if (plan.others) {
    const ties = await bestScalar(pool, bestHeld, (lambda) =>
      mergeModels(base.backbone, specialists, 'ties', { lambda: 2 * lambda, density: 0.2 }),
    );
    measured.push(['TIES', ties.model, `lambda ${2 * ties.lambda}`]);
    const random = await learn({}, randomVectors(pool));
    measured.push(['aTLAS of random vectors', random.composer.compose(), settingText(random.setting)]);
  }
  const rows: Row[] = [];
  const bars: Row[] = [];
  const found = new Map<string, number>();
  for (const [name, model, setting] of measured) {
    const accuracies = await testAll(pool, model);
    found.set(name, normalized(accuracies, best));
    rows.push({
      part: 'addition',
      method: name,
      normalized: round(found.get(name)!),
      accuracy: round(mean(accuracies)),
      setting,
    });
    bars.push(
      ...accuracies.map((accuracy, i) => ({
        method: name,
        task: tasks[i]!.task.name,
        accuracy: round(accuracy),
      })),
    );
  }
  rows.push({
    part: 'addition',
    method: 'specialists, each for itself',
    normalized: 100,
    accuracy: round(mean(best)),
    setting: '',
  });
  const { composer } = learned;
  const heat = vectors.flatMap((vector, i) =>
    composer.blocks.map((block, b) => ({
      vector: vector.name,
      tensor: block,
      lambda: round(composer.coefficients.data[i * composer.width + b] as number),
    })),
  );
  return {
    rows,
    bars,
    heat,
    normalized: {
      atlas: found.get('aTLAS')!,
      isotropic: found.get('isotropic, learned')!,
      arithmetic: found.get('task arithmetic')!,
    },
  };
}

const settingText = ({ learningRate, weightDecay }: Setting) => `rate ${learningRate}, decay ${weightDecay}`;

/** The base plus the sum of all vectors times one scalar. */
const summed = ({ base, vectors }: Pool, lambda: number): StateDict =>
  vectors
    .slice(1)
    .reduce((sum, vector) => sum.plus(vector), vectors[0]!)
    .addTo(base.backbone, lambda);

/** The scalar whose model is best on the validation images. */
async function bestScalar(pool: Pool, best: readonly number[], modelOf: (lambda: number) => StateDict) {
  const { tasks, base, judge } = pool;
  let found = { lambda: 0, score: Number.NEGATIVE_INFINITY, model: base.backbone };
  const look = async (lambda: number): Promise<void> => {
    const model = modelOf(lambda);
    const scores: number[] = [];
    for (const [i, { validation }] of tasks.entries())
      scores.push(await judge.accuracy(model, base.heads, i, validation));
    const score = normalized(scores, best);
    if (score > found.score) found = { lambda, score, model };
  };
  for (const lambda of SCALARS) await look(lambda);
  // Between the points beside the best.
  const coarse = found.lambda;
  for (const step of [-0.025, -0.0125, 0.0125, 0.025]) if (coarse + step > 0) await look(coarse + step);
  return found;
}
