/**
 * Vectors in files of many kinds.
 *
 * @module
 */

export { describeReadError, type FileBytes, invalidFile } from './bytes.js';
export * from './formats/beir-texts.js';
export { vectorFormats } from './formats/index.js';
export * from './ids.js';
export * from './neighbors.js';
export * from './open.js';
export * from './types.js';
export * from './write/index.js';
