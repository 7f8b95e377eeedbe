/**
 * The head on which a two-view loss is computed and which is thrown away afterwards.
 *
 * @module
 */
import { array, matmul, type NDArray, relu, type Tensor } from '@fletch/array';
import { FletchError } from '@fletch/base';
import type { Rng } from '@fletch/linalg';
import { type Affine, affineOf, byBatch, trainingNorm } from '../encoder/batch-norm.js';
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
  const params: Record<string, Named<NDArray>> = {};
  widths.forEach((out, i) => {
    const inner = widths[i - 1] ?? inputs;
    const bound = 1 / Math.sqrt(inner);
    const draws = random.fillUniform(new Float32Array(out * inner));
    params[3 * i] = {
      weight: array(
        draws.map((u) => (2 * u - 1) * bound),
        'float32',
        [out, inner],
      ),
    };
    if (i < widths.length - 1) params[3 * i + 1] = affineOf(out);
  });
  return params;
}

/**
 * Projects rows. Normalizations use the statistics of these rows: the two views of a batch go through it one after the
 * other.
 *
 * @param normalized - whether the outputs are normalized too, without scale and shift
 */
export function project(params: Named<Tensor>, rows: Tensor, normalized = false): Tensor {
  const layers = Object.keys(params).filter((name) => Number(name) % 3 === 0).length;
  let x = rows;
  for (let i = 0; i < layers; i++) {
    x = matmul(x, (params[3 * i] as { weight: Tensor }).weight, { transposeB: true });
    if (i < layers - 1) x = relu(trainingNorm(x, params[3 * i + 1] as Affine<Tensor>).y);
  }
  return normalized ? byBatch(x).y : x;
}
