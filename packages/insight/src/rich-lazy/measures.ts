/**
 * How lazy a training was: how far weights, representation and tangent kernel have moved (Liu et al., ICLR 2024).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, matmul, norm } from '@fletch/linalg';
import type { CTRNN } from './model.js';
import { firstTrials, type Trials } from './tasks.js';

/** What training changed. Larger alignments and a smaller change of weights are lazier. */
export interface Laziness {
  /** ‖W_f − W_0‖ of the recurrent weights. */
  readonly dW: number;
  /** Alignment of the hidden activity's Gram matrices at the last step. */
  readonly ra: number;
  /** Alignment of the tangent kernels of the recurrent weights. */
  readonly ka: number;
  /** Share of the units' activities that are as positive, or as zero, as they were. */
  readonly signSim: number;
}

/**
 * Tr(R_f R_0) / (‖R_f‖ ‖R_0‖) with R = H Hᵀ, not centred: 1 when the activities' geometry has stayed.
 *
 * @param H0 - trials × units, before training
 * @param Hf - after
 * @throws FletchError `DIMENSION_MISMATCH` when shapes differ, `INVALID_ARGUMENT` when one is empty or zero
 */
export function representationAlignment(H0: Matrix, Hf: Matrix): number {
  requireSameShape('activities', H0, Hf);
  const gram = (H: Matrix) => matmul(H, H, { transposeB: true });
  return alignment('activity', gram(H0), gram(Hf));
}

/**
 * Tr(K_f K_0) / (‖K_f‖ ‖K_0‖) of two tangent kernels.
 *
 * @throws FletchError `DIMENSION_MISMATCH` when shapes differ, `INVALID_ARGUMENT` when one is empty or zero
 */
export function kernelAlignment(K0: Matrix, Kf: Matrix): number {
  requireSameShape('kernels', K0, Kf);
  return alignment('kernel', K0, Kf);
}

/**
 * Share of entries that have the sign they had (positive, zero or negative).
 *
 * @throws FletchError `DIMENSION_MISMATCH` when shapes differ, `INVALID_ARGUMENT` when empty
 */
export function signSimilarity(H0: Matrix, Hf: Matrix): number {
  requireSameShape('activities', H0, Hf);
  let same = 0;
  for (let i = 0; i < H0.data.length; i++) if (Math.sign(H0.data[i]!) === Math.sign(Hf.data[i]!)) same++;
  return same / H0.data.length;
}

/**
 * Compares a network before and after training on a fixed batch of trials.
 *
 * @param options.kernelTrials - the tangent kernel is about the first of the trials; it holds (steps × trials × classes)²
 *   numbers. Default 40
 * @throws FletchError as the measures; `DIMENSION_MISMATCH` when the networks or the trials do not fit
 */
export async function measureLaziness(
  before: CTRNN,
  after: CTRNN,
  probe: Trials,
  { kernelTrials = 40 }: { readonly kernelTrials?: number } = {},
): Promise<Laziness> {
  const few = firstTrials(probe, kernelTrials);
  const [H0, Hf] = [(await before.run(probe)).last, (await after.run(probe)).last];
  const [W0, Wf] = [before.recurrent, after.recurrent];
  requireSameShape('recurrent weights', W0, Wf);
  return {
    dW: norm(
      new Matrix(
        Wf.data.map((value, i) => value - W0.data[i]!),
        W0.rows,
        W0.cols,
      ),
    ),
    ra: representationAlignment(H0, Hf),
    ka: kernelAlignment(await before.tangentKernel(few), await after.tangentKernel(few)),
    signSim: signSimilarity(H0, Hf),
  };
}

function alignment(what: string, a: Matrix, b: Matrix): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.data.length; i++) {
    dot += a.data[i]! * b.data[i]!;
    aa += a.data[i]! ** 2;
    bb += b.data[i]! ** 2;
  }
  if (!(aa > 0 && bb > 0))
    throw new FletchError(
      'INVALID_ARGUMENT',
      aa === 0 || bb === 0
        ? `The ${what} ${aa === 0 ? 'before' : 'after'} is zero: alignment undefined for a zero kernel.`
        : `The ${what} holds numbers that are not finite.`,
    );
  return dot / Math.sqrt(aa * bb);
}

function requireSameShape(what: string, a: Matrix, b: Matrix): void {
  if (a.rows !== b.rows || a.cols !== b.cols)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The ${what} before are ${a.rows}x${a.cols}, after ${b.rows}x${b.cols}: measure both on the same probe.`,
    );
  if (a.data.length === 0) throw new FletchError('INVALID_ARGUMENT', `The ${what} are empty.`);
}
