/**
 * Losses of models.
 *
 * @module
 */
import {
  add,
  cast,
  crossEntropy,
  div,
  expandDims,
  greaterEqual,
  logSoftmax,
  maximum,
  mean,
  mul,
  neg,
  slice,
  sum,
  type Tensor,
  takeAlongAxis,
  tensor,
  type Value,
} from '@fletch/array';
import { FletchError } from '@fletch/base';

function scores(name: string, logits: Value | undefined): Tensor {
  if (logits !== undefined) return tensor(logits);
  throw new FletchError(
    'INVALID_ARGUMENT',
    `${name}: there are no logits. A model without a head gives none: name one in the config's architectures.`,
  );
}

/**
 * Mean of −log of the probabilities that a decoder gives to what follows. A perplexity is e to its power.
 *
 * @param logits - `[batch, places, tokens]`
 * @param ids - the tokens that the model was given, `[batch, places]`: place i is scored on token i + 1
 * @param options.seen - `[batch, places]`, 0 at padding, which does not count
 */
export function nextTokenLoss(
  logits: Value | undefined,
  ids: Value,
  { seen }: { readonly seen?: Value | undefined } = {},
): Tensor {
  const given = scores('nextTokenLoss', logits);
  const places = given.shape[1]!;
  if (places < 2)
    throw new FletchError(
      'INVALID_ARGUMENT',
      'nextTokenLoss: sequences need two or more places, or nothing follows.',
    );
  const before = slice(given, null, [0, places - 1]);
  const after = slice(tensor(ids), null, [1, places]);
  if (seen === undefined) return crossEntropy(before, after);
  return weighted(before, after, cast(slice(tensor(seen), null, [1, places]), given.dtype));
}

/**
 * Mean of −log of the probabilities of hidden tokens.
 *
 * @param logits - `[batch, places, tokens]`
 * @param labels - `[batch, places]`: the hidden token, or a negative number (−100) where none is hidden. At least one
 *   must be hidden
 */
export function maskedTokenLoss(logits: Value | undefined, labels: Value): Tensor {
  const given = scores('maskedTokenLoss', logits);
  const wanted = tensor(labels);
  return weighted(given, maximum(wanted, 0), cast(greaterEqual(wanted, 0), given.dtype));
}

/** Mean over places, each with its weight. */
function weighted(logits: Tensor, labels: Tensor, weights: Tensor): Tensor {
  const chosen = takeAlongAxis(logSoftmax(logits), expandDims(labels, -1));
  return neg(div(sum(mul(chosen, expandDims(weights, -1))), sum(weights)));
}

/**
 * Mean of −log of the probability of the right class.
 *
 * @param logits - `[batch, classes]`
 * @param labels - `[batch]`, int32 or int64
 * @param options.smoothing - share of the target that is spread over all classes (Szegedy et al., CVPR 2016). Default 0
 */
export function classificationLoss(
  logits: Value | undefined,
  labels: Value,
  { smoothing = 0 }: { readonly smoothing?: number } = {},
): Tensor {
  const given = scores('classificationLoss', logits);
  const right = crossEntropy(given, labels);
  if (smoothing === 0) return right;
  return add(mul(right, 1 - smoothing), mul(neg(mean(logSoftmax(given))), smoothing));
}
