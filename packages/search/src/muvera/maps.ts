/**
 * The random maps of fixed dimensional encodings, all drawn from one seed.
 *
 * @module
 */
import { Matrix, type Rng, rng } from '@fletch/linalg';
import { blocksDim, type FdeParameters } from './parameters.js';

/**
 * The linear maps of all repetitions, one below the other: of each first `simhash` normal hyperplanes, then the
 * `projDim` rows of its inner projection unless that is the identity.
 *
 * @returns `repetitions · (simhash + projDim) × dim`
 */
export function innerMaps(parameters: FdeParameters): Matrix<Float32Array> {
  const { dim, repetitions, simhash, projDim, projType, seed } = parameters;
  const rows = simhash + (projType === 'identity' ? 0 : projDim);
  const maps = new Matrix(new Float32Array(repetitions * rows * dim), repetitions * rows, dim);
  for (let r = 0; r < repetitions; r++) {
    const random = rng(seed, r);
    const own = maps.data.subarray(r * rows * dim, (r + 1) * rows * dim);
    random.fillNormal(own.subarray(0, simhash * dim));
    fillProjection(own.subarray(simhash * dim), parameters, random);
  }
  return maps;
}

/** Writes an inner projection, `projDim × dim`; it keeps inner products on the average (Achlioptas, 2003). */
function fillProjection(into: Float32Array, { dim, projDim, projType }: FdeParameters, random: Rng): void {
  if (projType === 'rademacher') {
    const size = Math.fround(1 / Math.sqrt(projDim));
    for (let i = 0; i < into.length; i++) into[i] = sign(random) * size;
  } else if (projType === 'countsketch')
    for (let j = 0; j < dim; j++) into[random.integer(projDim) * dim + j] = sign(random);
}

/** A count-sketch (Charikar, Chen and Farach-Colton, 2002): component i goes to `bucket[i]` with `sign[i]`. */
export interface CountSketch {
  readonly bucket: Uint32Array;
  readonly sign: Int8Array;
}

/** The final projection, if there is one. */
export function finalMap(parameters: FdeParameters): CountSketch | undefined {
  const { finalDim, seed } = parameters;
  if (finalDim === undefined) return undefined;
  const random = rng(seed).split(0);
  const bucket = new Uint32Array(blocksDim(parameters));
  const signs = new Int8Array(bucket.length);
  for (let i = 0; i < bucket.length; i++) {
    bucket[i] = random.integer(finalDim);
    signs[i] = sign(random);
  }
  return { bucket, sign: signs };
}

const sign = (random: Rng): 1 | -1 => (random.bits() >>> 31 === 0 ? 1 : -1);
