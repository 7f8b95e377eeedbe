/**
 * Tasks of systems neuroscience for recurrent networks: eight steps of 100 ms, as Liu et al. (ICLR 2024) set them, and
 * images read row by row.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Rng, rng } from '@fletch/linalg';

/** A batch of trials. */
export interface Trials {
  readonly steps: number;
  readonly batch: number;
  readonly inputs: number;
  readonly classes: number;
  /** `steps × batch × inputs` */
  readonly x: Float32Array;
  /** `steps × batch`: the right class at every step */
  readonly y: Int32Array;
  /** Which steps the loss is about. */
  readonly scored: 'every' | 'last';
}

/** Two-alternative forced choice, delayed match to sample, context-dependent choice. */
export const cognitiveTasks = ['2AF', 'DMS', 'CXT'] as const;
export type CognitiveTask = (typeof cognitiveTasks)[number];

const STEPS = 8;
const DECISION = STEPS - 1;
/** σ / √dt of the stimulus noise, per entry and step. */
const NOISE = 0.1;

/** Sets one entry of the inputs. */
type Put = (step: number, channel: number, value: number) => void;

interface TaskRule {
  readonly inputs: number;
  /** Fills one trial's inputs; returns the class at the decision. */
  readonly trial: (random: Rng, put: Put) => number;
}

/** A ring of two directions, 0 and π: what each channel gets from a stimulus in direction `choice`. */
function ring(put: Put, random: Rng, step: number, first: number, choice: number, strength: number): void {
  for (const channel of [0, 1]) {
    const towards = channel === choice ? 1 : -1;
    put(step, first + channel, 0.5 + towards * strength + NOISE * random.normal());
  }
}

const pick = <T>(random: Rng, values: readonly T[]): T => values[random.integer(values.length)]!;

/** Fixation is on until the decision. */
function fixate(put: Put): void {
  for (let step = 0; step < DECISION; step++) put(step, 0, 1);
}

const rules: { readonly [T in CognitiveTask]: TaskRule } = {
  '2AF': {
    inputs: 3,
    trial(random, put) {
      const choice = random.integer(2);
      const coherence = pick(random, [0, 6.4, 12.8, 25.6, 51.2]);
      for (let step = 0; step < DECISION; step++) ring(put, random, step, 1, choice, coherence / 200);
      return 1 + choice;
    },
  },
  DMS: {
    inputs: 3,
    trial(random, put) {
      fixate(put);
      const sample = random.integer(2);
      const match = random.integer(2) === 1;
      ring(put, random, 0, 1, sample, 0.5);
      ring(put, random, DECISION - 1, 1, match ? sample : 1 - sample, 0.5);
      return match ? 1 : 2;
    },
  },
  CXT: {
    inputs: 7,
    trial(random, put) {
      fixate(put);
      const context = random.integer(2);
      const choices = [random.integer(2), random.integer(2)] as const;
      for (const modality of [0, 1] as const) {
        const coherence = pick(random, [5, 15, 50]);
        for (const step of [0, 1])
          ring(put, random, step, 1 + 2 * modality, choices[modality], coherence / 200);
      }
      for (let step = 0; step < STEPS; step++) put(step, 5 + context, 1);
      return 1 + choices[context as 0 | 1];
    },
  },
};

/**
 * Draws trials of a task. Classes: 0 fixates, 1 and 2 are the choices at the last step.
 *
 * - `2AF`: seven steps of a stimulus of some coherence, then the choice. Channels: fixation (off), ring of 2.
 * - `DMS`: a sample, five empty steps, a test, then whether they match. Channels: fixation, ring of 2.
 * - `CXT`: two steps of two stimuli, five empty steps, then the choice of the modality that the context names.
 *   Channels: fixation, two rings of 2, context one-hot.
 *
 * @throws FletchError `INVALID_ARGUMENT` for an unknown task or a batch below 1
 */
export function cognitiveTask(
  name: CognitiveTask,
  { batch, seed }: { readonly batch: number; readonly seed: number },
): Trials {
  if (!Object.hasOwn(rules, name))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `There is no task "${name}": use ${cognitiveTasks.join(', ')}.`,
    );
  if (!Number.isSafeInteger(batch) || batch < 1)
    throw new FletchError('INVALID_ARGUMENT', `batch must be a positive integer, not ${batch}.`);
  const { inputs, trial } = rules[name];
  const random = rng(seed);
  const x = new Float32Array(STEPS * batch * inputs);
  const y = new Int32Array(STEPS * batch);
  for (let b = 0; b < batch; b++) {
    const put: Put = (step, channel, value) => {
      x[(step * batch + b) * inputs + channel] = value;
    };
    y[DECISION * batch + b] = trial(random, put);
  }
  return { steps: STEPS, batch, inputs, classes: 3, x, y, scored: 'every' };
}

/**
 * Images as sequences of their rows (sequential MNIST): one row a step, the class after the last.
 *
 * @param images - `batch × rows × columns`, in [0, 1]
 * @param labels - `batch` classes
 * @throws FletchError `DIMENSION_MISMATCH` when the sizes do not fit
 */
export function imageRows(
  images: ArrayLike<number>,
  labels: ArrayLike<number>,
  { rows, columns, classes }: { readonly rows: number; readonly columns: number; readonly classes: number },
): Trials {
  const batch = labels.length;
  if (images.length !== batch * rows * columns || batch === 0)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${batch} labels need ${batch * rows * columns} pixels (at least one image), not ${images.length}.`,
    );
  const x = new Float32Array(images.length);
  for (let b = 0; b < batch; b++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        x[(row * batch + b) * columns + column] = images[(b * rows + row) * columns + column]!;
  const y = new Int32Array(rows * batch);
  y.set(Array.from(labels), (rows - 1) * batch);
  return { steps: rows, batch, inputs: columns, classes, x, y, scored: 'last' };
}

/** The first `count` trials. */
export function firstTrials(trials: Trials, count: number): Trials {
  const { steps, batch, inputs, x, y } = trials;
  if (count >= batch) return trials;
  const cut = <T extends Float32Array | Int32Array>(values: T, width: number): T => {
    const Own = values.constructor as new (length: number) => T;
    const result = new Own(steps * count * width);
    for (let step = 0; step < steps; step++)
      result.set(values.subarray(step * batch * width, (step * batch + count) * width), step * count * width);
    return result;
  };
  return { ...trials, batch: count, x: cut(x, inputs), y: cut(y, 1) };
}
