/**
 * Activation matching: units of two models that are active on the same data belong together.
 *
 * @module
 */
import { compile, matmul, mul, type NDArray, sum, type Tensor } from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import type { StateDict } from '../state-dict.js';
import { type Costs, targetsOf } from './costs.js';
import { identityPerms } from './perms.js';
import { solveTarget } from './solve.js';
import { blockOf, type HeadFamily, type PermSpec, type Perms, partsOf, type SpecFacts } from './spec.js';

/** What units do on some data: by permutation, `[examples, units]`, after the rectifier. */
export type Activations = { readonly [perm: string]: Matrix };

/** Sums over examples of what two models' units do. */
export interface ActivationProducts {
  /** Σ aᵢ bⱼ, `[units, units]`. */
  readonly products: Matrix<Float64Array>;
  /** Σ a, Σ a², Σ b, Σ b². */
  readonly sums: readonly [a: Float64Array, aa: Float64Array, b: Float64Array, bb: Float64Array];
  readonly examples: number;
}

export interface ActivationMatchingOptions {
  /** `inner`: E[a bᵀ]; `pearson`: correlation, blind to how strongly a unit is active. Default `inner`. */
  readonly kind?: 'inner' | 'pearson';
}

/** The sums of {@link ActivationProducts} from all activations at once. */
export function activationProducts(a: Matrix, b: Matrix): ActivationProducts {
  if (a.rows !== b.rows || a.cols !== b.cols || a.rows === 0)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `Activations are [${a.rows}, ${a.cols}] and [${b.rows}, ${b.cols}]: both models must see the same examples.`,
    );
  const n = a.cols;
  const products = new Matrix(new Float64Array(n * n), n, n);
  const sums = [n, n, n, n].map((size) => new Float64Array(size)) as unknown as ActivationProducts['sums'];
  for (let k = 0; k < a.rows; k++) {
    const [x, y] = [a.row(k), b.row(k)];
    for (let i = 0; i < n; i++) {
      sums[0][i]! += x[i]!;
      sums[1][i]! += x[i]! * x[i]!;
      sums[2][i]! += y[i]!;
      sums[3][i]! += y[i]! * y[i]!;
      if (x[i] !== 0) for (let j = 0; j < n; j++) products.data[i * n + j]! += x[i]! * y[j]!;
    }
  }
  return { products, sums, examples: a.rows };
}

/** Correlations; a unit that never changes has none. */
function correlations({
  products,
  sums: [a, aa, b, bb],
  examples: m,
}: ActivationProducts): Matrix<Float64Array> {
  const n = products.rows;
  const spread = (sum: Float64Array, squares: Float64Array) =>
    squares.map((square, i) => {
      const variance = square - (sum[i]! * sum[i]!) / m;
      return variance > 1e-12 * square ? 1 / Math.sqrt(variance) : 0;
    });
  const [left, right] = [spread(a, aa), spread(b, bb)];
  return new Matrix(
    products.data.map((value, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return (value - (a[i]! * b[j]!) / m) * left[i]! * right[j]!;
    }),
    n,
    n,
  );
}

/** What a spec says of the permutations whose units have been seen. */
function seenFacts(spec: PermSpec, products: Readonly<Record<string, ActivationProducts>>): SpecFacts {
  const sizes = new Map(Object.entries(products).map(([name, own]) => [name, own.products.rows]));
  const families = new Map<string, HeadFamily>();
  const outer = new Map<string, string>();
  const named = new Set<string>();
  for (const part of Object.values(spec).flatMap((axes) => axes.flatMap(partsOf))) {
    if (typeof part === 'number') continue;
    const { perm, each, group, inner } = blockOf(part);
    named.add(perm);
    if (inner === undefined) continue;
    named.add(inner);
    outer.set(inner, perm);
    const known = families.get(perm)?.inner ?? [];
    families.set(perm, { perm, heads: 0, each, group, inner: [...new Set([...known, inner])] });
  }
  // Where something inside of heads was seen, all that is inside moves with them.
  for (const family of [...families.values()]) {
    const seen = family.inner.map((name) => sizes.get(name)).find((size) => size !== undefined);
    if (seen === undefined) {
      families.delete(family.perm);
      continue;
    }
    const heads = (seen / family.each) * family.group;
    for (const name of family.inner) sizes.set(name, seen);
    sizes.set(family.perm, heads);
    families.set(family.perm, { ...family, heads });
  }
  for (const [name, size] of sizes) {
    if (!named.has(name))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `There is no permutation "${name}" in the spec: it has ${[...named].join(', ')}.`,
        { details: { perm: name } },
      );
    if (!Number.isInteger(size))
      throw new FletchError('INVALID_ARGUMENT', `The units of "${name}" do not divide into heads.`, {
        details: { perm: name },
      });
  }
  return { sizes, families, outer };
}

/**
 * {@link activationMatching} from sums that were collected batch by batch.
 *
 * @throws FletchError `INVALID_ARGUMENT` for a permutation that the spec does not have, `NON_FINITE`
 */
export function matchByProducts(
  spec: PermSpec,
  products: Readonly<Record<string, ActivationProducts>>,
  { kind = 'inner' }: ActivationMatchingOptions = {},
): Perms {
  const facts = seenFacts(spec, products);
  const costs: Costs = new Map(
    Object.entries(products).map(([name, own]) => [
      name,
      kind === 'pearson' ? correlations(own) : own.products,
    ]),
  );
  const identity = identityPerms(facts);
  const found = targetsOf(facts).map((target) => solveTarget(target, facts, costs, identity));
  return Object.assign({}, ...found) as Perms;
}

/**
 * One assignment for each permutation, by what its units do; nothing is repeated. Heads are matched by their values.
 *
 * @param spec - of both models
 * @param a - activations of the first model, by permutation; what is left out stays in its order
 * @param b - those of the second on the same examples
 * @throws FletchError `DIMENSION_MISMATCH` when examples or units differ, `INVALID_ARGUMENT`, `NON_FINITE`
 */
export function activationMatching(
  spec: PermSpec,
  a: Activations,
  b: Activations,
  options: ActivationMatchingOptions = {},
): Perms {
  const products: Record<string, ActivationProducts> = {};
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [left, right] = [a[name], b[name]];
    if (!left || !right)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `There are activations of "${name}" of the ${left ? 'first' : 'second'} model only.`,
        { details: { perm: name } },
      );
    products[name] = activationProducts(left, right);
  }
  return matchByProducts(spec, products, options);
}

/**
 * Traced: what the units of each permutation do on a batch, `[examples, units]`; places of images and texts are examples
 * of their own.
 */
export type TracedActivations = (
  model: Readonly<Record<string, Tensor>>,
  ...batch: Tensor[]
) => Readonly<Record<string, Tensor>>;

export interface CollectOptions extends LongWork {
  readonly batches: number;
  readonly draw: (step: number) => readonly NDArray[];
  /** Default: all cores. */
  readonly threads?: number | undefined;
}

/**
 * Runs both models on the same batches, and sums the products of their units' activations: one graph for both.
 *
 * @throws FletchError `INVALID_ARGUMENT` for no batches, `ABORTED`, what tracing throws
 */
export async function collectProducts(
  traced: TracedActivations,
  [a, b]: readonly [StateDict, StateDict],
  { batches, draw, threads, signal, onProgress }: CollectOptions,
): Promise<Record<string, ActivationProducts>> {
  if (!Number.isSafeInteger(batches) || batches < 1)
    throw new FletchError('INVALID_ARGUMENT', `Activations take one or more batches, not ${batches}.`);
  // Of each permutation, for each kind of batch that was traced.
  const rows = new Map<string, number>();
  const shapesOf = (batch: readonly { readonly shape: readonly number[] }[]) =>
    batch.map(({ shape }) => shape.join('×')).join(' ');
  const step = compile(
    (left: Record<string, Tensor>, right: Record<string, Tensor>, ...batch: Tensor[]) => {
      const [x, y] = [traced(left, ...batch), traced(right, ...batch)];
      for (const [name, own] of Object.entries(x)) rows.set(`${name} of ${shapesOf(batch)}`, own.shape[0]!);
      return Object.fromEntries(
        Object.entries(x).map(([name, own]) => {
          const other = y[name]!;
          const squares = [own, other].flatMap((acts) => [
            sum(acts, { axes: 0 }),
            sum(mul(acts, acts), { axes: 0 }),
          ]);
          return [name, [matmul(own, other, { transposeA: true }), ...squares]];
        }),
      );
    },
    { name: 'activations', ...(threads !== undefined && { threads }) },
  );
  const totals = new Map<string, { sums: Float64Array[]; examples: number; units: number }>();
  try {
    for (let i = 0; i < batches; i++) {
      throwIfAborted(signal);
      onProgress?.({ done: i, total: batches, stage: 'activations' });
      const batch = draw(i);
      const out = (await step(a as never, b as never, ...(batch as never[]))) as Record<string, NDArray[]>;
      for (const [name, parts] of Object.entries(out)) {
        const known = totals.get(name) ?? {
          sums: parts.map(({ size }) => new Float64Array(size)),
          examples: 0,
          units: parts[1]!.size,
        };
        parts.forEach(({ data }, k) => {
          const into = known.sums[k]!;
          for (let j = 0; j < into.length; j++) into[j]! += data[j] as number;
        });
        totals.set(name, { ...known, examples: known.examples + rows.get(`${name} of ${shapesOf(batch)}`)! });
      }
    }
  } finally {
    await step.close();
  }
  return Object.fromEntries(
    [...totals].map(
      ([
        name,
        {
          sums: [products, ...sums],
          examples,
          units,
        },
      ]) => [
        name,
        {
          products: new Matrix(products!, units, units),
          sums: sums as unknown as ActivationProducts['sums'],
          examples,
        },
      ],
    ),
  );
}
