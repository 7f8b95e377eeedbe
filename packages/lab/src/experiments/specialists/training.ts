/**
 * How the specialists come about: a weak base of all tasks with their heads, then one backbone for each task.
 *
 * @module
 */
import {
  adamw,
  array,
  concat,
  cosineSchedule,
  crossEntropy,
  matmul,
  type NDArray,
  sliceAxis,
  type Tensor,
  train,
  type Value,
} from '@fletch/array';
import { type ImageSet, takeImages } from '@fletch/data';
import { rng } from '@fletch/linalg';
import type { StateDict } from '@fletch/weights';
import { drawBackbone, drawHeads, features, headOf, type Named } from './network.js';
import { labelled, type TaskImages, withNoise } from './tasks.js';

/** What every training here takes. */
export interface TrainingOptions {
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Default 1. */
  readonly threads?: number;
}

/** A backbone that knows all tasks a little, and the heads that stay as they are from then on. */
export interface Base {
  readonly backbone: StateDict;
  /** `heads.<i>.weight` of the tasks in their order. */
  readonly heads: StateDict;
}

export interface BaseOptions extends TrainingOptions {
  /** Images of each task that the base sees. Default 400. */
  readonly images?: number;
  /** Default 40. */
  readonly steps?: number;
  /** Images of each task in a step. Default 64. */
  readonly batch?: number;
}

export interface SpecialistOptions extends TrainingOptions {
  /** Default 500. */
  readonly steps?: number;
  /** Images in a step. Default 128. */
  readonly batch?: number;
  /** At the start of a cosine to zero. Default 1e-3. */
  readonly learningRate?: number;
  /** Share of the training images that get a random label. Default 0. */
  readonly noise?: number;
}

/** Random images with their labels, which depend on seed and step alone. */
function batchOf(set: ImageSet, batch: number, seed: number, step: number): [NDArray, NDArray] {
  const rows = rng(seed, step).sample(set.count, Math.min(batch, set.count));
  const { images, labels } = labelled(set, rows);
  return [images, array(labels, 'int32')];
}

/** Traced: the mean loss of several tasks, as many images of each. */
function jointLoss(
  params: Named<Tensor>,
  heads: (task: number) => Value,
  batches: readonly Tensor[],
): Tensor {
  const images = batches.filter((_, i) => i % 2 === 0);
  const labels = batches.filter((_, i) => i % 2 === 1);
  const seen = features(params, concat(images));
  const count = images[0]!.shape[0]!;
  const scores = images.map((_, i) =>
    matmul(sliceAxis(seen, 0, i * count, (i + 1) * count), heads(i), { transposeB: true }),
  );
  return crossEntropy(concat(scores), concat(labels));
}

/** Trains backbone and heads on a few images of all tasks, for a few steps: a weak start that all specialists share. */
export async function trainBase(
  tasks: readonly TaskImages[],
  { seed, signal, threads = 1, images = 400, steps = 40, batch = 64 }: BaseOptions,
): Promise<Base> {
  const few = tasks.map(({ train: set }) =>
    takeImages(
      set,
      Array.from({ length: images }, (_, i) => i),
    ),
  );
  const first = { ...drawBackbone(seed), ...drawHeads(tasks.length, seed) };
  const { params } = await train({
    name: 'base',
    params: first,
    optimizer: adamw({ learningRate: 1e-3 }),
    steps,
    loss: (p: Named<Tensor>, ...batches: Tensor[]) => jointLoss(p, (task) => p[headOf(task)]!, batches),
    draw: (step) => few.flatMap((set, i) => batchOf(set, batch, seed * 1000 + i, step)),
    threads,
    ...(signal && { signal }),
  });
  const part = (heads: boolean) =>
    Object.fromEntries(Object.entries(params).filter(([name]) => name.startsWith('heads.') === heads));
  return { backbone: part(false), heads: part(true) };
}

/** Trains the backbone on one task, its head as it is. */
export async function trainSpecialist(
  base: Base,
  tasks: readonly TaskImages[],
  task: number,
  options: SpecialistOptions,
): Promise<StateDict> {
  const { noise = 0, seed } = options;
  const { train: set } = tasks[task]!;
  const images = noise > 0 ? withNoise(set, noise, rng(seed, 490 + task)) : set;
  return tune(base, [images], [task], options);
}

/** Trains the backbone on all tasks at once with as many steps as one specialist has: what mixing the data gives. */
export function trainMixed(
  base: Base,
  tasks: readonly TaskImages[],
  options: Omit<SpecialistOptions, 'noise'> & { readonly noise?: readonly number[] },
): Promise<StateDict> {
  const { noise = [], ...rest } = options;
  const sets = tasks.map(({ train: set }, i) =>
    noise[i] ? withNoise(set, noise[i], rng(rest.seed, 490 + i)) : set,
  );
  return tune(
    base,
    sets,
    tasks.map((_, i) => i),
    rest,
  );
}

async function tune(
  { backbone, heads }: Base,
  sets: readonly ImageSet[],
  tasks: readonly number[],
  { seed, signal, threads = 1, steps = 500, batch = 128, learningRate = 1e-3 }: SpecialistOptions,
): Promise<StateDict> {
  const { params } = await train({
    name: 'specialist',
    params: backbone,
    optimizer: adamw({ learningRate: cosineSchedule(learningRate, steps) }),
    steps,
    loss: (p: Named<Tensor>, ...batches: Tensor[]) => jointLoss(p, (i) => heads[headOf(tasks[i]!)]!, batches),
    draw: (step) => sets.flatMap((set, i) => batchOf(set, batch, seed * 1000 + 100 + tasks[i]!, step)),
    threads,
    ...(signal && { signal }),
  });
  return params;
}
