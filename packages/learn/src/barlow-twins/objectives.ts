/**
 * Losses of two views: Barlow Twins and those it is compared with.
 *
 * @module
 */
import {
  add,
  array,
  concat,
  crossEntropy,
  eye,
  matmul,
  mean,
  meanSquaredError,
  mul,
  relu,
  rsqrt,
  sqrt,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import { type BarlowTwinsLossOptions, barlowTwinsLoss, checkLambda } from './loss.js';

/** The loss, and parts of it that are worth a curve. */
export type Terms = { readonly loss: Tensor } & { readonly [part: string]: Tensor };

/** What is minimized over the projections of two views. */
export interface Objective {
  readonly name: string;
  /** Whether the projections are normalized over the batch before the loss sees them. Default false. */
  readonly normalized?: boolean;
  /** Hidden width of a predictor on top of the projector, as a share of its width; without it there is none. */
  readonly predictor?: number;
  /** Traced. `predict` is the predictor, or returns what it is given. */
  loss(z1: Tensor, z2: Tensor, predict: (z: Tensor) => Tensor): Terms;
}

/** Pulls the views' cross-correlation to the identity. With λ = 0 only the invariance is left. */
export function barlowTwins(options: BarlowTwinsLossOptions = {}): Objective {
  if (options.lambda !== undefined) checkLambda(options.lambda);
  return {
    name: options.lambda === 0 ? 'invariance only' : 'Barlow Twins',
    loss: (z1, z2) => ({ ...barlowTwinsLoss(z1, z2, options) }),
  };
}

/** The second term of Barlow Twins alone: an ablation. */
export function redundancyOnly(options: BarlowTwinsLossOptions = {}): Objective {
  const { lambda = 0.0051 } = options;
  return {
    name: 'redundancy only',
    loss(z1, z2) {
      const { onDiag, offDiag } = barlowTwinsLoss(z1, z2, { ...options, lambda });
      return { loss: mul(offDiag, lambda), onDiag, offDiag };
    },
  };
}

/**
 * NT-Xent: each of the 2N views must find its sibling among the others by cosine similarity (SimCLR: Chen et al.,
 * ICML 2020).
 */
export function simclr({ temperature = 0.5 }: { readonly temperature?: number } = {}): Objective {
  if (!(temperature > 0))
    throw new FletchError('INVALID_ARGUMENT', `The temperature must be positive, not ${temperature}.`);
  return {
    name: 'SimCLR',
    loss(z1, z2) {
      const rows = z1.shape[0]!;
      const all = unit(concat([z1, z2], 0));
      const similar = mul(matmul(all, all, { transposeB: true }), 1 / temperature);
      // Nobody is compared with itself.
      const others = sub(similar, mul(eye(2 * rows, z1.dtype), 1e9));
      const siblings = Int32Array.from({ length: 2 * rows }, (_, i) => (i + rows) % (2 * rows));
      return { loss: crossEntropy(others, array(siblings)) };
    },
  };
}

/**
 * A predictor of one view's projection from the other's; no gradient flows into the target (SimSiam: Chen and He,
 * CVPR 2021).
 */
export function simsiam({ predictor = 0.25 }: { readonly predictor?: number } = {}): Objective {
  if (!(predictor > 0))
    throw new FletchError('INVALID_ARGUMENT', `The predictor's width must be positive, not ${predictor}.`);
  const similarity = (p: Tensor, z: Tensor) => mean(sum(mul(unit(p), unit(stopGradient(z))), { axes: 1 }));
  return {
    name: 'SimSiam',
    normalized: true,
    predictor,
    loss: (z1, z2, predict) => ({
      loss: mul(add(similarity(predict(z1), z2), similarity(predict(z2), z1)), -0.5),
    }),
  };
}

/**
 * Distance of the views, a hinge on every column's standard deviation and the covariances off the diagonal, each view
 * for itself (VICReg: Bardes, Ponce and LeCun, ICLR 2022).
 */
export function vicreg({
  invariance = 25,
  variance = 25,
  covariance = 1,
}: {
  readonly invariance?: number;
  readonly variance?: number;
  readonly covariance?: number;
} = {}): Objective {
  return {
    name: 'VICReg',
    loss(z1, z2) {
      const near = meanSquaredError(z1, z2);
      const [a, b] = [spreadOf(z1), spreadOf(z2)];
      const spread = mul(add(a.hinge, b.hinge), 0.5);
      const redundancy = add(a.covariances, b.covariances);
      const loss = add(add(mul(near, invariance), mul(spread, variance)), mul(redundancy, covariance));
      return { loss, near, spread, redundancy };
    },
  };
}

function spreadOf(z: Tensor) {
  const [rows, width] = z.shape as [number, number];
  const centred = sub(z, mean(z, { axes: 0, keepDims: true }));
  const variances = mul(sum(mul(centred, centred), { axes: 0 }), 1 / (rows - 1));
  const matrix = mul(matmul(centred, centred, { transposeA: true }), 1 / (rows - 1));
  return {
    hinge: mean(relu(sub(1, sqrt(add(variances, 1e-4))))),
    covariances: mul(sub(sum(mul(matrix, matrix)), sum(mul(variances, variances))), 1 / width),
  };
}

/** Rows of length 1. */
const unit = (x: Tensor) => mul(x, rsqrt(add(sum(mul(x, x), { axes: 1, keepDims: true }), 1e-12)));
