/**
 * The safetensors format.
 *
 * @module
 */
export * from './dtypes.js';
export { type FolderOptions, openInFolder } from './folder.js';
export type { SafetensorsHeader, TensorInfo } from './header.js';
export { defaultMaxHeader, formatMaxHeader, headerLength, parseHeader } from './header.js';
export * from './memory.js';
export * from './open.js';
export { refuseUnsafeWeights } from './pickles.js';
export type { Metadata, TensorSpec } from './plan.js';
export type { SafetensorsRule } from './rules.js';
export * from './write.js';
