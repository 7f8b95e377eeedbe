/**
 * Rotary places (Su et al. 2021), in the layout that Hugging Face's Llama uses: the first half of a head's width is
 * turned together with the second.
 *
 * @module
 */
import {
  add,
  array,
  concat,
  type DType,
  gather,
  mul,
  reshape,
  slice,
  split,
  sub,
  type Tensor,
} from '@fletch/array';
import { z } from 'zod';

const ratio = z.number().positive();

/** How the frequencies are changed for contexts longer than those of the training. */
const scalings = z.discriminatedUnion('rope_type', [
  z.looseObject({ rope_type: z.literal('default') }),
  z.looseObject({ rope_type: z.literal('linear'), factor: ratio }),
  z.looseObject({
    rope_type: z.literal('llama3'),
    factor: ratio,
    low_freq_factor: ratio,
    high_freq_factor: ratio,
    original_max_position_embeddings: z.int().positive(),
  }),
]);

/** Old configs call the type `type`. */
const renamed = (given: unknown) =>
  typeof given === 'object' && given !== null && !('rope_type' in given)
    ? { rope_type: (given as { type?: unknown }).type ?? 'default', ...given }
    : given;

/** `rope_theta`, `rope_scaling` and their newer form `rope_parameters` in a config. */
export const rotaryFields = {
  rope_theta: z.number().positive().default(10000),
  rope_scaling: z.preprocess(renamed, scalings.nullable()).default(null),
  rope_parameters: z.preprocess(renamed, scalings.nullable()).default(null),
};

/** What decides the frequencies. */
export interface RotaryConfig {
  readonly rope_theta: number;
  readonly rope_scaling: z.output<typeof scalings> | null;
  readonly rope_parameters: z.output<typeof scalings> | null;
}

/** The angle, in radians, by which each pair of a head turns from one place to the next. */
export function rotaryFrequencies(config: RotaryConfig, width: number): Float64Array {
  const scaling = config.rope_parameters ?? config.rope_scaling;
  const given = (config.rope_parameters as { rope_theta?: unknown } | null)?.rope_theta;
  const base = typeof given === 'number' ? given : config.rope_theta;
  return Float64Array.from({ length: width / 2 }, (_, i) => {
    const frequency = base ** ((-2 * i) / width);
    if (scaling?.rope_type === 'linear') return frequency / scaling.factor;
    if (scaling?.rope_type !== 'llama3') return frequency;
    // Slow ones are stretched, fast ones kept, those between mixed.
    const { factor, low_freq_factor: low, high_freq_factor: high } = scaling;
    const turns = (scaling.original_max_position_embeddings * frequency) / (2 * Math.PI);
    const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return ((1 - kept) * frequency) / factor + kept * frequency;
  });
}

/**
 * Turns queries and keys by their places.
 *
 * @param count - places
 * @param positions - `[count]` or `[batch, count]`. Default 0, 1, …
 * @param longest - places a table is made for when `positions` are given
 * @returns a function of `[batch, heads, count, width]`
 */
export function rotation(
  frequencies: Float64Array,
  dtype: DType,
  { count, positions, longest }: { count: number; positions: Tensor | undefined; longest: number },
): (x: Tensor) => Tensor {
  const half = frequencies.length;
  const rows = positions === undefined ? count : longest;
  const table = (f: (angle: number) => number) => {
    const values = Float64Array.from({ length: rows * half }, (_, i) =>
      f(Math.floor(i / half) * frequencies[i % half]!),
    );
    const whole = array(values, dtype, [rows, half]);
    if (positions === undefined) return slice(whole);
    const chosen = gather(whole, positions);
    return positions.rank === 1 ? chosen : reshape(chosen, [positions.shape[0]!, 1, count, half]);
  };
  const [cos, sin] = [table(Math.cos), table(Math.sin)];
  return (x) => {
    const [a, b] = split(x, 2, -1) as [Tensor, Tensor];
    return concat([sub(mul(a, cos), mul(b, sin)), add(mul(b, cos), mul(a, sin))], -1);
  };
}
