/**
 * A task of which there are few examples, with other people's specialists.
 *
 * @module
 */
import {
  adamw,
  array,
  cosineSchedule,
  crossEntropy,
  type NDArray,
  type Tensor,
  train,
  type Value,
} from '@fletch/array';
import { rng } from '@fletch/linalg';
import { type BlockOptions, learnCoefficients, type StateDict } from '@fletch/weights';
import type { Row } from '../../experiment.js';
import { headOf, type Labelled, logits, type Named } from '../specialists/index.js';
import { fewOf, learnBest, mean, type Pool, shareOf, THREADS, taskOf } from './pool.js';

const round = (value: number) => Number(value.toFixed(2));

/** The paper's rate for coefficients; the others choose theirs on validation images, which favours them. */
const RATES = {
  coefficients: [1e-1],
  tuning: [3e-5, 1e-4, 3e-4],
  probe: [1e-3, 1e-2],
} as const;

type Part = 'backbone' | 'head';

/** Trains the backbone, or the head alone. */
async function tuned(
  { base, seed, signal }: Pool,
  task: number,
  { images, labels }: Labelled,
  part: Part,
  learningRate: number,
  steps: number,
): Promise<{ backbone: StateDict; heads: StateDict }> {
  const head = headOf(task);
  const first: Record<string, NDArray> =
    part === 'head' ? { [head]: base.heads[head]! } : { ...base.backbone };
  const batch = Math.min(128, labels.length);
  const width = images.shape[1]!;
  const { params } = await train<Record<string, NDArray>>({
    name: part,
    params: first,
    optimizer: adamw({ learningRate: cosineSchedule(learningRate, steps), weightDecay: 0.1 }),
    steps,
    clip: 1,
    loss: (p: Record<string, Tensor>, inputs: Tensor, right: Tensor) => {
      const all: Readonly<Record<string, Value>> = { ...base.backbone, [head]: base.heads[head]!, ...p };
      return crossEntropy(logits(all as Named<never>, all[head]!, inputs), right);
    },
    draw: (step) => {
      const rows = rng(seed + 9, step).sample(labels.length, batch);
      const taken = new Float32Array(batch * width);
      for (const [i, row] of Array.from(rows).entries())
        taken.set((images.data as Float32Array).subarray(row * width, (row + 1) * width), i * width);
      return [
        array(taken, 'float32', [batch, width]),
        array(
          Int32Array.from(rows, (row) => labels[row]!),
          'int32',
        ),
      ];
    },
    threads: THREADS,
    signal,
  });
  return part === 'head'
    ? { backbone: base.backbone, heads: { ...base.heads, ...params } }
    : { backbone: params, heads: base.heads };
}

/** What one method gave on one task: accuracies on validation and test images, in per cent. */
interface Found {
  readonly validation: number;
  readonly test: number;
}

async function judged(
  { tasks, judge }: Pool,
  task: number,
  backbone: StateDict,
  heads: StateDict,
): Promise<Found> {
  const { validation, test } = tasks[task]!;
  return {
    validation: await judge.accuracy(backbone, heads, task, validation),
    test: await judge.accuracy(backbone, heads, task, test),
  };
}

/** Coefficients of the vectors of all other tasks. */
async function composed(
  pool: Pool,
  task: number,
  data: Labelled,
  blocks: BlockOptions,
  rate: number,
  steps: number,
) {
  const others = pool.vectors.filter((_, i) => i !== task);
  const { composer } = await learnBest(
    pool,
    others,
    blocks,
    [{ learningRate: rate, weightDecay: 0.1 }],
    (one, learning, model) =>
      learnCoefficients(one, 'fewShot', model, { task: taskOf(pool, task, data) }, learning),
    { steps, batch: Math.min(128, data.labels.length) },
  );
  return judged(pool, task, composer.compose(), pool.base.heads);
}

/** The rate with the best mean over all tasks on validation images, and its mean on test images. */
async function bestRate(
  rates: readonly number[],
  run: (task: number, rate: number) => Promise<Found>,
  tasks: number,
): Promise<{ accuracy: number; rate: number }> {
  let best = { accuracy: 0, rate: 0, validation: -1 };
  for (const rate of rates) {
    const found: Found[] = [];
    for (let task = 0; task < tasks; task++) found.push(await run(task, rate));
    const validation = mean(found.map((one) => one.validation));
    if (validation > best.validation)
      best = { accuracy: mean(found.map(({ test }) => test)), rate, validation };
  }
  return best;
}

export interface FewShots {
  readonly rows: readonly Row[];
  readonly curve: readonly Row[];
  /** Accuracies by method at the fewest shots. */
  readonly least: Readonly<Record<'atlas' | 'tuning' | 'base', number>>;
}

/** Accuracy by shots, mean over the tasks as targets. */
export async function fewShots(
  pool: Pool,
  plan: { readonly shots: readonly number[]; readonly steps: number },
): Promise<FewShots> {
  const count = pool.tasks.length;
  const start: number[] = [];
  for (let task = 0; task < count; task++)
    start.push((await judged(pool, task, pool.base.backbone, pool.base.heads)).test);
  const base = mean(start);
  const rows: Row[] = [];
  const curve: Row[] = [];
  const least = { atlas: 0, tuning: 0, base };
  for (const shots of plan.shots) {
    const data = pool.tasks.map((_, task) => fewOf(pool, task, shots));
    const { steps } = plan;
    const tune = (part: Part) => async (task: number, rate: number) => {
      const { backbone, heads } = await tuned(pool, task, data[task]!, part, rate, steps);
      return judged(pool, task, backbone, heads);
    };
    const learn = (blocks: BlockOptions) => (task: number, rate: number) =>
      composed(pool, task, data[task]!, blocks, rate, steps);
    const found = {
      aTLAS: await bestRate(RATES.coefficients, learn({}), count),
      'isotropic, learned': await bestRate(RATES.coefficients, learn({ blockwise: false }), count),
      'full fine-tuning': await bestRate(RATES.tuning, tune('backbone'), count),
      'linear probe': await bestRate(RATES.probe, tune('head'), count),
      base: { accuracy: base, rate: 0 },
    };
    if (shots === plan.shots[0]) {
      least.atlas = found.aTLAS.accuracy;
      least.tuning = found['full fine-tuning'].accuracy;
    }
    for (const [method, { accuracy, rate }] of Object.entries(found)) {
      const setting = rate === 0 ? '' : `rate ${rate}`;
      rows.push({
        part: `${shots} shots, mean of 5 targets`,
        method,
        normalized: null,
        accuracy: round(accuracy),
        setting,
      });
      curve.push({ method, shots, accuracy: round(accuracy) });
    }
  }
  return { rows, curve, least };
}

/** K parts of every matrix against whole blocks, with a share of the data. */
export async function partitions(
  pool: Pool,
  plan: { readonly parts: readonly number[]; readonly share: number; readonly steps: number },
): Promise<{ rows: Row[]; accuracy: Record<string, number> }> {
  const count = pool.tasks.length;
  const data = pool.tasks.map((_, task) => shareOf(pool, task, plan.share));
  const accuracy: Record<string, number> = {};
  const rows: Row[] = [];
  for (const parts of [0, ...plan.parts]) {
    const blocks = parts === 0 ? {} : { partition: parts, seed: pool.seed };
    const found = await bestRate(
      RATES.coefficients,
      (task, rate) => composed(pool, task, data[task]!, blocks, rate, plan.steps),
      count,
    );
    const method = parts === 0 ? 'aTLAS, blockwise' : `aTLAS x ${parts}`;
    accuracy[String(parts)] = found.accuracy;
    rows.push({
      part: `${100 * plan.share} % of the data, mean of 5 targets`,
      method,
      normalized: null,
      accuracy: round(found.accuracy),
      setting: `rate ${found.rate}`,
    });
  }
  return { rows, accuracy };
}
