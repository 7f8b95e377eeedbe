import { Matrix, randomOrthogonal, rng } from '@fletch/linalg';
import { checkIndex, type MakeIndex } from '../check-index.case.js';
import { createLeanVecIndex } from '../create.js';

checkIndex('leanvec, before it has learned', createLeanVecIndex);

/** Codes from the first row on, made by a rotation (of many dimensions: by a few of them). */
const coded =
  (secondary: 'f32', bits: 8 | 4): MakeIndex =>
  (options) => {
    const { dimension } = options;
    const cols = dimension > 64 ? 8 : dimension;
    const { data } = randomOrthogonal(rng(1), dimension, cols, 'float32');
    const projection = { A: new Matrix(data, dimension, cols), B: new Matrix(data, dimension, cols) };
    return createLeanVecIndex({ ...options, projection, secondary, bits });
  };

// A record of four components takes 16 bytes of codes and 16 of its own; the whole vector 16 more.
checkIndex('leanvec of 8-bit codes and vectors', coded('f32', 8), { vectorBytes: 480 });
checkIndex('leanvec of 4-bit codes and vectors', coded('f32', 4), { vectorBytes: 480 });
