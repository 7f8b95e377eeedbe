/**
 * Attention of several heads, all of a batch at once.
 *
 * @module
 */
import {
  add,
  array,
  cast,
  matmul,
  mul,
  reshape,
  softmax,
  sub,
  type Tensor,
  tensor,
  transpose,
  tril,
  type Value,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import type { Run } from '../run.js';

/** Far below every score that counts. */
const UNSEEN = -1e9;

/**
 * What is added to the scores so that a place sees only what it may; made once for all layers of a pass.
 *
 * @param x - `[batch, places, …]`
 * @param options.causal - whether a place sees only those before it and itself
 * @param options.seen - `[batch, places]`, 1 or true where a place may be seen, 0 at padding
 * @returns something that stretches to `[batch, heads, places, places]`; `undefined` when every place sees all
 * @throws FletchError `DIMENSION_MISMATCH` when `seen` has another shape
 */
export function attentionMask(
  x: Tensor,
  { causal = false, seen }: { readonly causal?: boolean; readonly seen?: Value | undefined },
): Tensor | undefined {
  const [batch, places] = x.shape as [number, number];
  const unseen = (visible: Tensor) => mul(sub(1, cast(visible, x.dtype)), UNSEEN);
  const order = causal ? unseen(tril(places)) : undefined;
  if (seen === undefined) return order;
  const given = tensor(seen);
  if (given.shape.join() !== [batch, places].join())
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `attentionMask has shape [${given.shape}], not [batch, places] = [${batch}, ${places}].`,
    );
  const padding = reshape(unseen(given), [batch, 1, 1, places]);
  return order === undefined ? padding : add(order, padding);
}

/** `[batch, places, heads · width]` as `[batch, heads, places, width]`. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, places, all] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, places, heads, all / heads]), [0, 2, 1, 3]);
}

/** The inverse of {@link splitHeads}. */
export function joinHeads(x: Tensor): Tensor {
  const [batch, heads, places, width] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, places, heads * width]);
}

/** How heads attend. */
export interface AttendOptions {
  readonly mask: Tensor | undefined;
  /** Dropout of the attention weights. Default 0. */
  readonly dropout?: number;
  /** Factor of the scores. Default 1 / √width. */
  readonly scale?: number;
}

/**
 * `softmax(q · kᵀ · scale + mask) · v` for every head. Keys and values may have fewer heads: neighbouring heads of the
 * queries then share one (grouped queries), without copies of it.
 *
 * @param name - of the attention module; the weights pass the tap as `<name>.pattern`
 * @param q - `[batch, heads, places, width]`
 * @returns the heads' results side by side, `[batch, places, heads · width]`, and the weights
 *   `[batch, heads, places, places]`
 */
export function attend(
  run: Run,
  name: string,
  [q, k, v]: readonly [q: Tensor, k: Tensor, v: Tensor],
  { mask, dropout = 0, scale }: AttendOptions,
): { readonly mixed: Tensor; readonly pattern: Tensor } {
  const [batch, heads, places, width] = q.shape as [number, number, number, number];
  const shared = k.shape[1]!;
  const rows = (x: Tensor) =>
    shared === heads ? x : reshape(x, [batch, shared, (heads / shared) * places, x.shape.at(-1)!]);
  const scaled = mul(q, scale ?? 1 / Math.sqrt(width));
  const scores = reshape(matmul(rows(scaled), k, { transposeB: true }), [batch, heads, places, places]);
  const pattern = run.tap(`${name}.pattern`, softmax(mask === undefined ? scores : add(scores, mask)));
  const mixed = reshape(matmul(rows(run.drop(pattern, dropout)), v), q.shape);
  return { mixed: joinHeads(mixed), pattern };
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
  if (places > longest || places === 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${family}: the sequences have ${places} places; the model has between 1 and ${longest}. Cut them.`,
      { details: { places, longest } },
    );
  return { ids: given, batch, places };
}

/** The numbers 0 … n − 1 as a row, for places that are given by nobody. */
export const placesOf = (n: number) => array(Int32Array.from({ length: n }, (_, i) => i));
