/**
 * Observables pushed backwards through a path of a decoder (Dunefsky and Cohan, ICML 2024, section 3).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Activations, placeOf } from './activations.js';
import type { Decoder } from './decoder.js';
import { applyMlp, pullMlp } from './mlp.js';
import { applyNorm, type Norm, nearestZero, pullNorm, scaleByGain, scaleNorm } from './norms.js';
import { between, dot, length } from './vectors.js';

/** A part of a model that a path leads through. */
export type PathNode =
  | {
      readonly kind: 'attn';
      readonly layer: number;
      /** One head, or all of the layer together. Default `all`. */
      readonly head?: number | 'all';
      /** Where it reads. Its attention weight is a factor when activations are given. Default: where it writes. */
      readonly position?: number;
    }
  | { readonly kind: 'mlp'; readonly layer: number };

/** Where a feature lives: in the stream before the attention or the feed-forward part of a block, or after its norm. */
export interface Site {
  /** A block, or their number for the stream after the last. */
  readonly layer: number;
  readonly where: 'ln1_in' | 'ln2_in' | 'ln1_out' | 'ln2_out';
  readonly position?: number;
}

/** A direction whose dot product with activations at its site predicts the observable. */
export interface Feature {
  readonly vector: Float32Array;
  readonly site: Site;
}

/** How an observable is propagated. */
export interface PropagateOptions {
  /**
   * Activations of the prompt, or of the two of a pair, around which everything is linearized. Default `none`: only
   * weights count.
   */
  readonly point?: 'none' | Activations | readonly [positive: Activations, negative: Activations];
  /**
   * `activation` linearizes at the activation, at the mean of a pair's; `boundary` at the nearest point at which the
   * observable is zero, and for a pair at the one on the way from one to the other. Default `activation`.
   */
  readonly at?: 'activation' | 'boundary';
  /**
   * `exact` gradients of normalizations; `scale`: the gain times √d / ‖x‖ of the activation (of 1 without any);
   * `skip`: the gain alone. Default `exact` with activations, `skip` without.
   */
  readonly layerNorm?: 'skip' | 'scale' | 'exact';
  /** Whether the vector is scaled to length one. Default false. */
  readonly normalize?: boolean;
  /** Whether the norm of the last node is passed too; if not, the feature lives behind it. Default true. */
  readonly throughNorm?: boolean;
}

const checkWhole = (name: string, value: number, below: number) => {
  if (Number.isSafeInteger(value) && value >= 0 && value < below) return;
  throw new FletchError('INVALID_ARGUMENT', `${name} ${value} is out of range: 0 to ${below - 1}.`, {
    details: { value, below },
  });
};

/** Place of a node in the order of computation. */
const orderOf = ({ kind, layer }: PathNode) => 2 * layer + (kind === 'mlp' ? 1 : 0);

/** A node as it is written: `mlp0`, `attn1.3@5`. */
export function nodeName(node: PathNode): string {
  if (node.kind === 'mlp') return `mlp${node.layer}`;
  const { layer, head = 'all', position } = node;
  return `attn${layer}.${head}${position === undefined ? '' : `@${position}`}`;
}

/**
 * Checks a path, which leads from the output to the input.
 *
 * @throws FletchError `INVALID_ARGUMENT` for layers, heads or positions that are not there, and for a path that does not
 *   descend
 */
export function checkPath({ blocks, heads }: Decoder, path: readonly PathNode[], places?: number): void {
  let order = Number.POSITIVE_INFINITY;
  let at = places === undefined ? Number.POSITIVE_INFINITY : places - 1;
  for (const node of path) {
    checkWhole('Layer', node.layer, blocks.length);
    if (node.kind === 'mlp' && !blocks[node.layer]!.mlp)
      throw new FletchError('INVALID_ARGUMENT', `Block ${node.layer} has no feed-forward part.`);
    if (node.kind === 'attn') {
      const { head = 'all', position } = node;
      if (head !== 'all') checkWhole('Head', head, heads);
      if (position !== undefined) {
        checkWhole('Position', position, places ?? Number.MAX_SAFE_INTEGER);
        if (position > at)
          throw new FletchError(
            'INVALID_ARGUMENT',
            `${nodeName(node)} reads position ${position}, but what follows it stands at ${at}: a decoder looks back only.`,
          );
        at = position;
      }
    }
    if (orderOf(node) >= order)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The path ${path.map(nodeName).join(' ← ')} does not descend at ${nodeName(node)}: it leads from the output to the input.`,
      );
    order = orderOf(node);
  }
}

/** The points to linearize at, and what of them is asked. */
export class Points {
  readonly all: readonly Activations[];
  readonly places: number | undefined;
  readonly #boundary: boolean;

  constructor({ point = 'none', at = 'activation' }: PropagateOptions) {
    this.all = point === 'none' ? [] : Array.isArray(point) ? [...point] : [point as Activations];
    this.places = this.all[0]?.places;
    this.#boundary = at === 'boundary';
    const other = this.all[1];
    if (other && other.places !== this.places)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `The prompts of the pair have ${this.places} and ${other.places} tokens: positions must match.`,
      );
  }

  #vectors(values: 'streams' | 'middles', layer: number, place: number): Float64Array[] {
    return this.all.map((each) => placeOf(each[values][layer]!, place, each.places));
  }

  mean(values: 'streams' | 'middles', layer: number, place: number): Float64Array | undefined {
    const [a, b] = this.#vectors(values, layer, place);
    return a && b ? between(a, b, 0.5) : a;
  }

  /** Attention weight, mean of the pair's. */
  weight(layer: number, head: number, to: number, from: number): number {
    const weights = this.all.map(
      ({ patterns, places }) => patterns[layer]![(head * places + to) * places + from]!,
    );
    return weights.reduce((sum, value) => sum + value, 0) / weights.length;
  }

  /** Where a function of a value in the stream is linearized. */
  around(
    values: 'streams' | 'middles',
    layer: number,
    place: number,
    what: string,
    value: (x: Float64Array) => number,
    nearest: (x: Float64Array) => Float64Array,
  ): Float64Array | undefined {
    if (!this.#boundary) return this.mean(values, layer, place);
    const [a, b] = this.#vectors(values, layer, place);
    if (!a) return undefined;
    return b ? zeroBetween(a, b, value, what) : nearest(a);
  }
}

/**
 * The point between two at which a function is zero, by bisection.
 *
 * @throws FletchError `INVALID_ARGUMENT` when both values have the same sign
 */
export function zeroBetween(
  a: Float64Array,
  b: Float64Array,
  value: (x: Float64Array) => number,
  what = 'The value',
): Float64Array {
  const [first, last] = [value(a), value(b)];
  const written = (number: number) => `${number < 0 ? '−' : '+'}${Math.abs(number).toPrecision(2)}`;
  if (!(first * last <= 0))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${what} is ${written(first)} and ${written(last)}: no zero between. Choose prompts on both sides, or linearize at their mean.`,
      { details: { first, last } },
    );
  let [low, high] = first <= 0 ? [0, 1] : [1, 0];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (value(between(a, b, middle)) <= 0) low = middle;
    else high = middle;
  }
  return between(a, b, (low + high) / 2);
}

/** Propagates an observable along a path; the vector in 64-bit numbers. */
export function propagateAlong(
  decoder: Decoder,
  n: ArrayLike<number>,
  path: readonly PathNode[],
  options: PropagateOptions = {},
): { readonly vector: Float64Array; readonly site: Site } {
  const points = new Points(options);
  checkPath(decoder, path, points.places);
  const layerNorm = normMode(options, points);
  const { blocks } = decoder;
  const through: Through = (norm, x, v) => {
    if (layerNorm === 'exact') return pullNorm(norm, x!, v);
    return layerNorm === 'skip' ? scaleByGain(norm, v) : scaleNorm(norm, v, x ? length(x) : 1);
  };

  let place = points.places === undefined ? undefined : points.places - 1;
  let y = fromOutput(decoder, n, points, through, place);
  let site: Site = { layer: blocks.length, where: 'ln1_in', ...(place !== undefined && { position: place }) };
  for (const [step, node] of path.entries()) {
    const { layer } = node;
    const block = blocks[layer]!;
    const crosses = (options.throughNorm ?? true) || step < path.length - 1;
    if (node.kind === 'attn') {
      const { head = 'all', position } = node;
      const source = position ?? place;
      const pulled = new Float64Array(decoder.width);
      for (const h of head === 'all' ? block.value.keys() : [head]) {
        const weight =
          position !== undefined && place !== undefined ? points.weight(layer, h, place, position) : 1;
        const part = block.value[h]!.pull(block.output[h]!.pull(y));
        for (let i = 0; i < part.length; i++) pulled[i]! += weight * part[i]!;
      }
      place = source;
      const x = place === undefined ? undefined : points.mean('streams', layer, place);
      y = crosses ? through(block.norm1, x, pulled) : pulled;
    } else {
      const inner = y;
      const mlp = block.mlp!;
      if (place === undefined)
        throw new FletchError(
          'INVALID_ARGUMENT',
          `${nodeName(node)} cannot be passed without activations: give the prompt or the pair to linearize it around.`,
        );
      const x = points.around(
        'middles',
        layer,
        place,
        `What ${nodeName(node)} adds to the observable`,
        (at) => dot(inner, applyMlp(mlp, applyNorm(block.norm2, at))),
        (at) => at,
      )!;
      const pulled = pullMlp(mlp, applyNorm(block.norm2, x), inner);
      y = crosses ? through(block.norm2, x, pulled) : pulled;
    }
    const name = node.kind === 'attn' ? 'ln1' : 'ln2';
    site = {
      layer,
      where: crosses ? `${name}_in` : `${name}_out`,
      ...(place !== undefined && { position: place }),
    };
  }
  return { vector: options.normalize ? unit(y) : y, site };
}

/** Pulls a direction through a normalization at a point, if there is one. */
type Through = (norm: Norm, x: Float64Array | undefined, v: Float64Array) => Float64Array;

/** The observable as a direction in the stream after the last block. */
function fromOutput(
  decoder: Decoder,
  n: ArrayLike<number>,
  points: Points,
  through: Through,
  last: number | undefined,
): Float64Array {
  const { finalNorm, blocks } = decoder;
  const unembedded = pullObservable(decoder, n);
  if (last === undefined) return through(finalNorm, undefined, unembedded);
  const x = points.around(
    'streams',
    blocks.length,
    last,
    'The observable',
    (point) => dot(unembedded, applyNorm(finalNorm, point)),
    (point) => nearestZero(finalNorm, point, unembedded),
  );
  return through(finalNorm, x, unembedded);
}

function unit(v: Float64Array): Float64Array {
  const size = length(v);
  if (size === 0) throw new FletchError('ZERO_VECTOR', 'The path carries nothing: the vector is all zeros.');
  return v.map((value) => value / size);
}

/** `W_Uᵀ n`. Throws when n does not fit or is all zeros. */
export function pullObservable({ unembed }: Decoder, n: ArrayLike<number>): Float64Array {
  if (n.length !== unembed.out)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The observable has ${n.length} weights, but the model has ${unembed.out} tokens.`,
    );
  let isZero = true;
  for (let i = 0; i < n.length; i++) {
    if (!Number.isFinite(n[i]))
      throw new FletchError('NON_FINITE', `The observable holds ${n[i]} at token ${i}.`);
    if (n[i] !== 0) isZero = false;
  }
  if (isZero) throw new FletchError('INVALID_ARGUMENT', 'The observable is zero for every token.');
  return unembed.pull(n);
}

function normMode({ layerNorm }: PropagateOptions, points: Points): 'skip' | 'scale' | 'exact' {
  const hasPoint = points.all.length > 0;
  if (layerNorm === 'exact' && !hasPoint)
    throw new FletchError(
      'INVALID_ARGUMENT',
      'Exact gradients of normalizations need activations: give point, or take layerNorm skip or scale.',
    );
  return layerNorm ?? (hasPoint ? 'exact' : 'skip');
}

/**
 * The gradient of the observable with respect to the stream at a site, summed over every path on which attention
 * weights stay as they are.
 *
 * @param site - `ln1_in` or `ln2_in` of a block, with a position
 */
export function propagateAll(
  decoder: Decoder,
  n: ArrayLike<number>,
  site: Site,
  options: PropagateOptions,
): Float64Array {
  const points = new Points(options);
  const { blocks, width } = decoder;
  const places = points.places;
  if (places === undefined || site.position === undefined)
    throw new FletchError(
      'INVALID_ARGUMENT',
      'All paths together need activations and the position of the site.',
    );
  checkWhole('Layer', site.layer, blocks.length);
  checkWhole('Position', site.position, places);
  if (site.where.endsWith('out'))
    throw new FletchError('INVALID_ARGUMENT', 'All paths together lead into the stream: ln1_in or ln2_in.');
  const start = propagateAlong(decoder, n, [], { ...options, normalize: false }).vector;
  let gradients = Array.from({ length: places }, (_, p) =>
    p === places - 1 ? start : new Float64Array(width),
  );
  const exact = { ...options, layerNorm: 'exact' as const };
  for (let layer = blocks.length - 1; layer >= site.layer; layer--) {
    const { mlp, norm2, norm1, value, output } = blocks[layer]!;
    gradients = gradients.map((y, p) => {
      if (!mlp || y.every((entry) => entry === 0)) return y;
      const x = new Points(exact).mean('middles', layer, p)!;
      return sumOf([y, pullNorm(norm2, x, pullMlp(mlp, applyNorm(norm2, x), y))]);
    });
    if (layer === site.layer && site.where === 'ln2_in') break;
    const added = Array.from({ length: places }, () => new Float64Array(width));
    for (let to = 0; to < places; to++) {
      if (gradients[to]!.every((entry) => entry === 0)) continue;
      for (let h = 0; h < value.length; h++) {
        const pulled = value[h]!.pull(output[h]!.pull(gradients[to]!));
        for (let from = 0; from <= to; from++) {
          const weight = points.weight(layer, h, to, from);
          for (let i = 0; i < width; i++) added[from]![i]! += weight * pulled[i]!;
        }
      }
    }
    gradients = gradients.map((y, p) =>
      sumOf([y, pullNorm(norm1, points.mean('streams', layer, p)!, added[p]!)]),
    );
  }
  const result = gradients[site.position]!;
  return options.normalize ? unit(result) : result;
}

const sumOf = ([a, b]: readonly [Float64Array, Float64Array]) => a.map((value, i) => value + b[i]!);
