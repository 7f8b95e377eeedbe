/**
 * Attention of several heads, all of a batch at once.
 *
 * @module
 */
import {
  attention,
  attentionWeights,
  cast,
  expandDims,
  matmul,
  reshape,
  type Tensor,
  tensor,
  transpose,
  unstack,
  type Value,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import type { Run } from '../run.js';

/** Which places see which. */
export interface Visibility {
  /** Whether a place sees only those before it and itself. */
  readonly causal: boolean;
  /** `bool`, stretches to `[batch, heads, places, places]`: who may see whom; `undefined` when all may. */
  readonly mask: Tensor | undefined;
}

/**
 * Checks which places may be seen; made once for all layers of a pass.
 *
 * @param x - `[batch, places, …]`
 * @param options.seen - `[batch, places]`, 1 or true where a place may be seen, 0 at padding
 * @throws FletchError `DIMENSION_MISMATCH` when `seen` has another shape
 */
export function visibility(
  x: Tensor,
  { causal = false, seen }: { readonly causal?: boolean; readonly seen?: Value | undefined } = {},
): Visibility {
  if (seen === undefined) return { causal, mask: undefined };
  const [batch, places] = x.shape as [number, number];
  const given = tensor(seen);
  if (given.shape.join() !== [batch, places].join())
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `attentionMask has shape [${given.shape}], not [batch, places] = [${batch}, ${places}].`,
    );
  return { causal, mask: reshape(cast(given, 'bool'), [batch, 1, 1, places]) };
}

/** `[batch, places, heads · width]` as `[batch, heads, places, width]`. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, places, all] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, places, heads, all / heads]), [0, 2, 1, 3]);
}

/** Queries, keys and values side by side, `[batch, places, 3 · heads · width]`, as three of {@link splitHeads}. */
export function splitFused(qkv: Tensor, heads: number): readonly [q: Tensor, k: Tensor, v: Tensor] {
  const [batch, places, all] = qkv.shape as [number, number, number];
  const parts = reshape(qkv, [batch, places, 3, heads, all / (3 * heads)]);
  return unstack(transpose(parts, [2, 0, 3, 1, 4])) as [Tensor, Tensor, Tensor];
}

/** The inverse of {@link splitHeads}. */
export function joinHeads(x: Tensor): Tensor {
  const [batch, heads, places, width] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, places, heads * width]);
}

/** How heads attend. */
export interface AttendOptions {
  /** Default: every place sees all. */
  readonly visible?: Visibility;
  /** Dropout of the attention weights. Default 0. */
  readonly dropout?: number;
  /** Factor of the scores. Default 1 / √width. */
  readonly scale?: number;
}

/**
 * `softmax(q · kᵀ · scale) · v` for every head. Keys and values may have fewer heads: neighbouring heads of the queries
 * then share one (grouped queries), without copies of it.
 *
 * @param name - of the attention module; the weights pass the tap as `<name>.pattern`
 * @param q - `[batch, heads, places, width]`
 * @returns the heads' results side by side, `[batch, places, heads · width]`, and the weights
 *   `[batch, heads, places, places]`
 */
export function attend(
  run: Run,
  name: string,
  given: readonly [q: Tensor, k: Tensor, v: Tensor],
  { visible, dropout = 0, scale }: AttendOptions = {},
): { readonly mixed: Tensor; readonly pattern: Tensor } {
  const [batch, heads, places, width] = given[0].shape as [number, number, number, number];
  const shared = given[1].shape[1]!;
  const grouped = shared !== heads;
  const [q, k, v] = grouped
    ? [
        reshape(given[0], [batch, shared, heads / shared, places, width]),
        expandDims(given[1], 2),
        expandDims(given[2], 2),
      ]
    : given;
  const { causal = false, mask } = visible ?? {};
  const options = {
    causal,
    ...(mask && { mask: grouped ? expandDims(mask, 1) : mask }),
    ...(scale !== undefined && { scale }),
  };
  const weights = attentionWeights(q, k, options);
  const pattern = reshape(weights, [batch, heads, places, places]);
  const tapped = run.tap(`${name}.pattern`, pattern);
  const dropped = run.drop(tapped, dropout);
  // The whole as one piece has the faster gradient; the pattern is computed apart only when somebody changes it.
  const mixed =
    dropped === pattern ? attention(q, k, v, options) : matmul(reshape(dropped, weights.shape), v);
  return { mixed: joinHeads(reshape(mixed, [batch, heads, places, v.shape.at(-1)!])), pattern: tapped };
}

/** Checked ids `[batch, places]` and their shape. */
export function tokenIds(
  family: string,
  ids: Value,
  longest: number,
): { readonly ids: Tensor; readonly batch: number; readonly places: number } {
  const given = tensor(ids, 'int32');
  if (given.rank !== 2 || given.dtype.startsWith('float'))
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${family}: inputIds must be int32 or int64 of shape [batch, places], not ${given.dtype} of shape [${given.shape}].`,
    );
  const [batch, places] = given.shape as [number, number];
  checkPlaces(family, places, longest);
  return { ids: given, batch, places };
}

/** Throws `INVALID_ARGUMENT` for sequences longer than a model reads, or empty ones. */
export function checkPlaces(family: string, places: number, longest: number): void {
  if (places > longest || places === 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${family}: the sequences have ${places} places; the model has between 1 and ${longest}. Cut them.`,
      { details: { places, longest } },
    );
}
