/**
 * What changes points.
 *
 * @module
 */
import type { Filter } from './filters.js';
import type { Payload, PointId } from './json.js';
import type { VectorInput } from './vectors.js';

/** A point to insert. */
export interface PointStruct {
  id: PointId;
  /** May leave out any of the collection's vectors; `{}` for none. */
  vector: VectorInput;
  payload?: Payload | null;
}

/** Which points an upsert may insert or replace. */
export interface UpsertOptions {
  /** An existing point is only replaced when it matches; new ones are inserted all the same. */
  update_filter?: Filter | null;
  /** Default `upsert`. */
  update_mode?: 'upsert' | 'insert_only' | 'update_only' | null;
}

/** Points by id or by filter. */
export type PointsSelector = { points: PointId[] } | { filter: Filter };

/** New vectors of existing points; the point's other vectors stay. */
export interface PointVectors {
  id: PointId;
  vector: VectorInput;
}

/** One operation of `batchUpdate`; they are carried out in their order. */
export type UpdateOperation =
  | { upsert: { points: PointStruct[] } & UpsertOptions }
  | { delete: PointsSelector }
  | { set_payload: { payload: Payload; key?: string | null } & PointsSelector }
  | { overwrite_payload: { payload: Payload; key?: string | null } & PointsSelector }
  | { delete_payload: { keys: string[] } & PointsSelector }
  | { clear_payload: PointsSelector }
  | { update_vectors: { points: PointVectors[]; update_filter?: Filter | null } }
  | { delete_vectors: { vector: string[] } & PointsSelector };

/** The receipt of a write: it is durable when the promise resolves. */
export interface UpdateResult {
  operation_id: number;
  status: 'acknowledged' | 'completed';
}
