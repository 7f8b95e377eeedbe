/**
 * Scaled dot-product attention.
 *
 * @module
 */
import { callError, type Tensor, tensor, tensors, type Value } from '../core/tensor.js';
import { add, and, maximum, mul, sub } from '../operations/binary.js';
import { cast } from '../operations/cast.js';
import { tril } from '../operations/gather.js';
import { matmul } from '../operations/matmul.js';
import { softmax } from '../operations/normal.js';
import { max, sum, sumTo } from '../operations/reduce.js';
import { customVjp, stopGradient } from '../operations/structure.js';

/** Which positions see which, and how strongly. */
export interface AttentionOptions {
  /** Position i sees the keys 0 … i only. Default false. */
  readonly causal?: boolean;
  /** `bool`, stretched to `[…, queries, keys]`: where it is false a key is not seen. Every query must see one. */
  readonly mask?: Value;
  /** Added to the scaled products; stretched to `[…, queries, keys]`. */
  readonly bias?: Value;
  /** Factor of the products. Default 1 / √width. */
  readonly scale?: number;
}

/** Far below every score that counts. */
const UNSEEN = -1e9;
/**
 * Unseen scores end this far below the largest of their row, e^−30, before their weights are set to 0: smaller ones
 * would be denormal numbers, on which the processor is a hundred times slower.
 */
const DEPTH = 30;

/**
 * The weights of the keys for every query, `[…, queries, keys]`; rows add up to 1.
 *
 * @param q - queries `[…, queries, width]`
 * @param k - keys `[…, keys, width]`
 */
export function attentionWeights(q: Value, k: Value, options: AttentionOptions = {}): Tensor {
  const [queries, keys] = tensors('attention', [q, k]) as [Tensor, Tensor];
  return weights(queries, keys, {
    scale: options.scale ?? 1 / Math.sqrt(queries.shape.at(-1)!),
    seen: seenKeys(queries, keys, options),
    bias: options.bias,
  });
}

type Given = [queries: Tensor, keys: Tensor, values: Tensor, bias?: Tensor];

interface Scoring {
  readonly scale: number;
  readonly seen: Tensor | undefined;
  readonly bias: Value | undefined;
}

function weights(queries: Tensor, keys: Tensor, { scale, seen, bias }: Scoring): Tensor {
  let scores = mul(matmul(queries, keys, { transposeB: true }), scale);
  if (bias !== undefined) scores = add(scores, bias);
  if (seen === undefined) return softmax(scores);
  scores = add(scores, mul(sub(1, seen), UNSEEN));
  const top = stopGradient(max(scores, { axes: -1, keepDims: true }));
  return mul(softmax(maximum(scores, sub(top, DEPTH))), seen);
}

/** 1 where a query sees a key and 0 elsewhere; `undefined` when every query sees all. */
function seenKeys(queries: Tensor, keys: Tensor, { causal, mask }: AttentionOptions): Tensor | undefined {
  const parts: Tensor[] = [];
  if (causal) {
    const n = queries.shape.at(-2)!;
    if (keys.shape.at(-2) !== n)
      throw callError(
        'attention',
        `causal attention of ${n} queries over ${keys.shape.at(-2)} keys: there must be as many`,
        'DIMENSION_MISMATCH',
      );
    parts.push(tril(n));
  }
  if (mask !== undefined) parts.push(tensor(mask));
  const all = parts.reduce<Tensor | undefined>((a, b) => (a === undefined ? b : and(a, b)), undefined);
  return all && cast(all, queries.dtype);
}

/**
 * For every query the mean of the values, weighted by how alike query and key are: softmax(q kᵀ / √width) v
 * (Vaswani et al. 2017, equation 1).
 *
 * @param q - queries `[…, queries, width]`
 * @param k - keys `[…, keys, width]`
 * @param v - values `[…, keys, width of the result]`
 * @returns `[…, queries, width of the result]`
 * @throws FletchError `DIMENSION_MISMATCH` when the shapes do not fit
 */
export function attention(q: Value, k: Value, v: Value, options: AttentionOptions = {}): Tensor {
  const { bias: added } = options;
  const all = tensors('attention', [q, k, v, ...(added === undefined ? [] : [added])]);
  const scale = options.scale ?? 1 / Math.sqrt(all[0]!.shape.at(-1)!);
  const seen = seenKeys(all[0]!, all[1]!, options);
  const attend = customVjp(
    (...given: Tensor[]) => {
      const [queries, keys, values, bias] = given as Given;
      return matmul(weights(queries, keys, { scale, seen, bias }), values);
    },
    (g, given, output) => {
      const [queries, keys, values, bias] = given as Given;
      const p = weights(queries, keys, { scale, seen, bias });
      // Σ p·∂p over the keys is g·output: a sum over the width instead of one over all keys.
      const inner = sum(mul(g, output), { axes: -1, keepDims: true });
      const score = mul(p, sub(matmul(g, values, { transposeB: true }), inner));
      const scaled = mul(score, scale);
      return [
        sumTo(matmul(scaled, keys), queries.shape),
        sumTo(matmul(scaled, queries, { transposeA: true }), keys.shape),
        sumTo(matmul(p, g, { transposeA: true }), values.shape),
        ...(bias === undefined ? [] : [sumTo(score, bias.shape)]),
      ];
    },
  );
  return attend(...all);
}
