/**
 * Muon: steps of equal length in every direction of a matrix.
 *
 * @module
 */
import { callError, type Tensor, tensor } from '../core/tensor.js';
import { add, div, mul, sub } from '../operations/binary.js';
import { matmul } from '../operations/matmul.js';
import { sum } from '../operations/reduce.js';
import { transpose } from '../operations/shape.js';
import { sqrt } from '../operations/unary.js';
import {
  countFrom,
  nextStep,
  type Optimizer,
  partOf,
  rateAt,
  type Schedule,
  updateEach,
  zerosFor,
} from './optimizer.js';

/** Options of {@link muon}. */
export interface MuonOptions {
  readonly learningRate: Schedule;
  /** Share of the former velocity that is kept. Default 0.95. */
  readonly momentum?: number;
  /** Taken off the parameter, as by AdamW. Default 0.01. */
  readonly weightDecay?: number;
}

/** Of the quintic iteration: singular values between 0 and 1 come near 1 in five rounds (Jordan et al., 2024). */
const COEFFICIENTS = [3.4445, -4.775, 2.0315] as const;
const ROUNDS = 5;

/**
 * The nearest half-orthogonal matrix, roughly: singular values become 0.7 to 1.2 while singular vectors stay. Values below a
 * thousandth of the whole length are lifted less.
 *
 * @param x - `[rows, columns]`
 */
export function orthogonalize(x: Tensor): Tensor {
  const [rows, columns] = x.shape as [number, number];
  const tall = rows > columns;
  const [a, b, c] = COEFFICIENTS;
  let wide = tall ? transpose(x) : x;
  wide = div(wide, add(sqrt(sum(mul(wide, wide))), 1e-7));
  for (let i = 0; i < ROUNDS; i++) {
    const gram = matmul(wide, wide, { transposeB: true });
    const factor = add(mul(gram, b), mul(matmul(gram, gram), c));
    wide = add(mul(wide, a), matmul(factor, wide));
  }
  return tall ? transpose(wide) : wide;
}

/**
 * Muon (K. Jordan et al., 2024, https://kellerjordan.github.io/posts/muon): Nesterov's momentum, made half-orthogonal. Steps
 * are scaled by `0.2 · √(larger side)`, so that they are as long as Adam's at the same rate (Liu et al., 2025,
 * https://arxiv.org/abs/2502.16982). For the matrices inside of a network; use {@link groups} with `adamw` for the others.
 *
 * @throws FletchError `INVALID_ARGUMENT` for a parameter that is no matrix
 */
export function muon(options: MuonOptions): Optimizer {
  const { learningRate, momentum = 0.95, weightDecay = 0.01 } = options;
  return {
    init: (params) => ({ step: countFrom(0), velocity: zerosFor(params) }),
    update: (params, gradients, state) => {
      const step = partOf<Tensor>(state, 'step', 'muon');
      const [next, velocity] = updateEach(
        params,
        [gradients, partOf(state, 'velocity', 'muon')],
        (p, g, v) => {
          if (p.rank !== 2) throw callError('muon', `it is for matrices, not for ${String(p)}: use groups`);
          const speed = add(mul(v!, momentum), g!);
          const move = orthogonalize(add(g!, mul(speed, momentum)));
          const rate = tensor(rateAt(learningRate, step, p), p.dtype);
          const kept = weightDecay === 0 ? p : mul(p, sub(1, mul(rate, weightDecay)));
          const length = 0.2 * Math.sqrt(Math.max(...p.shape));
          return [sub(kept, mul(move, mul(rate, length))), speed];
        },
      );
      return [next!, { step: nextStep(step), velocity }];
    },
  };
}
