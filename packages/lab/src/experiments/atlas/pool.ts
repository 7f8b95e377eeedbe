/**
 * The specialists as task vectors, and what is learned of them.
 *
 * @module
 */
import { array } from '@fletch/array';
import { rng } from '@fletch/linalg';
import {
  AtlasComposer,
  type AtlasModel,
  type AtlasReport,
  type AtlasTask,
  type BlockOptions,
  type LearnOptions,
  type StateDict,
  type TaskVector,
  taskVector,
} from '@fletch/weights';
import type { TrialContext } from '../../experiment.js';
import { packed, unpacked } from '../gloss-gpt/tune.js';
import {
  type Base,
  fiveTasks,
  headOf,
  imagesOf,
  type Judge,
  type Labelled,
  labelled,
  logits,
  type Named,
  type TaskImages,
  type TaskSizes,
  trainBase,
  trainSpecialist,
} from '../specialists/index.js';

export const THREADS = 1;

/** One base, its specialists, their images. */
export interface Pool {
  readonly tasks: readonly TaskImages[];
  readonly base: Base;
  readonly specialists: readonly StateDict[];
  readonly vectors: readonly TaskVector[];
  readonly model: AtlasModel;
  readonly judge: Judge;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Trains base and specialists of five tasks. */
export async function trainPool(
  sizes: TaskSizes,
  steps: number,
  judge: Judge,
  context: TrialContext,
): Promise<Pool> {
  const { seed, signal, report } = context;
  const tasks = await imagesOf(fiveTasks, sizes, context);
  const work = { seed, signal, threads: THREADS };
  const states = await context.once('specialists', async () => {
    const first = await trainBase(tasks, work);
    const trained: StateDict[] = [];
    for (const [i, { task }] of tasks.entries()) {
      report({ done: i, total: tasks.length, stage: `training the specialist of ${task.name}` });
      trained.push(await trainSpecialist(first, tasks, i, { ...work, steps }));
    }
    return [first.backbone, first.heads, ...trained].map(packed);
  });
  const [trunk, tops, ...specialists] = states.map(unpacked);
  const base: Base = { backbone: trunk!, heads: tops! };
  const { backbone, heads } = base;
  return {
    tasks,
    base,
    specialists,
    vectors: specialists.map((one, i) => taskVector(backbone, one, { name: tasks[i]!.task.name })),
    model: {
      logits: (weights, inputs, task) =>
        logits(weights as Named<never>, heads[headOf(indexOf(task))]!, inputs),
    },
    judge,
    seed,
    signal,
  };
}

const indexOf = (name: string) => fiveTasks.findIndex((task) => task.name === name);

/** A task's images as coefficients are learned from them. */
export const taskOf = (pool: Pool, task: number, { images, labels }: Labelled): AtlasTask => ({
  name: pool.tasks[task]!.task.name,
  inputs: images,
  labels,
});

/** `count` training images of each class, or all of a share of them. */
export function fewOf({ tasks, seed }: Pool, task: number, count: number): Labelled {
  const { train } = tasks[task]!;
  const order = Array.from(rng(seed, 500 + task).permutation(train.count));
  const taken = new Array<number>(10).fill(0);
  return labelled(
    train,
    order.filter((row) => taken[train.labels[row]!]!++ < count),
  );
}

export const shareOf = ({ tasks, seed }: Pool, task: number, share: number): Labelled => {
  const { train } = tasks[task]!;
  return labelled(train, rng(seed, 600 + task).sample(train.count, Math.round(share * train.count)));
};

/** Settings that every learner chooses from. */
export interface Setting {
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** Accuracies of a backbone on the tests of all tasks, in per cent. */
export async function testAll({ tasks, base, judge }: Pool, backbone: StateDict): Promise<number[]> {
  const found: number[] = [];
  for (const [i, { test }] of tasks.entries())
    found.push(await judge.accuracy(backbone, base.heads, i, test));
  return found;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean of accuracies over those of the specialists, in per cent. */
export const normalized = (accuracies: readonly number[], best: readonly number[]): number =>
  100 * mean(accuracies.map((value, i) => value / best[i]!));

/** Learns for all settings and takes the one whose coefficients scored best on what they are chosen on. */
export async function learnBest(
  { base, model, signal, seed }: Pool,
  vectors: readonly TaskVector[],
  blocks: BlockOptions,
  settings: readonly Setting[],
  learn: (composer: AtlasComposer, options: LearnOptions, model: AtlasModel) => Promise<AtlasReport>,
  options: Pick<LearnOptions, 'steps' | 'batch'>,
): Promise<{ readonly composer: AtlasComposer; readonly report: AtlasReport; readonly setting: Setting }> {
  let best: { composer: AtlasComposer; report: AtlasReport; setting: Setting } | undefined;
  for (const setting of settings) {
    const composer = new AtlasComposer(base.backbone, vectors, blocks);
    const report = await learn(composer, { ...options, ...setting, seed, threads: THREADS, signal }, model);
    if (!best || report.best.score > best.report.best.score) best = { composer, report, setting };
  }
  return best!;
}

/** Random directions of the lengths that the vectors' tensors have. */
export function randomVectors({ base, vectors, seed }: Pool): TaskVector[] {
  const random = rng(seed, 77);
  return vectors.map((vector) => {
    const moved = Object.fromEntries(
      [...vector.shapes].map(([tensor, shape]) => {
        const delta = vector.delta(tensor);
        const noise = random.fillNormal(new Float64Array(delta.length));
        const scale = lengthOf(delta) / lengthOf(noise);
        const before = base.backbone[tensor]!.data as Float32Array;
        return [
          tensor,
          array(
            before.map((value, i) => value + scale * noise[i]!),
            'float32',
            shape,
          ),
        ];
      }),
    );
    return taskVector(base.backbone, moved, { name: vector.name });
  });
}

function lengthOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
}
