/**
 * Losses. All are means over everything but the classes.
 *
 * @module
 */
import { arange } from '../core/ndarray.js';
import { type Tensor, tensor, type Value } from '../core/tensor.js';
import { add, equal, mul, neg, sub } from '../operations/binary.js';
import { cast } from '../operations/cast.js';
import { takeAlongAxis } from '../operations/gather.js';
import { logSoftmax } from '../operations/normal.js';
import { mean } from '../operations/reduce.js';
import { expandDims } from '../operations/shape.js';
import { customVjp } from '../operations/structure.js';
import { abs, exp, relu, softplus } from '../operations/unary.js';

/**
 * Mean of −log of the probability of the right class.
 *
 * @param logits - `[…, classes]`
 * @param labels - `[…]`, int32 or int64
 */
export function crossEntropy(logits: Value, labels: Value): Tensor {
  return picked(logits, labels);
}

/** Its cotangent is softmax less one-hot: nothing is scattered, and every element is touched once. */
const picked = customVjp<readonly [Value, Value]>(
  (logits, labels) => neg(mean(takeAlongAxis(logSoftmax(logits), expandDims(labels, -1)))),
  (g, [logits, labels]) => {
    const classes = logits.shape.at(-1)!;
    const right = equal(expandDims(labels, -1), cast(tensor(arange(classes)), labels.dtype));
    const weight = mul(g, classes / logits.size);
    return [mul(sub(exp(logSoftmax(logits)), cast(right, logits.dtype)), weight), undefined];
  },
);

/** Mean of the binary cross-entropy of `logits` against `targets` in 0 … 1, of the same shape. */
export function binaryCrossEntropy(logits: Value, targets: Value): Tensor {
  const given = tensor(logits);
  // log(1 + e^−|x|) + max(x, 0) − x·t: nothing overflows.
  return mean(sub(add(softplus(neg(abs(given))), relu(given)), mul(given, targets)));
}

/** Mean squared difference. */
export function meanSquaredError(a: Value, b: Value): Tensor {
  const difference = sub(a, b);
  return mean(mul(difference, difference));
}
