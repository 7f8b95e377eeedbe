/**
 * What a classifier of images is measured and matched by: its loss on a data set, its activations, its statistics.
 *
 * @module
 */
import {
  argmax,
  array,
  cast,
  compile,
  equal,
  type NDArray,
  reshape,
  sum,
  type Tensor,
  transpose,
} from '@fletch/array';
import { FletchError, type LongWork } from '@fletch/base';
import { type ImageSet, type ImageSplits, imageFloats, type PixelStatistics, takeImages } from '@fletch/data';
import { rng } from '@fletch/linalg';
import {
  type AnyFamily,
  classificationLoss,
  familyOf,
  loadParameters,
  type ParameterSpec,
} from '@fletch/models';
import type { StateDict } from '../../state-dict.js';
import type { TracedActivations } from '../activation-matching.js';
import { blockOf, type PermSpec, partsOf } from '../spec.js';
import type { LossGraph } from '../straight-through.js';
import type { HeldModel } from './held-model.js';

type Weights = Readonly<Record<string, Tensor>>;

/** Images of a batch that is measured, of one that statistics come from, and how many of these. */
const MEASURED = 250;
const ESTIMATED = 200;
const ESTIMATES = 10;

/** A task that a model is known to do. */
export interface ImageTask {
  /** Whether running statistics must be estimated anew after averaging. */
  readonly hasStatistics: boolean;
  /** Traced: the loss, the statistics of normalizations as the model holds them. */
  readonly loss: LossGraph;
  /** Traced, for {@link collectProducts}. Permutations that no layer reads as they are have no activations. */
  readonly activations: TracedActivations;
  /** Training images and labels. */
  readonly draw: (step: number, batch: number) => NDArray[];
  /** On test images. */
  readonly judge: (model: StateDict) => Promise<{ readonly loss: number; readonly accuracy: number }>;
  /** The model with running statistics of training images (Jordan et al., REPAIR, ICLR 2023: what averaging takes away). */
  readonly reset: (model: StateDict) => Promise<StateDict>;
  readonly close: () => Promise<void>;
}

export interface ImageTaskOptions extends LongWork {
  readonly data: ImageSplits;
  readonly statistics?: PixelStatistics | undefined;
  /** Test images that are measured. Default 2000. */
  readonly images?: number;
  readonly threads?: number | undefined;
}

/** The site of a forward pass at which the units of each permutation can be seen, and the axis they are on. */
function sitesOf(spec: PermSpec, kinds: ReadonlyMap<string, ParameterSpec['kind']>): Map<string, string> {
  const sites = new Map<string, string>();
  for (const [tensor, axes] of Object.entries(spec)) {
    const kind = kinds.get(tensor);
    if (!kind || !['linear', 'conv', 'conv1d'].includes(kind)) continue;
    const parts = partsOf(axes[kind === 'conv1d' ? 0 : 1] ?? null);
    const [part] = parts;
    if (parts.length !== 1 || part === undefined || typeof part === 'number') continue;
    const { perm, each, group, inner } = blockOf(part);
    // Of heads: the values side by side, where each head has its own.
    const seen = inner !== undefined && group === 1 ? inner : each === 1 && group === 1 ? perm : undefined;
    if (seen !== undefined && !sites.has(seen)) sites.set(seen, `${tensor.replace(/\.weight$/, '')}.in`);
  }
  return sites;
}

/** `[examples · places, units]`. */
function examplesOf(x: Tensor): Tensor {
  if (x.rank === 4) {
    const last = transpose(x, [0, 2, 3, 1]);
    return reshape(last, [last.size / last.shape[3]!, last.shape[3]!]);
  }
  const units = x.shape.at(-1)!;
  return reshape(x, [x.size / units, units]);
}

/**
 * The task of a model, when its config is of a family that classifies images as large as those of the data.
 *
 * @param spec - by the names of the model's tensors
 * @throws FletchError `INVALID_ARGUMENT` when it is of no such family, `INVALID_INPUT_FILE` for weights that do not fit the
 *   config
 */
export function openImageTask(model: HeldModel, spec: PermSpec, options: ImageTaskOptions): ImageTask {
  const { data, statistics, images = 2000, threads } = options;
  const family: AnyFamily = familyOf(model.config);
  const config = family.config(model.config ?? {});
  if (!['mlp', 'cnn', 'resnet', 'vit'].includes(family.name))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${model.path} is a ${family.name}: a loss on images is measured of mlp, cnn, resnet and vit.`,
      { details: { family: family.name } },
    );
  // The family's name of each tensor.
  const loaded = loadParameters(family, config, model.state, { source: model.path });
  const own = new Map(Object.entries(model.state).map(([name, tensor]) => [tensor, name]));
  const names = Object.entries(loaded).map(([parameter, tensor]) => [parameter, own.get(tensor)!] as const);
  const renamed = <T>(weights: Readonly<Record<string, T>>) =>
    Object.fromEntries(names.map(([parameter, name]) => [parameter, weights[name]!]));
  const forward = (weights: Weights, x: Tensor, rest?: object) =>
    family.forward(
      config,
      renamed(weights),
      family.name === 'mlp' ? { features: x } : { images: x },
      rest,
    ) as {
      readonly logits: Tensor;
      readonly buffers?: Weights;
    };
  const kinds = new Map(family.parameters(config).map((one: ParameterSpec) => [one.name, one.kind]));
  const inFamily = Object.fromEntries(
    names.flatMap(([parameter, name]) => (spec[name] ? [[parameter, spec[name]]] : [])),
  ) as PermSpec;
  const sites = sitesOf(inFamily, kinds);
  const runtime = threads === undefined ? {} : { threads };
  const measure = compile(
    (weights: Weights, x: Tensor, y: Tensor) => {
      const { logits } = forward(weights, x);
      return {
        loss: classificationLoss(logits, y),
        right: sum(cast(equal(argmax(logits, { axis: -1 }), y), 'float32')),
      };
    },
    { name: 'loss', ...runtime },
  );
  const estimate = compile(
    (weights: Weights, x: Tensor) => forward(weights, x, { training: true }).buffers ?? {},
    {
      name: 'running statistics',
      ...runtime,
    },
  );
  const feed = (set: ImageSet, positions: ArrayLike<number>): NDArray[] => {
    const taken = takeImages(set, positions);
    const shape = [taken.count, set.channels, set.rows, set.columns];
    return [
      array(imageFloats(taken, statistics), 'float32', shape),
      array(Int32Array.from(taken.labels), 'int32', [taken.count]),
    ];
  };
  const judged = takeImages(data.test, rng(1).sample(data.test.count, Math.min(images, data.test.count)));
  const draw: ImageTask['draw'] = (step, batch) =>
    feed(data.train, rng(2, step).sample(data.train.count, Math.min(batch, data.train.count)));
  const buffers = names.filter(([parameter]) => /running_(mean|var)$/.test(parameter));
  return {
    hasStatistics: buffers.length > 0,
    loss: (weights, x, y) => classificationLoss(forward(weights, x!).logits, y!),
    activations(weights, x) {
      const seen: Record<string, Tensor> = {};
      forward(weights, x!, {
        tap: (site: string, value: Tensor) => {
          for (const [perm, wanted] of sites) if (wanted === site) seen[perm] = examplesOf(value);
          return undefined;
        },
      });
      return seen;
    },
    draw,
    async judge(state) {
      let [loss, right] = [0, 0];
      for (let start = 0; start < judged.count; start += MEASURED) {
        const count = Math.min(MEASURED, judged.count - start);
        const [x, y] = feed(
          judged,
          Array.from({ length: count }, (_, i) => start + i),
        );
        const out = await measure(state as never, x!, y!);
        loss += out.loss.item() * count;
        right += out.right.item();
      }
      return { loss: loss / judged.count, accuracy: right / judged.count };
    },
    async reset(state) {
      if (buffers.length === 0) return state;
      const filled = (value: number) => ({
        ...state,
        ...Object.fromEntries(
          buffers.map(([, name]) => [
            name,
            array(new Float32Array(state[name]!.size).fill(value), 'float32', state[name]!.shape),
          ]),
        ),
      });
      const [first] = draw(0, ESTIMATED);
      const run = (weights: StateDict, x: NDArray) =>
        estimate(weights as never, x) as Promise<Record<string, NDArray>>;
      // Running statistics move a share towards the batch's: from 0 and from 1 tells the share.
      const [zero, one] = [await run(filled(0), first!), await run(filled(1), first!)];
      const [some] = Object.keys(zero) as [string];
      const share = 1 - ((one[some]!.data[0] as number) - (zero[some]!.data[0] as number));
      const sums = new Map<string, Float64Array>();
      for (let i = 0; i < ESTIMATES; i++) {
        const out = i === 0 ? zero : await run(filled(0), draw(i, ESTIMATED)[0]!);
        for (const [parameter, name] of buffers) {
          const total = sums.get(name) ?? new Float64Array(state[name]!.size);
          out[parameter]!.data.forEach((value, k) => {
            total[k]! += Number(value) / share / ESTIMATES;
          });
          sums.set(name, total);
        }
      }
      const estimated = [...sums].map(([name, total]) => [
        name,
        array(Float32Array.from(total), 'float32', state[name]!.shape),
      ]);
      return { ...state, ...Object.fromEntries(estimated) };
    },
    close: async () => {
      await Promise.all([measure.close(), estimate.close()]);
    },
  };
}
