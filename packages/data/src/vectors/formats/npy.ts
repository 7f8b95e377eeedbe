/**
 * NumPy arrays: `.npy`.
 *
 * @module
 */
import { plainSource } from '../plain.js';
import type { VectorFormat } from '../types.js';
import { openNpyArray } from './npy-array.js';
import { npyMagic } from './npy-header.js';

/** A matrix of numbers of any precision and order; one vector a row. */
export const npy: VectorFormat = {
  name: 'npy',
  title: 'NumPy array (.npy), ids and payloads beside it',
  endings: ['.npy'],
  matches: ({ head }) => head.subarray(0, 6).equals(npyMagic),
  open: (path) => plainSource('npy', path, openNpyArray),
};
