/**
 * MBAT for JSON: vectors of records of any shape.
 *
 * @module
 */
import { JsonEncoder } from './encoder.js';
import { VSA } from './vsa.js';

export * from './encoder.js';
export * from './file.js';
export type { EmbeddingTable, NumberMode } from './leaves.js';
export { type MatrixKind, type RoleOperator, roleOperator } from './operators.js';
export { type DuplicateKeys, parseJson } from './parse.js';
export type { NumberRange, PathFacts } from './ranges.js';
export { bagOfLeaves, hashedPaths } from './rivals.js';
export { type NamedMatch, VSA, type VsaOptions } from './vsa.js';
export type { ArrayMode } from './walk.js';

let usual: JsonEncoder | undefined;

/**
 * The vector of a JSON value with the usual encoder (512 dimensions, Hadamard matrices, seed 0, nothing learnt): comparable with every other
 * one that it makes, here and elsewhere.
 *
 * @returns 512 numbers, length 1
 * @throws FletchError as `JsonEncoder.encode`
 */
export function encodeJson(value: unknown): Float32Array {
  usual ??= new JsonEncoder({ vsa: new VSA({ matrices: 'hadamard' }) });
  return usual.encode(value);
}
