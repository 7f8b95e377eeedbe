/**
 * What tests of merging share: models of random numbers, and oracles in 64-bit that are written another way.
 *
 * @module
 */
import { array } from '@fletch/array';
import { rng } from '@fletch/linalg';
import type { StateDict } from '../state-dict.js';

/** A model of one tensor. */
export const model = (values: ArrayLike<number>, shape: readonly number[] = [values.length]): StateDict => ({
  w: array(Float32Array.from(values), 'float32', shape),
});

/** Normal numbers. */
export const normals = (seed: number, count: number, scale = 1): Float32Array =>
  rng(seed)
    .fillNormal(new Float32Array(count))
    .map((value) => value * scale);

/** `base` and differences from it, added in 32-bit. */
export const moved = (base: Float32Array, delta: ArrayLike<number>): Float32Array =>
  base.map((value, i) => value + delta[i]!);

/** Numbers of the tensor of {@link model}. */
export const numbers = (state: StateDict): number[] => Array.from(state.w!.data as Float32Array);

/** Oracles: plain lists of 64-bit numbers, one formula a line. */
export const oracle = {
  linear: (models: readonly number[][], weights: readonly number[], normalize = true): number[] => {
    const sum = normalize ? weights.reduce((a, b) => a + b) : 1;
    return models[0]!.map((_, i) =>
      models.reduce((total, one, j) => total + (weights[j]! * one[i]!) / sum, 0),
    );
  },
  slerp: (a: number[], b: number[], t: number): number[] => {
    const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
    const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    if (Math.abs(cosine) > 0.9995) return a.map((value, i) => (1 - t) * value + t * b[i]!);
    const angle = Math.acos(cosine);
    return a.map(
      (value, i) => (Math.sin((1 - t) * angle) * value + Math.sin(t * angle) * b[i]!) / Math.sin(angle),
    );
  },
  taskArithmetic: (base: number[], models: readonly number[][], weights: readonly number[], lambda: number) =>
    base.map(
      (from, i) => from + lambda * models.reduce((sum, one, j) => sum + weights[j]! * (one[i]! - from), 0),
    ),
  /** Sorts, where the method selects without sorting. */
  ties: (
    base: number[],
    models: readonly number[][],
    {
      weights,
      density,
      lambda = 1,
      normalize = true,
    }: {
      weights: readonly number[];
      density: readonly number[];
      lambda?: number;
      normalize?: boolean;
    },
  ): number[] => {
    const deltas = models.map((one, j) => {
      const delta = one.map((value, i) => Math.fround(value - base[i]!));
      const kept = Math.trunc(density[j]! * delta.length);
      const order = delta.map((_, i) => i).sort((a, b) => Math.abs(delta[b]!) - Math.abs(delta[a]!) || b - a);
      const stay = new Set(order.slice(0, kept));
      return delta.map((value, i) => (stay.has(i) ? value * weights[j]! : 0));
    });
    return base.map((from, i) => {
      const sign = Math.sign(deltas.reduce((sum, delta) => sum + delta[i]!, 0)) || 1;
      const agreeing = deltas.map((delta, j) => ({ value: delta[i]!, weight: weights[j]! }));
      const same = agreeing.filter(({ value }) => Math.sign(value) === sign);
      const divisor = normalize ? same.reduce((sum, { weight }) => sum + weight, 0) || 1 : 1;
      return from + (lambda * same.reduce((sum, { value }) => sum + value, 0)) / divisor;
    });
  },
};
