/**
 * Trains the same network from several recurrent matrices and tells which start is lazier.
 *
 * @module
 */
import { FletchError, isFletchError, type LongWork, throwIfAborted } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import { type Laziness, measureLaziness } from './measures.js';
import { CTRNN } from './model.js';
import { type EffectiveRank, effectiveRank } from './rank.js';
import type { Trials } from './tasks.js';

export interface CompareOptions extends LongWork {
  /** Recurrent weights to start from, by name; all of one size. */
  readonly starts: { readonly [name: string]: Matrix };
  /** Fresh trials of a size from a seed. */
  readonly draw: (batch: number, seed: number) => Trials;
  readonly seed: number;
  /** Default 3000. */
  readonly steps?: number;
  /** Trials in a step. Default 32. */
  readonly batch?: number;
  /** Default 0.003. */
  readonly lr?: number;
  /** Fixed trials for the measures. Default 320. */
  readonly probe?: number;
  /** Of them, for the tangent kernel. Default 40. */
  readonly kernelTrials?: number;
  /** Default: all cores. */
  readonly threads?: number;
}

/** What came of one start. */
export interface StartOutcome extends Laziness {
  readonly start: string;
  readonly effective: EffectiveRank;
  /** Mean loss on 2,000 fresh trials after training. */
  readonly loss: number;
  /** Share of right decisions there. */
  readonly accuracy: number;
  /** The loss of every step. */
  readonly curve: readonly number[];
}

/** Trials on which the trained networks are judged. */
const JUDGED = 2000;
/** Seeds of probes and of judged trials lie far from those of the steps. */
const PROBE_SEED = 3_000_000_000_000;

/**
 * Trains from each start: the same input and output weights, the same trials in the same order.
 *
 * @returns one outcome for each start, in their order; `diverged` names starts whose loss was not finite
 * @throws FletchError `INVALID_ARGUMENT` when there is no start, what training and measuring throw, `ABORTED`
 */
export async function compareStarts(
  options: CompareOptions,
): Promise<{ outcomes: StartOutcome[]; diverged: string[] }> {
  const {
    starts,
    draw,
    seed,
    steps = 3000,
    batch = 32,
    lr = 0.003,
    probe = 320,
    kernelTrials = 40,
  } = options;
  const { threads, signal, onProgress } = options;
  const names = Object.keys(starts);
  if (names.length === 0) throw new FletchError('INVALID_ARGUMENT', 'Name at least one start.');
  const probed = draw(probe, PROBE_SEED + seed);
  const judged = draw(JUDGED, 2 * PROBE_SEED + seed);
  const blank = new CTRNN({
    nIn: probed.inputs,
    nOut: probed.classes,
    hidden: starts[names[0]!]!.rows,
    seed,
  });
  const outcomes: StartOutcome[] = [];
  const diverged: string[] = [];
  for (const [position, start] of names.entries()) {
    throwIfAborted(signal);
    const before = blank.withRecurrent(starts[start]!);
    try {
      const { model, loss: curve } = await before.fit({
        draw: (step) => draw(batch, seed * 1_000_003 + step),
        steps,
        lr,
        threads,
        ...(signal && { signal }),
        onProgress: ({ done }) =>
          onProgress?.({ done: position * steps + done, total: names.length * steps, stage: start }),
      });
      const { loss, accuracy } = await model.run(judged);
      const laziness = await measureLaziness(before, model, probed, { kernelTrials });
      outcomes.push({ start, effective: effectiveRank(starts[start]!), loss, accuracy, curve, ...laziness });
    } catch (error) {
      // Much norm in one direction can make the activity explode: the start is left out, and named.
      if (!isFletchError(error, 'NON_FINITE')) throw error;
      diverged.push(start);
    }
  }
  return { outcomes, diverged };
}
