/**
 * Brings a model into the order of another: read, matched, measured, written.
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import type { ImageSplits, PixelStatistics } from '@fletch/data';
import { checkSameStates, type StateDict } from '../../state-dict.js';
import { collectProducts, matchByProducts } from '../activation-matching.js';
import { applyPermutation } from '../apply.js';
import { distanceOf, interpolate, type LossBarrier, lossBarrier } from '../interpolate.js';
import type { PermArchitecture } from '../layouts/index.js';
import { permsToJson } from '../perms.js';
import { alignmentOf, distanceBound, singularParts } from '../singular-alignment.js';
import type { PermSpec, Perms } from '../spec.js';
import { straightThroughMatching } from '../straight-through.js';
import { checkMatching, weightMatching } from '../weight-matching.js';
import { findSpec } from './find-spec.js';
import { checkTarget, holdModel, writeLike } from './held-model.js';
import { type ImageTask, openImageTask } from './image-task.js';

/** Ways to match. */
export const alignMethods = ['weight', 'activation', 'straight-through'] as const;
export type AlignMethod = (typeof alignMethods)[number];

export interface AlignOptions extends LongWork {
  /** Folder that the permuted second model is written to; nothing is written without it. */
  readonly out?: string | undefined;
  /** Folder that the interpolated model is written to, with `merge`. */
  readonly mergedOut?: string | undefined;
  /** Where between the models the interpolated one lies: 0 is the first. */
  readonly merge?: number | undefined;
  /** Default `weight`. The others need data. */
  readonly method?: AlignMethod;
  /** Instead of the one that the layout has. */
  readonly spec?: PermSpec | undefined;
  /** Images that both models classify. */
  readonly data?: ImageSplits | undefined;
  /** How their pixels become inputs. */
  readonly statistics?: PixelStatistics | undefined;
  /** Test images that are measured. Default 2000. */
  readonly images?: number;
  /** Places along the path that are measured, an odd number. Default 11. */
  readonly points?: number;
  /** Steps of the straight-through estimator. Default 100. */
  readonly steps?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Default: all cores. */
  readonly threads?: number | undefined;
  /** Whether a folder that is there is replaced. Default false. */
  readonly force?: boolean;
}

/** The loss on the way from the first model to the second. */
export interface AlignPath extends LossBarrier {
  readonly accuracies: number[];
}

/** What came of it. */
export interface AlignReport {
  readonly architecture: PermArchitecture | null;
  readonly method: AlignMethod;
  /** Permutations, and units in all of them. */
  readonly permutations: number;
  readonly units: number;
  /** Units that do not stay where they were. */
  readonly moved: number;
  readonly distance: { readonly before: number; readonly after: number; readonly lowerBound: number };
  /** Singular alignment R by γ. */
  readonly alignment: readonly { readonly gamma: number; readonly before: number; readonly after: number }[];
  /** `null` without data. */
  readonly path: { readonly before: AlignPath; readonly after: AlignPath } | null;
  /** Whether running statistics of normalizations were estimated anew after averaging; `null` when there are none. */
  readonly statisticsReset: boolean | null;
  readonly perms: Perms;
}

const GAMMAS = [0, 0.3];

async function match(
  spec: PermSpec,
  [a, b]: readonly [StateDict, StateDict],
  task: ImageTask | undefined,
  options: AlignOptions,
): Promise<Perms> {
  const { method = 'weight', seed = 0, threads, steps = 100, signal, onProgress } = options;
  const work = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  if (method === 'weight') return weightMatching(spec, a, b, { seed, ...work }).perms;
  if (!task)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The method "${method}" needs data that both models know: name a data set, or match by weights.`,
      { details: { method } },
    );
  if (method === 'activation') {
    const draw = (step: number) => task.draw(step, 250).slice(0, 1);
    const products = await collectProducts(task.activations, [a, b], { batches: 20, draw, threads, ...work });
    return matchByProducts(spec, products);
  }
  const started = { lr: 0.01, steps, batch: 250, seed, threads, ...work };
  return (await straightThroughMatching(spec, a, b, task.loss, task.draw, started)).perms;
}

async function pathOf(
  a: StateDict,
  b: StateDict,
  task: ImageTask,
  { points = 11, signal, onProgress }: AlignOptions,
  stage: string,
): Promise<AlignPath> {
  const accuracies: number[] = [];
  const path = await lossBarrier(
    a,
    b,
    async (model) => {
      const isEnd = accuracies.length === 0 || accuracies.length === points - 1;
      const { loss, accuracy } = await task.judge(isEnd ? model : await task.reset(model));
      accuracies.push(accuracy);
      return loss;
    },
    points,
    {
      ...(signal && { signal }),
      ...(onProgress && { onProgress: (progress) => onProgress({ ...progress, stage }) }),
    },
  );
  return { ...path, accuracies };
}

/**
 * Aligns the model of one folder with that of another, and measures what that did: distance, singular alignment, and with
 * data the loss along the path between them.
 *
 * @param first - folder of the model whose order is taken
 * @param second - folder of the model whose units are permuted
 * @throws FletchError `DIMENSION_MISMATCH` naming tensors that differ, `INVALID_ARGUMENT` for a layout that is not known, a
 *   spec that does not fit, data that a method lacks; `NON_FINITE`, `ALREADY_EXISTS`, `DISK_FULL`, `IO`, `ABORTED`, and
 *   whatever opening the models throws
 */
export async function alignModels(
  first: string,
  second: string,
  options: AlignOptions = {},
): Promise<AlignReport> {
  const { out, merge, mergedOut, method = 'weight', data, force, signal, onProgress } = options;
  const work = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  if (merge !== undefined && !(merge >= 0 && merge <= 1))
    throw new FletchError('INVALID_ARGUMENT', `A model between two lies at 0 to 1, not at ${merge}.`);
  for (const folder of [out, mergedOut]) if (folder !== undefined) await checkTarget(folder, force);
  const [a, b] = [await holdModel(first, work), await holdModel(second, work)];
  checkSameStates(a.state, b.state, [first, second]);
  const { architecture, spec } = options.spec ? { architecture: null, spec: options.spec } : findSpec(a);
  const facts = checkMatching(spec, a.state, b.state);
  const task = data && openImageTask(a, spec, { ...options, data });
  try {
    const perms = await match(spec, [a.state, b.state], task, options);
    const aligned = applyPermutation(spec, perms, b.state);
    onProgress?.({ done: 0, stage: 'singular vectors' });
    const [left, before, after] = [a.state, b.state, aligned].map(singularParts) as [
      ReturnType<typeof singularParts>,
      ReturnType<typeof singularParts>,
      ReturnType<typeof singularParts>,
    ];
    const path = task
      ? {
          before: await pathOf(a.state, b.state, task, options, 'loss along the path, before'),
          after: await pathOf(a.state, aligned, task, options, 'loss along the path, after'),
        }
      : null;
    const hasStatistics = Object.keys(a.state).some((name) => /running_(mean|var)$/.test(name));
    if (out !== undefined)
      await writeLike(out, b, aligned, {
        force: force ?? false,
        files: { 'permutations.json': permsToJson(perms) },
        ...work,
      });
    if (merge !== undefined && mergedOut !== undefined) {
      const between = interpolate(a.state, aligned, merge);
      const merged = task && merge > 0 && merge < 1 ? await task.reset(between) : between;
      await writeLike(mergedOut, a, merged, { force: force ?? false, ...work });
    }
    const moved = Object.values(perms).map((p) => p.reduce((sum, from, i) => sum + Number(from !== i), 0));
    return {
      architecture,
      method,
      permutations: facts.sizes.size,
      units: [...facts.sizes.values()].reduce((sum, size) => sum + size, 0),
      moved: moved.reduce((sum, count) => sum + count, 0),
      distance: {
        before: distanceOf(a.state, b.state),
        after: distanceOf(a.state, aligned),
        lowerBound: distanceBound([a.state, aligned], [left, after]).distLowerBound,
      },
      alignment: GAMMAS.map((gamma) => ({
        gamma,
        before: alignmentOf(left, before, gamma).R,
        after: alignmentOf(left, after, gamma).R,
      })),
      path,
      statisticsReset: hasStatistics ? task !== undefined : null,
      perms,
    };
  } finally {
    await task?.close();
  }
}
