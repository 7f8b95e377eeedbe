/**
 * Barlow Twins: an encoder trained without labels.
 *
 * @module
 */
import type { NDArray } from '@fletch/array';
import { evaluate } from '@fletch/array';
import { digitViews, type ViewOptions } from '../augment/index.js';
import type { Encoder } from '../encoder/encoder.js';
import { TwoViewLearner } from './learner.js';
import { type BarlowTwinsLossOptions, crossCorrelation } from './loss.js';
import { barlowTwins } from './objectives.js';

export interface BarlowTwinsOptions extends BarlowTwinsLossOptions {
  /** Widths of the projector's linear layers: wider is better. Default 512, 512, 512. */
  readonly projector?: readonly number[];
  /** How the two views of an image are made. Default: for grey digits. */
  readonly augment?: ViewOptions;
  /** Of projector and views. Default 0. */
  readonly seed?: number;
  /** Default: all cores. */
  readonly threads?: number;
}

/**
 * Trains an encoder so that two random views of an image are embedded alike and no two dimensions say the same.
 *
 * @example
 * ```ts
 * const model = new BarlowTwins(imageEncoder(cnn, {}, { seed: 0 }), { projector: [256, 256] });
 * await model.fit(images, { epochs: 10, batch: 128 });
 * const probe = await linearProbe(await model.embed(labelled), labels);
 * ```
 */
export class BarlowTwins extends TwoViewLearner {
  /** @throws FletchError `INVALID_ARGUMENT` for a bad λ and a projector without layers */
  constructor(encoder: Encoder, options: BarlowTwinsOptions = {}) {
    const { lambda, eps, augment = digitViews, ...rest } = options;
    const objective = barlowTwins({
      ...(lambda !== undefined && { lambda }),
      ...(eps !== undefined && { eps }),
    });
    super(encoder, { ...rest, augment, objective });
  }

  /**
   * The cross-correlation matrix of two views of images, `D × D`: near the identity when training went well.
   *
   * @param step - which views are drawn. Default 0
   */
  async correlation(images: NDArray, step = 0): Promise<NDArray> {
    const [a, b] = this.views(images, step);
    return evaluate(crossCorrelation(await this.project(a), await this.project(b)));
  }
}
