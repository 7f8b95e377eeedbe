/**
 * Straight-through estimator on permutations (v1): soft permutation matrices whose hard neighbours are used forwards.
 *
 * @module
 */
import {
  add,
  array,
  compile,
  concat,
  div,
  matmul,
  maximum,
  mul,
  type NDArray,
  reshape,
  sliceAxis,
  stopGradient,
  sub,
  sum,
  type Tensor,
  transpose,
  valueAndGrad,
  zeros,
} from '@fletch/array';
import { FletchError, throwIfAborted } from '@fletch/base';
import { linearSumAssignment, rng } from '@fletch/linalg';
import { blockOf, type PermAxis, type Perms, partsOf } from './spec.js';
import { lossNotFinite, type StraightThrough, type StraightThroughTask } from './straight-through.js';

type Weights = Readonly<Record<string, Tensor>>;

/** Normalizations of rows and columns after each step. */
const SINKHORN = 15;
const TINY = 1e-12;

/** Traced: rows and columns that add up to 1 (Sinkhorn and Knopp, 1967). */
export function sinkhorn(m: Tensor, rounds = SINKHORN): Tensor {
  let x = maximum(m, 0);
  for (let i = 0; i < rounds; i++)
    for (const axes of [1, 0]) x = div(x, add(sum(x, { axes, keepDims: true }), TINY));
  return x;
}

/** Traced: an axis multiplied with the matrices of its permutations. */
function turned(x: Tensor, axis: number, parts: PermAxis, matrices: Weights): Tensor {
  const list = partsOf(parts);
  if (list.length === 0) return x;
  const order = x.shape.map((_, i) => i);
  const forth = [axis, ...order.filter((i) => i !== axis)];
  const back = order.map((i) => forth.indexOf(i));
  const first = transpose(x, forth);
  const fixed = list.reduce<number>((total, part) => total + (typeof part === 'number' ? part : 0), 0);
  const each = (x.shape[axis]! - fixed) / Math.max(1, list.filter((part) => typeof part !== 'number').length);
  let start = 0;
  const pieces = list.map((part) => {
    const length = typeof part === 'number' ? part : each;
    const piece = list.length === 1 ? first : sliceAxis(first, 0, start, start + length);
    start += length;
    if (typeof part === 'number') return piece;
    const matrix = matrices[blockOf(part).perm]!;
    const units = matrix.shape[0]!;
    return reshape(matmul(matrix, reshape(piece, [units, piece.size / units])), piece.shape);
  });
  return transpose(pieces.length === 1 ? pieces[0]! : concat(pieces, 0), back);
}

/** The one-hot rows of a permutation. */
function matrixOf(p: Int32Array): NDArray {
  const n = p.length;
  const rows = new Float32Array(n * n);
  p.forEach((from, i) => {
    rows[i * n + from] = 1;
  });
  return array(rows, 'float32', [n, n]);
}

/** The permutation that a soft matrix is nearest to. */
function harden({ data, shape }: NDArray): Int32Array {
  return linearSumAssignment(Float64Array.from(data as Float32Array), shape[0]!, true);
}

/** Runs v1. */
export async function matchBySoftPermutations(task: StraightThroughTask): Promise<StraightThrough> {
  const { spec, facts, a, b, lossGraph, data, options } = task;
  const { lr, steps, batch, seed = 0, threads, signal, onProgress } = options;
  const heads = [...facts.families.keys()];
  if (heads.length > 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Soft permutations are of single units, and the spec has heads (${heads[0]}): leave attention out of it, or choose the variant "weights".`,
      { details: { heads } },
    );
  const step = compile(
    (soft: Weights, speed: Weights, hard: Weights, ends: [Weights, Weights], ...inputs: Tensor[]) => {
      const [first, second] = ends;
      const lossOf = (matrices: Weights) => {
        // Forwards the permutation, backwards the soft matrix.
        const through = Object.fromEntries(
          Object.entries(matrices).map(([name, m]) => [name, add(hard[name]!, sub(m, stopGradient(m)))]),
        );
        const middle = Object.entries(first).map(([name, own]) => {
          const end = (spec[name] ?? []).reduce((x, axis, i) => turned(x, i, axis, through), second[name]!);
          return [name, mul(add(own, end), 0.5)];
        });
        return lossGraph(Object.fromEntries(middle), ...inputs);
      };
      const [loss, gradients] = valueAndGrad(lossOf)(soft);
      const names = Object.keys(soft);
      const nextSpeed = Object.fromEntries(
        names.map((name) => [name, add(mul(speed[name]!, 0.9), (gradients as Weights)[name]!)]),
      );
      const next = Object.fromEntries(
        names.map((name) => [name, sinkhorn(sub(soft[name]!, mul(nextSpeed[name]!, lr)))]),
      );
      return { loss, soft: next, speed: nextSpeed };
    },
    { name: 'straight-through permutations', donate: [0, 1], ...(threads !== undefined && { threads }) },
  );
  const begin = compile((noise: Weights) =>
    Object.fromEntries(Object.entries(noise).map(([name, m]) => [name, sinkhorn(add(m, 10))])),
  );
  const random = rng(seed);
  const losses: number[] = [];
  try {
    let soft = (await begin(
      Object.fromEntries(
        [...facts.sizes].map(([name, n]) => [
          name,
          array(random.split().fillUniform(new Float32Array(n * n)), 'float32', [n, n]),
        ]),
      ) as never,
    )) as Record<string, NDArray>;
    let speed: Record<string, NDArray> = Object.fromEntries(
      [...facts.sizes].map(([name, n]) => [name, zeros([n, n])]),
    );
    let best: { readonly perms: Perms; readonly loss: number } | undefined;
    for (let i = 0; i < steps; i++) {
      throwIfAborted(signal);
      const perms: Perms = Object.fromEntries(Object.entries(soft).map(([name, m]) => [name, harden(m)]));
      const hard = Object.fromEntries(Object.entries(perms).map(([name, p]) => [name, matrixOf(p)]));
      const out = (await step(
        soft as never,
        speed as never,
        hard as never,
        [a, b] as never,
        ...((await data(i, batch)) as never[]),
      )) as unknown as { loss: NDArray; soft: typeof soft; speed: typeof speed };
      const loss = out.loss.item();
      if (!Number.isFinite(loss)) throw lossNotFinite(loss, i);
      losses.push(loss);
      if (!best || loss < best.loss) best = { perms, loss };
      ({ soft, speed } = out);
      onProgress?.({ done: i + 1, total: steps, stage: 'straight-through matching', figures: { loss } });
    }
    return { perms: best!.perms, losses };
  } finally {
    await Promise.all([step.close(), begin.close()]);
  }
}
