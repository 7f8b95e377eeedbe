/**
 * Convolutional networks of `@fletch/models` as encoders.
 *
 * @module
 */
import { type NDArray, type Tensor, zeros } from '@fletch/array';
import {
  type BaseConfig,
  type ConvolutionalOutput,
  type Family,
  type ImageInputs,
  partBuffers,
} from '@fletch/models';
import type { Encoder } from './encoder.js';

/** A family whose features can be learned: `cnn`, `resnet`. */
export type ImageFamily<Config extends BaseConfig> = Family<
  Config,
  ImageInputs,
  Pick<ConvolutionalOutput, 'features' | 'buffers'>
>;

export interface ImageEncoderOptions {
  /** Of the first parameters. */
  readonly seed: number;
  /**
   * Start residual blocks as identities: the scale of each block's last normalization is 0 (Goyal et al.,
   * arXiv 1706.02677). Default true; a network without such blocks has nothing to change.
   */
  readonly zeroResiduals?: boolean;
}

/** The classifier, which an encoder is without. */
const HEAD = /^(fc|classifier)\./;
const LAST_SCALE = /^(layer\d+\.\d+)\.bn(\d+)\.weight$/;

/**
 * A network without its classifier, with parameters drawn anew. Arrays are named as the family names them:
 * `conv1.weight`, `bn1.running_mean`, `layer1.0.conv2.weight`, …
 *
 * @param config - content of the family's `config.json`; the classifier's fields do not matter
 * @throws FletchError `INVALID_ARGUMENT` naming every field of the config that is wrong
 * @example
 * ```ts
 * const encoder = imageEncoder(cnn, { hidden_sizes: [16, 32, 64, 128] }, { seed: 0 });
 * ```
 */
export function imageEncoder<Config extends BaseConfig>(
  family: ImageFamily<Config>,
  config: Readonly<Record<string, unknown>>,
  options: ImageEncoderOptions,
): Encoder {
  const { seed, zeroResiduals = true } = options;
  const checked = family.config(config);
  const all = family.init(checked, { seed });
  const named = (keep: (name: string) => boolean) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => keep(name)));
  const head = named((name) => HEAD.test(name));
  const [params, stats] = partBuffers(named((name) => !HEAD.test(name)));
  if (zeroResiduals)
    for (const name of lastScales(Object.keys(params))) params[name] = zeros(params[name]!.shape);
  return {
    width: widthOf(head),
    params,
    stats,
    apply(given, running, images, training) {
      // Nobody asks for the logits: the classifier is never computed.
      const { features, buffers } = family.forward(
        checked,
        { ...head, ...given, ...running },
        { images },
        { training },
      );
      return { features, stats: training ? (buffers as Record<string, Tensor>) : running };
    },
  };
}

/** What the classifier reads. */
function widthOf(head: Readonly<Record<string, NDArray>>): number {
  return Object.values(head).find(({ shape }) => shape.length === 2)!.shape[1]!;
}

/** Names of the scales of the last normalization of every residual block. */
function lastScales(names: readonly string[]): string[] {
  const last = new Map<string, string>();
  for (const name of names.toSorted()) {
    const block = LAST_SCALE.exec(name)?.[1];
    if (block !== undefined) last.set(block, name);
  }
  return [...last.values()];
}
