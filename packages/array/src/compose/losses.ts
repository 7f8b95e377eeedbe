/**
 * Losses. All are means over everything but the classes.
 *
 * @module
 */
import { arange } from '../core/ndarray.js';
import { type Tensor, tensor, type Value } from '../core/tensor.js';
import { add, and, equal, greaterEqual, less, mul, neg, sub, where } from '../operations/binary.js';
import { cast } from '../operations/cast.js';
import { logSoftmax } from '../operations/normal.js';
import { mean, sum } from '../operations/reduce.js';
import { expandDims } from '../operations/shape.js';
import { customVjp } from '../operations/structure.js';
import { abs, exp, relu, softplus } from '../operations/unary.js';

/**
 * Mean of −log of the probability of the right class.
 *
 * @param logits - `[…, classes]`
 * @param labels - `[…]`, int32 or int64; the loss is not a number when one is no class
 */
export function crossEntropy(logits: Value, labels: Value): Tensor {
  return picked(logits, labels);
}

/** 1 at the label's place; rows without a class have none. */
function rightClass(logits: Tensor, labels: Tensor): Tensor {
  const classes = cast(tensor(arange(logits.shape.at(-1)!)), labels.dtype);
  return cast(equal(expandDims(labels, -1), classes), logits.dtype);
}

/** Its cotangent is softmax less one-hot. Nothing is gathered or scattered: all of it works row by row. */
const picked = customVjp<readonly [Value, Value]>(
  (logits, labels) => {
    const right = mul(logSoftmax(logits), rightClass(logits, labels));
    const inRange = and(greaterEqual(labels, 0), less(labels, logits.shape.at(-1)!));
    return mean(where(inRange, neg(sum(right, { axes: -1 })), Number.NaN));
  },
  (g, [logits, labels]) => {
    const weight = mul(g, logits.shape.at(-1)! / logits.size);
    return [mul(sub(exp(logSoftmax(logits)), rightClass(logits, labels)), weight), undefined];
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
