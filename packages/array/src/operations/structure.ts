/**
 * Operations that pass values on unchanged but steer gradients.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Attributes, type Operation, single } from '../core/operation.js';
import { sameShape, show } from '../core/shape.js';
import { apply, applyAll, type Tensor, tensors, type Value } from '../core/tensor.js';

/** Gives the cotangents of the inputs from those of the outputs. */
export type Backward = (
  cotangents: readonly (Tensor | undefined)[],
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
) => readonly (Tensor | undefined)[];

interface CustomAttributes extends Attributes {
  readonly backward: Backward;
  /** How many of the node's inputs are the outputs of the forward function; the arguments follow. */
  readonly results: number;
}

const custom: Operation<CustomAttributes> = {
  name: 'custom',
  summary: 'the outputs of a function with a gradient of its own',
  derivative: 'what the caller gives',
  infer: (inputs, { results }) => inputs.slice(0, results),
  gradient: (cotangents, { inputs, outputs, attributes: { backward, results } }) => [
    ...outputs.map(() => undefined),
    ...backward(cotangents, inputs.slice(results), outputs),
  ],
  lower: (_, inputs, { attributes: { results } }) => inputs.slice(0, results),
  evaluate: (inputs, { attributes: { results } }) => inputs.slice(0, results).map((input) => input.values),
};

/** The entries of this file. */
export const structureOperations = {
  identity: single<Attributes>({
    name: 'identity',
    summary: 'x itself: marks where a gradient is taken',
    derivative: 'g',
    infer: ([x]) => x!,
    gradient: (g) => [g],
    lower: (_, [x]) => x!,
    evaluate: ([x]) => x!.values,
  }),
  stopGradient: single<Attributes>({
    name: 'stopGradient',
    summary: 'x itself, through which no gradient flows',
    derivative: '0',
    infer: ([x]) => x!,
    gradient: null,
    lower: (_, [x]) => x!,
    evaluate: ([x]) => x!.values,
  }),
  custom,
};

/** `x`, treated as a constant by gradients. */
export function stopGradient(x: Value): Tensor {
  return apply(structureOperations.stopGradient, [x], {});
}

/**
 * A function with a gradient of its own, for example a straight-through estimator.
 *
 * @param forward - computes the output from the inputs
 * @param backward - gives the cotangent of each input (`undefined`: none) from that of the output
 * @throws FletchError `DIMENSION_MISMATCH` when a returned cotangent has not its input's shape
 * @example
 * ```ts
 * const roundThrough = customVjp((x) => round(x), (g) => [g]);
 * ```
 */
export function customVjp<Inputs extends readonly Value[]>(
  forward: (...inputs: { [K in keyof Inputs]: Tensor }) => Tensor,
  backward: (
    cotangent: Tensor,
    inputs: { [K in keyof Inputs]: Tensor },
    output: Tensor,
  ) => readonly (Tensor | undefined)[],
): (...inputs: Inputs) => Tensor {
  return (...inputs) => {
    const given = tensors('customVjp', inputs);
    const output = forward(...(given as unknown as { [K in keyof Inputs]: Tensor }));
    const checked: Backward = ([g], own, [y]) => {
      const result = backward(g!, own as unknown as { [K in keyof Inputs]: Tensor }, y!);
      for (const [i, cotangent] of result.entries())
        if (cotangent !== undefined && !sameShape(cotangent.shape, own[i]!.shape))
          throw new FletchError(
            'DIMENSION_MISMATCH',
            `customVjp: the cotangent of input ${i + 1} has shape ${show(cotangent.shape)}, the input ${show(own[i]!.shape)}.`,
          );
      return result;
    };
    return applyAll(structureOperations.custom, [output, ...given], { backward: checked, results: 1 })[0]!;
  };
}
