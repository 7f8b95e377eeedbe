/**
 * The training loop: one compiled call a step, and nothing lost when it is interrupted.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import type { CompileOptions } from '../compile/compile.js';
import type { NDArray } from '../core/ndarray.js';
import type { Tensor } from '../core/tensor.js';
import { tree } from '../core/tree.js';
import type { Optimizer } from './optimizer.js';
import { openSavedTraining, type TrainingState } from './saved-training.js';
import { assertFinite } from './training.js';
import { trainingStep } from './training-step.js';

/** What {@link train} is told. */
export interface TrainOptions<P> extends LongWork {
  /** In messages. */
  readonly name: string;
  /** A tree of arrays. It is not changed. */
  readonly params: P;
  /**
   * Traced: the loss of a tree of tensors, shaped like `params`, on one batch. With `carried` it takes that tree as
   * its second argument and gives `[loss, carried anew]`.
   */
  readonly loss: (params: never, ...batch: never[]) => Tensor | readonly [Tensor, unknown];
  /** A tree of arrays that every step gives anew, without gradients: running means and the like. */
  readonly carried?: unknown;
  readonly optimizer: Optimizer;
  readonly steps: number;
  /** Greatest norm of all gradients together. Default: they are not clipped. */
  readonly clip?: number | undefined;
  /** The arrays of the batch of a step; they depend on the step alone. */
  readonly draw: (step: number) => readonly NDArray[] | Promise<readonly NDArray[]>;
  /** Looks at the parameters after every `every` steps and after the last one. */
  readonly watch?: {
    /** What it is called in reports. Default `watched`. */
    readonly name?: string;
    readonly every: number;
    readonly look: (params: P, carried: unknown) => Promise<number>;
  };
  /**
   * A file from which an interrupted training goes on, bit for bit where the runtime repeats itself. It must belong to
   * these very options: its name should depend on all of them. It stays until somebody removes it.
   */
  readonly saved?: {
    readonly path: string;
    /** Milliseconds between two savings. Default 20000. */
    readonly every?: number;
    /** Told the step from which it goes on. */
    readonly onResume?: (step: number) => void;
  };
  /** Default: all cores. */
  readonly threads?: number | undefined;
  readonly runtime?: CompileOptions['runtime'];
}

/** What {@link train} gives. */
export interface Trained<P> {
  readonly params: P;
  readonly carried: unknown;
  /** Of every step. */
  readonly losses: Float64Array;
  /** What `watch` saw, after so many steps. */
  readonly watched: readonly { readonly step: number; readonly value: number }[];
  /** Time of the steps and looks, over all runs. */
  readonly seconds: number;
  /** Time that all threads of this process worked meanwhile: what it costs on a machine that is busy with other things too. */
  readonly cpuSeconds: number;
}

/** Milliseconds between two reports. */
const REPORTED = 250;

function checkOptions({ steps, watch, saved, name }: TrainOptions<unknown>): void {
  const refuse = (what: string, value: unknown) =>
    new FletchError('INVALID_ARGUMENT', `${name}: ${what} must be a positive number, not ${value}.`);
  if (!Number.isSafeInteger(steps) || steps < 1) throw refuse('the number of steps', steps);
  if (watch && !(Number.isSafeInteger(watch.every) && watch.every > 0))
    throw refuse('the steps between two looks', watch.every);
  if (saved?.every !== undefined && !(saved.every >= 0))
    throw refuse('the milliseconds between two savings', saved.every);
}

/**
 * Takes `steps` steps, each one call of one compiled graph: forward, backward, optimizer.
 *
 * @throws FletchError `NON_FINITE` with the step, `INVALID_ARGUMENT`, `ABORTED` (after saving, when there is a file),
 *   and what `draw`, `watch` and tracing throw
 * @example
 * ```ts
 * const { params, losses } = await train({
 *   name: 'line', params: { w: array([0]) }, optimizer: sgd({ learningRate: 0.1 }), steps: 100,
 *   loss: (p: { w: Tensor }, x: Tensor, y: Tensor) => meanSquaredError(mul(x, p.w), y),
 *   draw: () => [array([1, 2]), array([3, 6])],
 * }); // params.w is near 3
 * ```
 */
export async function train<P>(options: TrainOptions<P>): Promise<Trained<P>> {
  checkOptions(options as TrainOptions<unknown>);
  const { optimizer, steps, draw, watch, signal, onProgress } = options;
  const fresh: TrainingState = {
    step: 0,
    // The step gives up the memory of its arguments: those of the caller stay the caller's.
    params: tree.map((leaf: unknown) => (leaf as NDArray).copy(), options.params),
    state: optimizer.init(options.params),
    carried: tree.map((leaf: unknown) => (leaf as NDArray).copy(), options.carried ?? {}),
    losses: new Float64Array(steps),
    watched: [],
    seconds: 0,
    cpuSeconds: 0,
  };
  const file = options.saved && openSavedTraining(options.saved.path, options.saved.every);
  const found = await file?.load(fresh);
  if (found) options.saved?.onResume?.(found.step);
  let now = found ?? fresh;
  const { name, loss: lossOf, clip, threads, runtime } = options;
  const step = trainingStep({
    name,
    loss: lossOf,
    optimizer,
    clip,
    threads,
    runtime,
    carried: options.carried !== undefined,
  });
  let reported = Number.NEGATIVE_INFINITY;
  try {
    while (now.step < steps) {
      if (signal?.aborted) await file?.save(now);
      throwIfAborted(signal);
      const started = performance.now();
      const before = process.cpuUsage();
      const out = await step(now.params, now.state, now.carried, ...(await draw(now.step)));
      const loss = out.loss.item();
      assertFinite({ loss: out.loss }, now.step);
      now.losses[now.step] = loss;
      now = { ...now, ...(out as object), step: now.step + 1 } as TrainingState;
      if (watch && (now.step % watch.every === 0 || now.step === steps)) {
        const value = await watch.look(now.params as P, now.carried);
        now = { ...now, watched: [...now.watched, { step: now.step, value }] };
      }
      const ended = performance.now();
      const { user, system } = process.cpuUsage(before);
      now = {
        ...now,
        seconds: now.seconds + (ended - started) / 1000,
        cpuSeconds: now.cpuSeconds + (user + system) / 1e6,
      };
      if (ended - reported >= REPORTED || now.step === steps) {
        reported = ended;
        const seen = now.watched.at(-1);
        const figures = { loss, ...(seen && { [watch?.name ?? 'watched']: seen.value }) };
        onProgress?.({ done: now.step, total: steps, stage: 'training', figures });
      }
      if (now.step < steps) await file?.saveWhenDue(now);
    }
    const { params, carried, losses, watched, seconds, cpuSeconds } = now;
    return { params: params as P, carried: options.carried && carried, losses, watched, seconds, cpuSeconds };
  } finally {
    await step.close();
  }
}
