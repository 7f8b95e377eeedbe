/**
 * The trainings of system 45: without labels, and on few of them.
 *
 * @module
 */
import { adam, cosineSchedule, evaluate, type NDArray, takeRows } from '@fletch/array';
import {
  type AugmentOptions,
  barlowTwins,
  crossCorrelation,
  type Encoder,
  effectiveRank,
  type Objective,
  pretrainingAdam,
  redundancyOnly,
  semiSupervised,
  simclr,
  simsiam,
  TwoViewLearner,
  trainClassifier,
  vicreg,
} from '@fletch/learn';
import type { Profile, Row, TrialContext } from '../../experiment.js';
import {
  type Data,
  drawn,
  FEW,
  type Labelled,
  lambdaOf,
  network,
  plans,
  round,
  scoresOf,
  take,
  view,
  WIDTH,
  weak,
} from './data.js';

export interface Pretraining {
  readonly name: string;
  readonly objective: Objective;
  readonly projector?: readonly number[];
  readonly batch?: number;
  readonly epochs: number;
  /** Default: all of the pool. */
  readonly images?: number;
  readonly counts?: readonly number[];
}

export async function pretrain(given: Pretraining, data: Data, { seed, signal, report }: TrialContext) {
  const { name, objective, projector = [WIDTH, WIDTH], batch = 32, epochs, counts } = given;
  const used = Int32Array.from({ length: given.images ?? data.pool.labels.length }, (_, i) => i);
  const images = takeRows(data.pool.images, used);
  const learner = new TwoViewLearner(network(seed), {
    objective,
    projector,
    augment: { a: view, b: view },
    seed,
  });
  try {
    const judged = takeRows(
      data.test.images,
      Int32Array.from({ length: Math.min(2000, data.test.labels.length) }, (_, i) => i),
    );
    const before = await correlationOf(learner, judged);
    const steps = epochs * Math.floor(images.shape[0]! / batch);
    const history = await learner.fit(images, {
      epochs,
      batch,
      optimizer: pretrainingAdam({ steps, lr: 3e-3 }),
      signal,
      onProgress: (progress) => report({ ...progress, stage: name }),
    });
    const width = projector.at(-1)!;
    const every = Math.max(1, Math.floor(history.length / 100));
    const few = await scoresOf(learner.encoder, data, counts);
    const tuned = await fineTuned(learner.encoder, data, given, signal);
    return {
      name,
      scores: few,
      tuned,
      rank: effectiveRank(await learner.project(judged)),
      curve: history.flatMap(({ onDiag, offDiag }, step) =>
        step % every === 0 && onDiag !== undefined
          ? [
              { step, term: 'diagonal: mean of (1 − C)²', value: round(onDiag / width) },
              { step, term: 'off it: mean of C²', value: round(offDiag! / (width * (width - 1))) },
            ]
          : [],
      ),
      cells: [...cellsOf(before, 'before'), ...cellsOf(await correlationOf(learner, judged), 'after')],
    };
  } finally {
    await learner.close();
  }
}

export type Pretrained = Awaited<ReturnType<typeof pretrain>>;

/** The encoder trained on from the first draw's labels; only of the headline. */
async function fineTuned(encoder: Encoder, data: Data, { counts }: Pretraining, signal: AbortSignal) {
  if (counts) return null;
  const few = take(data.pool, drawn(data.pool.labels, FEW, 0));
  const options = { percent: 100, lrHead: 0.1, augment: weak, signal };
  const classifier = await semiSupervised(encoder, few.images, few.labels, options);
  return 100 * (await classifier.accuracy(data.test.images, data.test.labels));
}

async function correlationOf(learner: TwoViewLearner, images: NDArray): Promise<NDArray> {
  const [a, b] = learner.views(images, 0);
  return evaluate(crossCorrelation(await learner.project(a), await learner.project(b)));
}

/** The first entries of a correlation matrix. */
function cellsOf(c: NDArray, when: string): Row[] {
  const width = c.shape[0]!;
  const shown = Math.min(32, width);
  return Array.from({ length: shown * shown }, (_, at) => {
    const [row, column] = [Math.floor(at / shown), at % shown];
    return { when, row, column, value: Number((c.data[row * width + column] as number).toFixed(2)) };
  });
}

/** The same network on the labels alone: rate and views chosen on validation images, best epoch on the test images. */
export async function supervised(data: Data, count: number, { profile, seed, signal, report }: TrialContext) {
  const { rates, views, trial, epochs } = plans[profile].supervised;
  const few = take(data.pool, drawn(data.pool.labels, count, 0));
  const batch = Math.min(32, few.labels.length);
  // As many steps whatever the number of labels.
  const scaled = (n: number) => Math.max(1, Math.round((n * FEW) / count));
  const train = (lr: number, changes: AugmentOptions, length: number, judge: Labelled, every: number) => {
    const found: number[] = [];
    const steps = length * Math.floor(few.labels.length / batch);
    return trainClassifier(network(seed), few.images, few.labels, {
      epochs: length,
      batch,
      classes: 10,
      augment: changes,
      optimizer: adam({ learningRate: cosineSchedule(lr, steps), weightDecay: 1e-4 }),
      seed,
      signal,
      onProgress: (progress) => report({ ...progress, stage: `supervised, ${count} labels a class` }),
      every,
      onEpoch: async (_, classifier) => {
        found.push(100 * (await classifier.accuracy(judge.images, judge.labels)));
      },
    }).then(() => found);
  };
  let best = { lr: 0, views: 'same' as 'same' | 'weak', accuracy: -1 };
  for (const lr of rates)
    for (const name of views) {
      const [accuracy] = (
        await train(lr, name === 'same' ? view : weak, scaled(trial), data.validation, scaled(trial))
      ).slice(-1);
      if (accuracy! > best.accuracy) best = { lr, views: name, accuracy: accuracy! };
    }
  const length = scaled(epochs);
  const curve = await train(
    best.lr,
    best.views === 'same' ? view : weak,
    length,
    data.test,
    Math.ceil(length / 6),
  );
  return { lr: best.lr, views: best.views, last: curve.at(-1)!, best: Math.max(...curve) };
}

/** Variants of the short training that claims and rows are about. */
export function variantsOf(profile: Profile): Omit<Pretraining, 'epochs'>[] {
  const own = barlowTwins({ lambda: lambdaOf(WIDTH) });
  const wide = (width: number) => ({
    name: `D = ${width}`,
    objective: barlowTwins({ lambda: lambdaOf(width) }),
    projector: [width, width],
  });
  const ablations = [{ name: 'invariance only (λ = 0)', objective: barlowTwins({ lambda: 0 }) }];
  if (profile !== 'full') return ablations;
  return [
    { name: 'Barlow Twins', objective: own },
    ...ablations,
    { name: 'redundancy only', objective: redundancyOnly({ lambda: lambdaOf(WIDTH) }) },
    { name: 'batch 64', objective: own, batch: 64 },
    { name: 'batch 512', objective: own, batch: 512 },
    wide(64),
    wide(1024),
    { name: 'SimCLR', objective: simclr({ temperature: 0.2 }), batch: 128 },
    { name: 'SimSiam', objective: simsiam() },
    { name: 'VICReg', objective: vicreg() },
  ];
}
