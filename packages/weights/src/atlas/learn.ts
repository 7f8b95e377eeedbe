/**
 * Learns the coefficients of task vectors by gradients.
 *
 * @module
 */
import {
  abs,
  adamw,
  add,
  array,
  assertFinite,
  cosineSchedule,
  mean,
  mul,
  type NDArray,
  reshape,
  sqrt,
  sum,
  type Tensor,
  trainingStep,
} from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { rng } from '@fletch/linalg';
import type { AtlasComposer } from './composer.js';
import type { AtlasData, AtlasModel, AtlasObjective } from './objectives.js';
import { openPlan } from './plans.js';

/** How coefficients are learned. */
export interface LearnOptions extends LongWork {
  readonly steps: number;
  /** At the start of half a cosine to zero. Default: 0.1 for `fewShot`, else 1e-3, as the paper has it. */
  readonly learningRate?: number;
  /** Inputs of a step, shared equally by the tasks. Default 128. */
  readonly batch?: number;
  /** Default 0.1: pulls towards the base. */
  readonly weightDecay?: number;
  /** Greatest norm of the gradient. Default 1. */
  readonly clip?: number;
  /** Adds `gamma · mean_b ‖Λ[:, b]‖_p` to the loss; gamma is 0.5 unless given. Default: none. */
  readonly regularize?: { readonly p: 1 | 2; readonly gamma?: number };
  /** Steps between two looks at the score, on which the coefficients are chosen. Default: a tenth of the steps. */
  readonly look?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Default: all cores. */
  readonly threads?: number;
}

/** What learning came to. */
export interface AtlasReport {
  /** The best that were seen; they are the composer's from now on. */
  readonly coefficients: NDArray;
  /** The step after which they were seen, and their score; step 0 is the start. */
  readonly best: { readonly step: number; readonly score: number };
  /** Scores of all looks: higher is better. */
  readonly scores: readonly { readonly step: number; readonly score: number }[];
  readonly losses: Float64Array;
  /** Why it ended before its last step, or null. */
  readonly stopped: string | null;
  readonly warnings: readonly string[];
}

function checkOptions({ steps, batch = 128, look, regularize }: LearnOptions): void {
  const counts = { steps, batch, ...(look !== undefined && { look }) };
  for (const [name, value] of Object.entries(counts))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError('INVALID_ARGUMENT', `aTLAS: ${name} is an integer of at least 1, not ${value}.`);
  if (regularize && regularize.p !== 1 && regularize.p !== 2)
    throw new FletchError('INVALID_ARGUMENT', `aTLAS: the penalty's p is 1 or 2, not ${regularize.p}.`);
}

/** The penalty on coefficients `[vectors, all]`. */
function penalty(coefficients: Tensor, { p, gamma = 0.5 }: NonNullable<LearnOptions['regularize']>): Tensor {
  const lengths =
    p === 1
      ? sum(abs(coefficients), { axes: 0 })
      : sqrt(add(sum(mul(coefficients, coefficients), { axes: 0 }), 1e-12));
  return mul(mean(lengths), gamma);
}

/**
 * Learns a composer's coefficients, beginning with those it has, by AdamW; the gradient passes through the composed weights
 * (aTLAS, section 3). What scored best at a look is kept; for negation nothing that breaks the rule of the control is.
 *
 * @param objective - what for; decides what `data` are
 * @param model - reads inputs with composed weights
 * @throws FletchError `INVALID_ARGUMENT` for options out of range, tasks without data, labels that are no classes;
 *   `NON_FINITE` with the step; `ABORTED`
 * @example
 * ```ts
 * const composer = new AtlasComposer(base, vectors);
 * await learnCoefficients(composer, 'addition', model, { tasks }, { steps: 300, learningRate: 0.1 });
 * await saveAtlasAdapter('coefficients.json', composer.toAdapter());
 * ```
 */
export async function learnCoefficients<O extends AtlasObjective>(
  composer: AtlasComposer,
  objective: O,
  model: AtlasModel,
  data: AtlasData[O],
  options: LearnOptions,
): Promise<AtlasReport> {
  checkOptions(options);
  const {
    steps,
    clip = 1,
    weightDecay = 0.1,
    batch = 128,
    regularize,
    seed = 0,
    threads,
    signal,
    onProgress,
  } = options;
  const { look = Math.max(1, Math.floor(steps / 10)), learningRate = objective === 'fewShot' ? 0.1 : 1e-3 } =
    options;
  const plan = await openPlan(composer, objective, model, data, threads);
  const optimizer = adamw({ learningRate: cosineSchedule(learningRate, steps), weightDecay });
  const step = trainingStep({
    name: `aTLAS ${objective}`,
    loss: ({ coefficients }: { coefficients: Tensor }, ...given: Tensor[]) => {
      const loss = plan.loss(composer.apply(coefficients), given);
      const flat = reshape(coefficients, [composer.vectors.length, composer.width]);
      return regularize ? add(loss, penalty(flat, regularize)) : loss;
    },
    optimizer,
    clip,
    threads,
  });
  let params = { coefficients: composer.coefficients.copy() };
  let state: unknown = optimizer.init(params);
  const losses: number[] = [];
  const scores: { step: number; score: number }[] = [];
  let best = { step: 0, score: Number.NEGATIVE_INFINITY, coefficients: params.coefficients.copy() };
  let stopped: string | null = null;
  const judge = async (done: number): Promise<void> => {
    const { score, stop } = await plan.score(params.coefficients);
    scores.push({ step: done, score });
    if (stop !== undefined) stopped = stop;
    else if (score > best.score) best = { step: done, score, coefficients: params.coefficients.copy() };
  };
  try {
    await judge(0);
    for (let done = 0; done < steps && stopped === null; ) {
      throwIfAborted(signal);
      const out = await step(params, state, {}, ...plan.draw(batch, rng(seed, done)));
      assertFinite({ loss: out.loss }, done);
      losses.push(out.loss.item());
      ({ params, state } = out as unknown as { params: typeof params; state: unknown });
      done++;
      if (done % look === 0 || done === steps) await judge(done);
      onProgress?.({ done, total: steps, stage: `learning coefficients: ${objective}` });
    }
  } finally {
    await step.close();
    await plan.close();
  }
  const { coefficients } = best;
  composer.coefficients = array(
    Float32Array.from(coefficients.data as Float32Array),
    'float32',
    composer.shape,
  );
  return {
    coefficients: composer.coefficients,
    best: { step: best.step, score: best.score },
    scores,
    losses: Float64Array.from(losses),
    stopped,
    warnings: composer.warnings,
  };
}
