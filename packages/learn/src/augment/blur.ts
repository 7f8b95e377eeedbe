/**
 * Gaussian blur.
 *
 * @module
 */

/** Weights of the distances 0, 1, … up to three standard deviations; together with their mirror image they sum to 1. */
export function gaussianWeights(sigma: number): Float64Array {
  const weights = Float64Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, i) =>
    i === 0 ? 1 : Math.exp(-(i * i) / (2 * sigma * sigma)),
  );
  const total = weights.reduce((sum, weight) => sum + 2 * weight, -weights[0]!);
  return weights.map((weight) => weight / total);
}

/** Blurs one plane in place, along rows and then along columns; beyond the edge lies the edge's own value. */
export function blurPlane(
  data: Float32Array,
  at: number,
  height: number,
  width: number,
  weights: Float64Array,
): void {
  for (let i = 0; i < height; i++) blurLine(data, at + i * width, 1, width, weights);
  for (let j = 0; j < width; j++) blurLine(data, at + j, width, height, weights);
}

let line = new Float64Array(256);

function blurLine(data: Float32Array, at: number, step: number, length: number, weights: Float64Array): void {
  const reach = weights.length - 1;
  if (line.length < length + 2 * reach) line = new Float64Array(2 * (length + 2 * reach));
  const [first, last] = [data[at]!, data[at + (length - 1) * step]!];
  for (let i = 0; i < reach; i++) {
    line[i] = first;
    line[reach + length + i] = last;
  }
  for (let i = 0; i < length; i++) line[reach + i] = data[at + i * step]!;
  const own = weights[0]!;
  for (let i = 0; i < length; i++) {
    let sum = own * line[reach + i]!;
    for (let k = 1; k <= reach; k++) sum += weights[k]! * (line[reach + i - k]! + line[reach + i + k]!);
    data[at + i * step] = sum;
  }
}
