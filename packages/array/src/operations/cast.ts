/**
 * Conversion between element types.
 *
 * @module
 */
import { type DType, isFloating } from '../core/dtype.js';
import { type Attributes, single, typed } from '../core/operation.js';
import { apply, type Tensor, tensor, type Value } from '../core/tensor.js';

interface CastAttributes extends Attributes {
  readonly to: DType;
}

/** Numbers of the element types in the ONNX format. */
const codes: { readonly [D in DType]: number } = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 };

/** The entries of this file. */
export const castOperations = {
  cast: single<CastAttributes>({
    name: 'cast',
    summary: 'another element type; fractions are cut off for integers',
    derivative: 'cast(g) between floating-point types',
    infer: ([x], { to }) => typed(x!.shape, to),
    gradient: (g, { inputs: [x] }) => [
      isFloating(x!.dtype) && isFloating(g.dtype) ? cast(g, x!.dtype) : undefined,
    ],
    lower: (emitter, [x], { attributes: { to } }) => emitter.node('Cast', [x!], { to: codes[to] }),
    evaluate: ([x]) => x!.values,
  }),
};

/** `x` as another element type. Fractions are cut off for integers; everything but 0 is `true`. */
export function cast(x: Value, to: DType): Tensor {
  const given = tensor(x);
  return given.dtype === to ? given : apply(castOperations.cast, [given], { to });
}
