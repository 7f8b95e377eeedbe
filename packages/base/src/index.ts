/**
 * Errors, checksums and durable file writing that every Fletch package shares.
 *
 * @module @fletch/base
 */
export * from './errors.js';
export * from './files.js';
export * from './json.js';
export * from './lock.js';
export * from './paths.js';
export * from './process.js';
export * from './progress.js';
