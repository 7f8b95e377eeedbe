/**
 * Training from relaxations, and its baselines.
 *
 * @module
 */
import { batches, compile, type NDArray, type Optimizer, sgd, type Tensor, takeRows } from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { checkLabels, checkPixels, checkSteps } from './checks.js';
import { activities, relaxFreely } from './field.js';
import { type Alignment, aligned } from './gradients.js';
import { allFinite, arrayOf } from './init.js';
import type { EPParams } from './layout.js';
import {
  blank,
  judged,
  type LessonSettings,
  lesson,
  type TrainingMethod,
  trainingMethods,
} from './lesson.js';
import { DIVERGED, type EPNetwork } from './network.js';
import { nudgePhases } from './phases.js';

/** Images, or any inputs in [0, 1], with their classes. */
export interface LabelledInputs {
  /** `count × inputs` */
  readonly images: Float32Array;
  readonly labels: ArrayLike<number>;
}

export interface TrainEPOptions extends LongWork, Partial<LessonSettings> {
  readonly method: TrainingMethod;
  /** Nudges; Infinity for the limit. Default 2; 4 for `online`. */
  readonly N?: number;
  /** Default 0.5. */
  readonly beta?: number;
  /** Default 150; 1200 for `online`. */
  readonly T1?: number;
  /** Default 20; 60 for `online`. */
  readonly T2?: number;
  /** λ, the strength of what aligns the weights. Default 0. */
  readonly homeo?: number;
  /** What aligns them. Default `estimated`: the homeostatic loss from 5 draws a sample. */
  readonly alignment?: Alignment;
  /** Default: gradient descent with momentum 0.9 at `lr`. */
  readonly optimizer?: Optimizer;
  /** Default 0.01. */
  readonly lr?: number;
  /** Default 50. */
  readonly batch?: number;
  /** Default 3. */
  readonly epochs?: number;
  readonly seed: number;
  /** Judged before training and after every epoch. */
  readonly test?: LabelledInputs;
  /** Called before training and after every epoch; what it gives is kept in the history. */
  readonly measure?: (epoch: number) => Promise<{ readonly [name: string]: number }>;
}

/** What an epoch gave; number 0 is the network before training. */
export interface EpochRecord {
  readonly epoch: number;
  /** Mean over the epoch's steps. */
  readonly loss?: number;
  readonly trainAccuracy?: number;
  /** Below this residual 95 % of the free phases ended. */
  readonly residual95?: number;
  readonly testAccuracy?: number;
  readonly measured?: { readonly [name: string]: number };
}

/** Draws of the homeostatic estimate for each sample. */
const DRAWS = 5;
/** Samples that are judged at once. */
const JUDGED = 500;

/**
 * Trains a network in place.
 *
 * @returns one record before training and one after every epoch
 * @throws FletchError `INVALID_ARGUMENT` for labels, inputs or settings that cannot be; `NON_FINITE` when a relaxation
 *   diverges, with its curve, or an update is not finite; `ABORTED`
 */
export async function trainEP(
  net: EPNetwork,
  data: LabelledInputs,
  options: TrainEPOptions,
): Promise<EpochRecord[]> {
  const settings = settingsOf(net, options);
  const { homeo = 0, alignment = 'estimated', lr = 0.01, batch = 50, epochs = 3 } = options;
  const { seed, test, measure, signal, onProgress } = options;
  checkData(net, data);
  if (test) checkData(net, test);
  const count = data.labels.length;
  if (count < batch)
    throw new FletchError('INVALID_ARGUMENT', `${count} samples are less than a batch of ${batch}.`);
  const optimizer = options.optimizer ?? sgd({ learningRate: lr, momentum: 0.9 });
  const step = compile(
    (params: EPParams<Tensor>, state: never, x: Tensor, y: Tensor, noise: Tensor[]) => {
      const { gradients, ...report } = lesson(net.scene(params, x, y), x, y, settings);
      const complete =
        homeo > 0
          ? aligned(gradients, { layout: net.layout, params }, { kind: alignment, strength: homeo, noise })
          : gradients;
      const [next, nextState] = optimizer.update(params, complete, state);
      return { params: next, state: nextState, ...report };
    },
    {
      name: `train by ${settings.method}`,
      donate: [1],
      ...(net.threads !== undefined && { threads: net.threads }),
    },
  );
  const all = arrayOf(data.images, [count, net.layout.inputs], net.precision);
  const labels = Int32Array.from(data.labels);
  const perEpoch = Math.floor(count / batch);
  const judge = async (epoch: number): Promise<EpochRecord> => ({
    epoch,
    ...(test && { testAccuracy: await accuracyOf(net, test, { steps: settings.T1 }) }),
    ...(measure && { measured: await measure(epoch) }),
  });
  const history = [await judge(0)];
  try {
    let state: unknown = optimizer.init(net.parameters);
    let done = 0;
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const sums = { loss: 0, right: 0 };
      const residuals: number[] = [];
      for (const positions of batches(count, { size: batch, seed, epoch })) {
        throwIfAborted(signal);
        const x = takeRows(all, positions);
        const y = Int32Array.from(positions, (i) => labels[i]!);
        const noise = homeo > 0 && alignment === 'estimated' ? net.noise(DRAWS * batch, seed, done + 1) : [];
        const out = await step(
          net.parameters,
          state as never,
          x,
          arrayOf(y, [batch], 'int32'),
          noise as never,
        );
        const next = out.params as EPParams<NDArray>;
        const residual = (out.residual as NDArray).data as Float32Array;
        const sound = [out.loss as NDArray, ...Object.values(next.weights)].every(allFinite);
        if (!sound || !residual.every((value) => value < DIVERGED)) await explain(net, x, y, settings, done);
        net.load(next);
        state = out.state;
        sums.loss += (out.loss as NDArray).item();
        sums.right += (out.right as NDArray).item();
        residuals.push(...residual);
        done++;
        onProgress?.({ done, total: perEpoch * epochs, stage: `training by ${settings.method}` });
      }
      residuals.sort((a, b) => a - b);
      history.push({
        ...(await judge(epoch)),
        loss: sums.loss / perEpoch,
        trainAccuracy: sums.right / (perEpoch * batch),
        residual95: residuals[Math.floor(0.95 * residuals.length)]!,
      });
    }
    return history;
  } finally {
    await step.close();
  }
}

/**
 * The share of samples that the network classifies rightly after a free relaxation.
 *
 * @param options.steps - default 150
 */
export async function accuracyOf(
  net: EPNetwork,
  data: LabelledInputs,
  { steps = 150 }: { readonly steps?: number } = {},
): Promise<number> {
  checkSteps('steps', steps);
  checkData(net, data);
  const { inputs } = net.layout;
  const run = net.compiled(`judge ${steps}`, (params, x: Tensor, y: Tensor) => {
    const scene = net.scene(params, x);
    return judged(scene, activities(scene, relaxFreely(scene, blank(scene), steps)).at(-1)!, y).right;
  });
  const labels = Int32Array.from(data.labels);
  let right = 0;
  for (let from = 0; from < labels.length; from += JUDGED) {
    const y = labels.subarray(from, from + JUDGED);
    const images = data.images.subarray(from * inputs, (from + y.length) * inputs);
    const x = arrayOf(images, [y.length, inputs], net.precision);
    right += (await run(net.parameters, x, arrayOf(y, [y.length], 'int32'))).item();
  }
  return right / labels.length;
}

function settingsOf({ layout }: EPNetwork, options: TrainEPOptions): LessonSettings {
  const { method, beta = 0.5, homeo = 0, batch = 50, epochs = 3, alignment = 'estimated' } = options;
  if (!trainingMethods.includes(method))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `There is no method "${method}": use ${trainingMethods.join(', ')}.`,
    );
  const always = method === 'online';
  const { N = always ? 4 : 2, T1 = always ? 1200 : 150, T2 = always ? 60 : 20 } = options;
  for (const [name, value] of Object.entries({ T1, T2, batch, epochs })) checkSteps(name, value);
  if (!(homeo >= 0) || homeo === Number.POSITIVE_INFINITY)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `homeo, the strength λ of homeostasis, must not be negative, but is ${homeo}.`,
    );
  if (homeo > 0 && alignment === 'kolen-pollack' && layout.mirrors.length === 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      'No two edges mirror each other: there is nothing to align after Kolen and Pollack.',
    );
  if (method === 'hep' && N !== Number.POSITIVE_INFINITY) nudgePhases(N, beta);
  if (always) {
    nudgePhases(N, beta);
    if (N < 2 || T1 % (T2 * N) !== 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Online, N is at least 2 and T1 = ${T1} steps make whole turns of N = ${N} phases of T2 = ${T2} steps.`,
      );
  }
  return { method, N, beta, T1, T2 };
}

function checkData({ layout: { inputs, sizes } }: EPNetwork, { images, labels }: LabelledInputs): void {
  if (labels.length === 0 || images.length !== labels.length * inputs)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${labels.length} samples of ${inputs} numbers are wanted, at least one; given ${images.length} numbers.`,
    );
  checkPixels(images, inputs);
  checkLabels(labels, sizes.at(-1)!);
}

/** Runs the failed step again with eyes open: the phase that diverges throws with its curve. */
async function explain(
  net: EPNetwork,
  x: NDArray,
  y: Int32Array,
  { method, N, beta, T1, T2 }: LessonSettings,
  step: number,
): Promise<never> {
  const free = await net.relax(x, { steps: T1 });
  if (method === 'hep') await net.errorVector(free, x, y, { N, beta, steps: T2 });
  throw new FletchError(
    'NON_FINITE',
    `Step ${step}: the update is not finite. Lower the learning rate, or the strength of homeostasis.`,
    { details: { step } },
  );
}
