/**
 * The vocabulary of collections. Names and shapes are those of Qdrant's REST dialect, so that the same objects
 * pass through the library, the HTTP API and the official client unchanged.
 *
 * @module
 */
export type * from './collections.js';
export type * from './filters.js';
export type * from './json.js';
export type * from './queries.js';
export type * from './updates.js';
export type * from './vectors.js';
