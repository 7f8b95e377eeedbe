/**
 * What decides the recall of HNSW: intrinsic dimension and the order of insertion (Elliott and Clark, ICTIR 2024, arXiv 2405.17813).
 *
 * @module
 */
export { HNSW, type HnswStudyHits } from './hnsw.js';
export {
  type LidHistogram,
  type LidOptions,
  type LidProfile,
  lidHistogram,
  lidMLE,
  lidProfile,
} from './local-dimension.js';
export { meanAndError, ndcgAtK, type RankShift, rankShift, recallOf, spearman } from './measures.js';
export { exactNeighbours, type Neighbours } from './neighbours.js';
export {
  type HnswStudyOptions,
  type Preset,
  type PresetName,
  presetOf,
  presets,
  type StudyMetric,
} from './options.js';
export { type InsertionOrder, insertionOrder, type OrderOptions } from './orders.js';
export { measure, type RecallStudy, recallStudy, type StudyOptions, type StudyRow } from './study.js';
export { type SyntheticOptions, syntheticIntrinsic } from './synthetic.js';
