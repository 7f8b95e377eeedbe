/**
 * One forward pass being traced: where its layers find their weights and where others look in.
 *
 * @module
 */
import {
  broadcastTo,
  cast,
  greaterEqual,
  mul,
  reshape,
  type Shape,
  slice,
  type Tensor,
  tensor,
  type Value,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import type { Weights } from './parameters.js';

/**
 * Sees values on their way and may return others in their place: how activations are read, patched, steered or rounded.
 *
 * @param site - the name of a module and what of it: `transformer.h.0.mlp.c_fc.in` is what enters that layer, `….out`
 *   what leaves it, `transformer.h.0.attn.pattern` the attention weights
 */
export type Tap = (site: string, value: Tensor) => Tensor | undefined;

/** Uniform numbers for dropout. Made by {@link dropoutFrom}. */
export type DropoutSource = (shape: Shape) => Tensor;

/** How a forward pass is run. */
export interface ForwardOptions {
  readonly tap?: Tap;
  /** Switches dropout on, at the rates of the config. Default: none. */
  readonly dropout?: DropoutSource;
  /** Whether batch normalization uses the batch's own statistics. Default false. */
  readonly training?: boolean;
}

/** What the layers of one traced forward pass share. */
export class Run {
  /** New values of buffers. */
  readonly buffers: Record<string, Tensor> = {};
  readonly #weights: Weights;
  readonly #family: string;
  readonly options: ForwardOptions;

  constructor(family: string, weights: Weights, options: ForwardOptions = {}) {
    this.#family = family;
    this.#weights = weights;
    this.options = options;
  }

  /** Throws `INVALID_ARGUMENT` for a parameter that is not there. */
  weight(name: string): Tensor {
    const found = this.#weights[name];
    if (found !== undefined) return tensor(found);
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${this.#family}: the parameter "${name}" is missing from the ${Object.keys(this.#weights).length} given. ` +
        'Parameters are a flat record of arrays by name, as init and loadParameters give it.',
      { details: { family: this.#family, parameter: name } },
    );
  }

  tap(site: string, value: Tensor): Tensor {
    const replaced = this.options.tap?.(site, value);
    if (replaced === undefined) return value;
    if (replaced.shape.join() !== value.shape.join())
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `tap: what replaces ${site} has shape [${replaced.shape}], not [${value.shape}].`,
        { details: { site } },
      );
    return replaced;
  }

  /** Sets a share of the elements to zero and scales the others up, when dropout is switched on. */
  drop(value: Tensor, rate: number): Tensor {
    const { dropout } = this.options;
    if (dropout === undefined || rate === 0) return value;
    const kept = cast(greaterEqual(dropout(value.shape), rate), value.dtype);
    return mul(mul(value, kept), 1 / (1 - rate));
  }
}

/**
 * A source of dropout's randomness that takes pieces of one vector, in the order of the trace. Vectors are made outside
 * of the graph, for example by `rng(seed).fillUniform`, a new one for each step.
 *
 * @param uniforms - `[n]`, uniform in 0 … 1; {@link countDropout} says how many are needed
 * @throws FletchError `INVALID_ARGUMENT` while tracing when there are too few
 */
export function dropoutFrom(uniforms: Value): DropoutSource {
  const given = tensor(uniforms);
  let used = 0;
  return (shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    if (used + size > given.size)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `dropout needs more than the ${given.size} random numbers that are given: countDropout says how many.`,
      );
    used += size;
    return reshape(slice(given, [used - size, used]), shape);
  };
}

/**
 * How many random numbers a forward pass with dropout takes.
 *
 * @param trace - runs the forward pass with the source it is given
 */
export function countDropout(trace: (source: DropoutSource) => unknown): number {
  let count = 0;
  trace((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    count += size;
    return broadcastTo(0.5, shape);
  });
  return count;
}
