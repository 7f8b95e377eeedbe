/**
 * System 20: embedding tables under a budget of memory, fourteen methods (Zhang et al., Experimental Analysis of Large-scale
 * Learnable Vector Storage Compression, VLDB 2024, arXiv 2311.15578)
 *
 * @module
 */
export {
  type CompressedEmbedding,
  type CreateEmbeddingOptions,
  createEmbedding,
} from './compressed-embedding.js';
export { FrozenEmbedding } from './frozen.js';
export { type HeadName, heads as ctrHeads } from './heads.js';
export { type MethodName, methods as embeddingMethods } from './methods.js';
export {
  type CtrData,
  type CtrSet,
  evaluateCTR,
  splitCtr,
  type TrainCtrOptions,
  type TrainedCtr,
  trainCTR,
} from './train-ctr.js';
export type { MethodOptions, MethodSpec } from './types.js';
export {
  CompressedVectors,
  type CompressVectorsOptions,
  compressVectors,
  type VectorMethod,
  vectorMethods,
} from './vectors/compress.js';
export { type CompressionQuality, compressionQuality, recallAtTen } from './vectors/quality.js';
