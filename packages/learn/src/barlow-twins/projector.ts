/**
 * The head on which a two-view loss is computed and which is thrown away afterwards.
 *
 * @module
 */
import { add, array, matmul, mul, type NDArray, ones, relu, type Tensor, zeros } from '@fletch/array';
import { FletchError } from '@fletch/base';
import type { Rng } from '@fletch/linalg';
import { byBatch } from '../encoder/batch-norm.js';
import type { Named } from '../encoder/encoder.js';

/**
 * Parameters of `Linear → BatchNorm → ReLU → … → Linear`, numbered as in a sequence of such modules: `0.weight`,
 * `1.weight`, `1.bias`, `3.weight`, … Linear layers have no bias; weights are `[out, in]`, uniform within ± 1/√in.
 *
 * @param widths - outputs of each linear layer, at least one
 * @throws FletchError `INVALID_ARGUMENT` when there is none or one is no positive integer
 */
export function projectorParams(inputs: number, widths: readonly number[], random: Rng): Named<NDArray> {
  if (widths.length === 0 || !widths.every((n) => Number.isSafeInteger(n) && n > 0))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A projector needs at least one layer of a positive width, not [${widths.join(', ')}].`,
    );
  const params: Record<string, NDArray> = {};
  for (const [i, out] of widths.entries()) {
    const inner = widths[i - 1] ?? inputs;
    const bound = 1 / Math.sqrt(inner);
    const draws = random.fillUniform(new Float32Array(out * inner));
    params[`${3 * i}.weight`] = array(
      draws.map((u) => (2 * u - 1) * bound),
      'float32',
      [out, inner],
    );
    if (i === widths.length - 1) break;
    params[`${3 * i + 1}.weight`] = ones([out]);
    params[`${3 * i + 1}.bias`] = zeros([out]);
  }
  return params;
}

/**
 * Projects rows. Normalizations use the statistics of these rows: the two views of a batch go through it one after the
 * other.
 *
 * @param normalized - whether the outputs are normalized too, without scale and shift
 */
export function project(params: Named<Tensor>, rows: Tensor, normalized = false): Tensor {
  let x = rows;
  for (let i = 0; params[`${i}.weight`] !== undefined; i += 3) {
    x = matmul(x, params[`${i}.weight`]!, { transposeB: true });
    const [scale, shift] = [params[`${i + 1}.weight`], params[`${i + 1}.bias`]];
    if (scale && shift) x = relu(add(mul(byBatch(x), scale), shift));
  }
  return normalized ? byBatch(x) : x;
}
