/**
 * Every format of vectors that can be read.
 *
 * @module
 */
import type { VectorFormat } from '../types.js';
import { beir } from './beir.js';
import { fbin, i8bin, ibin, u8bin } from './bin.js';
import { hdf5 } from './hdf5.js';
import { hnswlib } from './hnswlib.js';
import { jsonl } from './jsonl.js';
import { lance } from './lance.js';
import { npy } from './npy.js';
import { npz } from './npz.js';
import { parquet } from './parquet.js';
import { snapshot } from './snapshot.js';
import { usearch } from './usearch.js';
import { bvecs, fvecs, ivecs } from './xvecs.js';

/** A new kind of file is one reader and one line here. Contents are looked at in this order. */
export const vectorFormats: readonly VectorFormat[] = [
  npy,
  npz,
  fvecs,
  bvecs,
  ivecs,
  fbin,
  u8bin,
  i8bin,
  ibin,
  hdf5,
  parquet,
  jsonl,
  hnswlib,
  usearch,
  lance,
  snapshot,
  beir,
];
