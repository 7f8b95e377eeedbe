/**
 * Writes that remove points or change their payloads, checked and ready for the writer.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { compileFilter } from '../filter/compile.js';
import { parsePath } from '../filter/path.js';
import type { Payload, PointId, PointsSelector } from '../types/index.js';
import { encodePayload, mergePayload, withoutPath } from './payload.js';
import type { Points } from './points.js';
import { readIds } from './read.js';
import type { Stage } from './stage.js';
import type { Write } from './writer.js';

/** Removes points. */
export function deleteWrite(selector: PointsSelector, points: Points): Write {
  const { alone, filter, ids } = select(selector, points);
  return {
    alone,
    filter,
    bytes: 0,
    stage(stage) {
      for (const id of ids()) stage.remove(id);
    },
  };
}

/** Replaces the payloads of points by what `change` makes of them. */
export function payloadWrite(
  change: (payload: Payload) => Payload,
  selector: PointsSelector,
  points: Points,
): Write {
  const { alone, filter, ids } = select(selector, points);
  return {
    alone,
    filter,
    bytes: 0,
    stage(stage, version) {
      const chosen = ids();
      checkThere(chosen, stage);
      for (const id of chosen) rewrite(stage, id, version, change);
    },
  };
}

/** Throws `NOT_FOUND`, in Qdrant's words, for the first id that there is no point of. */
export function checkThere(ids: Iterable<PointId>, stage: Stage): void {
  for (const id of ids)
    if (stage.row(id) === undefined)
      throw new FletchError('NOT_FOUND', `No point with id ${id} found`, { details: { id } });
}

/** The change that merges `patch`, at `key` when given. Throws `INVALID_ARGUMENT`. */
export function merging(patch: Payload, key?: string): (payload: Payload) => Payload {
  const copy = plainPayload(patch);
  const path = key === undefined || key === null ? undefined : parsePath(key);
  return (payload) => mergePayload(payload, copy, path);
}

/** The change that puts `payload` in the place of any other. Throws `INVALID_ARGUMENT`. */
export function replacing(payload: Payload): (payload: Payload) => Payload {
  const copy = plainPayload(payload);
  return () => copy;
}

/** The change that removes what is at some paths. Throws `INVALID_ARGUMENT`. */
export function removing(keys: readonly string[]): (payload: Payload) => Payload {
  if (!Array.isArray(keys)) throw invalid('keys: expected a list of payload paths.');
  const paths = keys.map((key) => parsePath(key));
  return (payload) => paths.reduce(withoutPath, payload);
}

function rewrite(stage: Stage, id: PointId, version: number, change: (payload: Payload) => Payload): void {
  const row = stage.row(id)!;
  stage.rewrite(row, { version, json: JSON.stringify(change(stage.payload(row))) });
}

/** The points that a write is about. Those of a filter are found when the write's turn comes. */
export function select(
  selector: PointsSelector,
  points: Points,
): Pick<Write, 'alone' | 'filter'> & { ids: () => PointId[] } {
  if (typeof selector === 'object' && selector !== null) {
    if ('points' in selector && selector.points !== undefined) {
      const ids = readIds(selector.points, 'points');
      return { alone: false, ids: () => ids };
    }
    if ('filter' in selector && selector.filter !== undefined) {
      const { filter } = selector;
      compileFilter(filter);
      return {
        alone: true,
        filter,
        ids: () => Array.from(points.matching(filter), (row) => points.rows.id(row)!),
      };
    }
  }
  throw invalid('Expected {points: […]} or {filter: {…}} to say which points.');
}

function plainPayload(payload: Payload): Payload {
  return JSON.parse(encodePayload(payload, 'payload')) as Payload;
}

function invalid(message: string): FletchError {
  return new FletchError('INVALID_ARGUMENT', message);
}
