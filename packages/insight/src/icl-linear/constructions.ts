/**
 * Transformers that are written, not trained: one gradient step per example, and ridge regression by the formula of
 * Sherman and Morrison (theorems 1 and 2 of Akyürek et al., ICLR 2023).
 *
 * A program is a list of layers on a state of `rows × columns` numbers, one column per token. Each is what one
 * transformer layer can do: `mov` is attention by position, `mul` a feed-forward layer of GELUs, `aff` a linear
 * layer, `div` a normalisation by a scalar row.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { geluProduct } from './gelu.js';

/** Rows of the state, first to last. */
export interface Rows {
  readonly from: number;
  readonly count: number;
}

/** One layer. */
export type Layer =
  /** Copies rows of column `source` to rows of column `target`. */
  | {
      readonly kind: 'mov';
      readonly rows: Rows;
      readonly to: Rows;
      readonly source: number;
      readonly target: number;
    }
  /** In every column: `to[i] = a[i] · b[i]`, or with the shape of an outer product. */
  | { readonly kind: 'mul'; readonly a: readonly number[]; readonly b: readonly number[]; readonly to: Rows }
  /** In every column: `to[i] = Σ weight · row + bias`. */
  | { readonly kind: 'aff'; readonly to: Rows; readonly terms: readonly Affine[] }
  /** In every column: `to = rows / row`. */
  | { readonly kind: 'div'; readonly rows: Rows; readonly by: number; readonly to: Rows };

/** One output of an affine layer. */
export interface Affine {
  readonly terms: readonly (readonly [weight: number, row: number])[];
  readonly bias?: number;
}

/** A program, and where its answers stand. */
export interface WrittenTransformer {
  readonly layers: readonly Layer[];
  readonly height: number;
  readonly columns: number;
  readonly epsilon: number;
  /** Layers that one example takes. */
  readonly layersPerExample: number;
  /**
   * Runs it on one sequence.
   *
   * @param X - `t × d`, row-major
   * @param y - `t` labels
   * @param query - `d` numbers
   * @returns the prediction and the weights behind it
   */
  run(
    X: ArrayLike<number>,
    y: ArrayLike<number>,
    query: ArrayLike<number>,
  ): {
    prediction: number;
    w: Float64Array;
  };
}

export interface GdTransformerOptions {
  readonly d: number;
  /** Examples it is written for. */
  readonly t: number;
  /** Learning rate of the loss (w·x − y)² + λ‖w‖². */
  readonly alpha: number;
  readonly lambda?: number;
  /** Of {@link geluProduct}. Default 0.02. */
  readonly epsilon?: number;
}

/** Carries a program out. */
function execute(layers: readonly Layer[], state: Float64Array, columns: number, epsilon: number): void {
  for (const layer of layers) {
    if (layer.kind === 'mov') {
      for (let i = 0; i < layer.rows.count; i++)
        state[(layer.to.from + i) * columns + layer.target] =
          state[(layer.rows.from + i) * columns + layer.source]!;
      continue;
    }
    for (let column = 0; column < columns; column++) {
      const at = (row: number) => state[row * columns + column]!;
      const out = outputs(layer, at, epsilon);
      out.forEach((value, i) => {
        state[(layer.to.from + i) * columns + column] = value;
      });
    }
  }
}

function outputs(
  layer: Exclude<Layer, { kind: 'mov' }>,
  at: (row: number) => number,
  epsilon: number,
): number[] {
  switch (layer.kind) {
    case 'mul':
      return layer.a.map((row, i) => geluProduct(at(row), at(layer.b[i]!), epsilon));
    case 'aff':
      return layer.terms.map(({ terms, bias = 0 }) =>
        terms.reduce((sum, [weight, row]) => sum + weight * at(row), bias),
      );
    case 'div':
      return Array.from({ length: layer.rows.count }, (_, i) => at(layer.rows.from + i) / at(layer.by));
  }
}

const range = ({ from, count }: Rows) => Array.from({ length: count }, (_, i) => from + i);
const sumOf = ({ from, count }: Rows): Affine => ({
  terms: Array.from({ length: count }, (_, i) => [1, from + i] as const),
});

/** Hands out rows one after the other. */
function allocator(): { take(count: number): Rows; readonly height: number } {
  let next = 0;
  return {
    take(count) {
      const rows = { from: next, count };
      next += count;
      return rows;
    },
    get height() {
      return next;
    },
  };
}

function checkSizes(sizes: { readonly [name: string]: number }): void {
  for (const [name, value] of Object.entries(sizes))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError('INVALID_ARGUMENT', `${name} must be a positive integer, not ${value}.`);
}

interface Place {
  readonly d: number;
  readonly t: number;
  readonly columns: number;
  readonly x: Rows;
  readonly y: Rows;
}

/** Writes a sequence into a fresh state: x in even columns, y in odd ones, the query last. */
function load(
  { d, t, columns, x, y }: Place,
  height: number,
  X: ArrayLike<number>,
  labels: ArrayLike<number>,
  query: ArrayLike<number>,
): Float64Array {
  if (X.length !== t * d || labels.length !== t || query.length !== d)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `It was written for ${t} pairs in ${d} dimensions; there are ${X.length} inputs, ${labels.length} labels and a query of ${query.length}.`,
    );
  const state = new Float64Array(height * columns);
  for (let i = 0; i <= t; i++) {
    for (let j = 0; j < d; j++) state[(x.from + j) * columns + 2 * i] = i < t ? X[i * d + j]! : query[j]!;
    if (i < t) state[y.from * columns + 2 * i + 1] = labels[i]!;
  }
  return state;
}

/**
 * One step w ← (1 − 2αλ) w − 2α x (w·x − y) per example, from zero.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function constructGdTransformer(options: GdTransformerOptions): WrittenTransformer {
  const { d, t, alpha, lambda = 0, epsilon = 0.02 } = options;
  checkSizes({ d, t });
  const rows = allocator();
  const [x, y, w, product, residual, spread, move] = [d, 1, d, d, 1, d, d].map((n) => rows.take(n)) as [
    Rows,
    Rows,
    Rows,
    Rows,
    Rows,
    Rows,
    Rows,
  ];
  const columns = 2 * t + 1;
  const step = (i: number): Layer[] => [
    { kind: 'mov', rows: x, to: x, source: 2 * i, target: 2 * i + 1 },
    { kind: 'mov', rows: w, to: w, source: 2 * i, target: 2 * i + 1 },
    { kind: 'mul', a: range(w), b: range(x), to: product },
    { kind: 'aff', to: residual, terms: [{ terms: [...sumOf(product).terms, [-1, y.from]] }] },
    { kind: 'aff', to: spread, terms: range(spread).map(() => ({ terms: [[1, residual.from] as const] })) },
    { kind: 'mul', a: range(spread), b: range(x), to: move },
    {
      kind: 'aff',
      to: w,
      terms: range(w).map((row, j) => ({
        terms: [
          [1 - 2 * alpha * lambda, row],
          [-2 * alpha, move.from + j],
        ],
      })),
    },
    { kind: 'mov', rows: w, to: w, source: 2 * i + 1, target: 2 * i + 2 },
  ];
  // The affine layer that moves w runs in every column, so weights are carried forward from column to column.
  const layers = Array.from({ length: t }, (_, i) => step(i)).flat();
  const answer: Layer[] = [
    { kind: 'mul', a: range(w), b: range(x), to: product },
    { kind: 'aff', to: residual, terms: [sumOf(product)] },
  ];
  const place = { d, t, columns, x, y };
  return written({ layers, answer, place, height: rows.height, epsilon, w, out: residual });
}

export interface RidgeTransformerOptions {
  readonly d: number;
  /** Examples it is written for. */
  readonly t: number;
  readonly lambda: number;
  /** Default 0.02. */
  readonly epsilon?: number;
}

/**
 * Ridge regression: P ← P − (P u)(uᵀ P) / (1 + uᵀ P u) from P = λ⁻¹ I, b ← b + y x, w = P b.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function constructRidgeTransformer(options: RidgeTransformerOptions): WrittenTransformer {
  const { d, t, lambda, epsilon = 0.02 } = options;
  checkSizes({ d, t });
  if (!(lambda > 0)) throw new FletchError('INVALID_ARGUMENT', `λ must be positive, not ${lambda}.`);
  const rows = allocator();
  const take = (count: number) => rows.take(count);
  const [x, y, P, b] = [take(d), take(1), take(d * d), take(d)];
  const [products, Pu, part, denominator] = [take(d * d), take(d), take(d), take(1)];
  const [outer, quotient, wide, gain] = [take(d * d), take(d * d), take(d), take(d)];
  const [w, out] = [take(d), take(1)];
  const columns = 2 * t + 1;
  const grid = Array.from({ length: d * d }, (_, i) => [Math.floor(i / d), i % d] as const);
  const rowSums = (of: Rows): Affine[] =>
    Array.from({ length: d }, (_, i) => sumOf({ from: of.from + i * d, count: d }));
  const step = (i: number): Layer[] => [
    { kind: 'mov', rows: x, to: x, source: 2 * i, target: 2 * i + 1 },
    { kind: 'mov', rows: P, to: P, source: 2 * i, target: 2 * i + 1 },
    { kind: 'mov', rows: b, to: b, source: 2 * i, target: 2 * i + 1 },
    { kind: 'mul', a: range(P), b: grid.map(([, column]) => x.from + column), to: products },
    { kind: 'aff', to: Pu, terms: rowSums(products) },
    { kind: 'mul', a: range(x), b: range(Pu), to: part },
    { kind: 'aff', to: denominator, terms: [{ ...sumOf(part), bias: 1 }] },
    {
      kind: 'mul',
      a: grid.map(([row]) => Pu.from + row),
      b: grid.map(([, column]) => Pu.from + column),
      to: outer,
    },
    { kind: 'div', rows: outer, by: denominator.from, to: quotient },
    {
      kind: 'aff',
      to: P,
      terms: range(P).map((row, j) => ({
        terms: [
          [1, row],
          [-1, quotient.from + j],
        ],
      })),
    },
    { kind: 'aff', to: wide, terms: range(wide).map(() => ({ terms: [[1, y.from] as const] })) },
    { kind: 'mul', a: range(wide), b: range(x), to: gain },
    {
      kind: 'aff',
      to: b,
      terms: range(b).map((row, j) => ({
        terms: [
          [1, row],
          [1, gain.from + j],
        ],
      })),
    },
    { kind: 'mov', rows: P, to: P, source: 2 * i + 1, target: 2 * i + 2 },
    { kind: 'mov', rows: b, to: b, source: 2 * i + 1, target: 2 * i + 2 },
  ];
  const layers = Array.from({ length: t }, (_, i) => step(i)).flat();
  const answer: Layer[] = [
    { kind: 'mul', a: range(P), b: grid.map(([, column]) => b.from + column), to: products },
    { kind: 'aff', to: w, terms: rowSums(products) },
    { kind: 'mul', a: range(w), b: range(x), to: part },
    { kind: 'aff', to: out, terms: [sumOf(part)] },
  ];
  const place = { d, t, columns, x, y };
  const start = (state: Float64Array) => {
    for (let j = 0; j < d; j++)
      for (let column = 0; column < columns; column++)
        state[(P.from + j * d + j) * columns + column] = 1 / lambda;
  };
  return written({ layers, answer, place, height: rows.height, epsilon, w, out, start });
}

interface Program {
  /** Those of the examples, one after the other. */
  readonly layers: readonly Layer[];
  /** Those that work the prediction out. */
  readonly answer: readonly Layer[];
  readonly place: Place;
  readonly height: number;
  readonly epsilon: number;
  readonly w: Rows;
  readonly out: Rows;
  /** Writes what stands in a fresh state besides the sequence. */
  readonly start?: (state: Float64Array) => void;
}

/** A program as a transformer that can be run. */
function written({ layers, answer, place, height, epsilon, w, out, start }: Program): WrittenTransformer {
  const { columns, t } = place;
  const all = [...layers, ...answer];
  return {
    layers: all,
    height,
    columns,
    epsilon,
    layersPerExample: layers.length / t,
    run(X, labels, query) {
      const state = load(place, height, X, labels, query);
      start?.(state);
      execute(all, state, columns, epsilon);
      return read(state, columns, w, out);
    },
  };
}

function read(
  state: Float64Array,
  columns: number,
  w: Rows,
  answer: Rows,
): { prediction: number; w: Float64Array } {
  const last = columns - 1;
  return {
    prediction: state[answer.from * columns + last]!,
    w: Float64Array.from(range(w), (row) => state[row * columns + last]!),
  };
}
