/**
 * Images as sequences of patches.
 *
 * @module
 */
import { add, matmul, reshape, type Tensor, transpose } from '@fletch/array';
import { type Initializer, type ParameterSpec, zeroed } from '../parameters.js';
import type { Run } from '../run.js';

/**
 * What a convolution with the stride of its kernel does, as one matrix product: `[batch, patches, width]`, row by row.
 *
 * @param images - `[batch, channels, height, width]`, both multiples of `size`
 */
export function patchEmbedding(run: Run, name: string, images: Tensor, size: number): Tensor {
  const [batch, channels, height, width] = images.shape as [number, number, number, number];
  const tiles = reshape(images, [batch, channels, height / size, size, width / size, size]);
  const patches = reshape(transpose(tiles, [0, 2, 4, 1, 3, 5]), [
    batch,
    (height / size) * (width / size),
    channels * size * size,
  ]);
  const weight = run.weight(`${name}.weight`);
  const product = matmul(patches, reshape(weight, [weight.shape[0]!, -1]), { transposeB: true });
  return run.tap(`${name}.out`, add(product, run.weight(`${name}.bias`)));
}

/** The parameters of {@link patchEmbedding}, stored as a convolution's. */
export function patchSpecs(
  name: string,
  [channels, width, size]: readonly [channels: number, width: number, size: number],
  initial: Initializer,
): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [width, channels, size, size], kind: 'conv', initial },
    { name: `${name}.bias`, shape: [width], kind: 'bias', initial: zeroed },
  ];
}
