/**
 * The writes of a collection, checked and ready for the writer.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { compileFilter } from '../filter/compile.js';
import { parsePath } from '../filter/path.js';
import type { Payload, PointId, PointStruct, PointsSelector } from '../types/index.js';
import { parseId } from './ids.js';
import { encodePayload, mergePayload, withoutPath } from './payload.js';
import type { Points } from './points.js';
import { readIds } from './read.js';
import type { Stage } from './stage.js';
import { readVectors, type VectorSpec } from './vectors.js';
import type { Write } from './writer.js';

/**
 * Inserts or replaces points; the last one of an id wins.
 *
 * @throws FletchError as `Collection.upsert`; the whole batch is checked
 */
export function upsertWrite(points: readonly PointStruct[], specs: ReadonlyMap<string, VectorSpec>): Write {
  if (!Array.isArray(points)) throw invalid('points: expected a list of points.');
  const ready = points.map((point: PointStruct, i) => {
    const at = `points[${i}]`;
    if (typeof point !== 'object' || point === null) throw invalid(`${at}: expected {id, vector, payload}.`);
    return {
      id: parseId(point.id, `${at}.id`),
      vectors: readVectors(point.vector, specs, at),
      json: encodePayload(point.payload, `${at}.payload`),
    };
  });
  let bytes = 0;
  for (const { vectors, json } of ready) {
    bytes += json.length;
    for (const vector of vectors.values()) bytes += vector.byteLength;
  }
  return {
    alone: false,
    bytes,
    stage(stage, version) {
      for (const { id, vectors, json } of ready) stage.put(id, { version, json }, vectors);
    },
  };
}

/** Removes points. */
export function deleteWrite(selector: PointsSelector, points: Points): Write {
  const { alone, ids } = select(selector, points);
  return {
    alone,
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
  const { alone, ids } = select(selector, points);
  return {
    alone,
    bytes: 0,
    stage(stage, version) {
      for (const id of ids()) rewrite(stage, id, version, change);
    },
  };
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
  const row = stage.row(id);
  if (row !== undefined) stage.rewrite(row, { version, json: JSON.stringify(change(stage.payload(row))) });
}

/** The points that a write is about. Those of a filter are found when the write's turn comes. */
function select(selector: PointsSelector, points: Points): { alone: boolean; ids: () => PointId[] } {
  if (typeof selector === 'object' && selector !== null) {
    if ('points' in selector && selector.points !== undefined) {
      const ids = readIds(selector.points, 'points');
      return { alone: false, ids: () => ids };
    }
    if ('filter' in selector && selector.filter !== undefined) {
      const { filter } = selector;
      compileFilter(filter);
      return { alone: true, ids: () => Array.from(points.matching(filter), (row) => points.rows.id(row)!) };
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
