/**
 * Systems that learn representations, and architectures that share weights.
 *
 * @module @fletch/learn
 */
export * from './augment/index.js';
export * from './barlow-twins/index.js';
export * from './effective-rank.js';
export * from './embedding-compression/index.js';
export {
  type EmbedOptions,
  type Encoder,
  embedImages,
  loadEncoder,
  type Named,
  saveEncoder,
} from './encoder/encoder.js';
export { type ImageEncoderOptions, type ImageFamily, imageEncoder } from './encoder/image-encoder.js';
export { type Features, linearProbe, type Probe, type ProbeOptions } from './probe.js';
export { saveEmbeddings } from './save-embeddings.js';
