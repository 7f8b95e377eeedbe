/**
 * Writes of points and of their vectors, checked and ready for the writer.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { compileFilter } from '../filter/compile.js';
import { sizeOf } from '../space/codec.js';
import type { VectorSpec } from '../space/spec.js';
import type { VectorValue } from '../space/types.js';
import type {
  Filter,
  PointId,
  PointStruct,
  PointsSelector,
  PointVectors,
  UpsertOptions,
} from '../types/index.js';
import { parseId } from './ids.js';
import { encodePayload } from './payload.js';
import type { Points } from './points.js';
import type { Stage } from './stage.js';
import { checkThere, select } from './updates.js';
import { readVectors, specFor } from './vectors.js';
import type { Write } from './writer.js';

/** What the writes of a collection are checked against. */
export interface WriteContext {
  readonly points: Points;
  readonly specs: ReadonlyMap<string, VectorSpec>;
}

/** A point, ready to be stored. */
interface ReadyPoint {
  readonly id: PointId;
  readonly vectors: ReadonlyMap<string, VectorValue>;
  readonly json: string;
}

const MODES: readonly unknown[] = [
  'upsert',
  'insert_only',
  'update_only',
] satisfies UpsertOptions['update_mode'][];

/**
 * Inserts or replaces points; the last one of an id wins.
 *
 * @throws FletchError as `Collection.upsert`; the whole batch is checked
 */
export function upsertWrite(
  points: readonly PointStruct[],
  options: UpsertOptions,
  { points: stored, specs }: WriteContext,
): Write {
  if (!Array.isArray(points)) throw invalid('points: expected a list of points.');
  const mode = options.update_mode ?? 'upsert';
  if (!MODES.includes(mode)) throw invalid(`update_mode: expected one of ${MODES.join(', ')}, got ${mode}.`);
  const unchanged = guard(specs);
  let bytes = 0;
  const ready = points.map((point: PointStruct, i): ReadyPoint => {
    const at = `points[${i}]`;
    if (typeof point !== 'object' || point === null) throw invalid(`${at}: expected {id, vector, payload}.`);
    const id = parseId(point.id, `${at}.id`);
    const vectors = readVectors(point.vector, specs, at);
    const json = encodePayload(point.payload, `${at}.payload`);
    bytes += json.length;
    for (const value of vectors.values()) bytes += sizeOf(value);
    return { id, vectors, json };
  });
  const filter = options.update_filter ?? undefined;
  if (filter) compileFilter(filter);
  return {
    alone: filter !== undefined,
    filter,
    bytes,
    stage(stage, version) {
      unchanged(ready);
      const chosen = filter || mode !== 'upsert' ? choose(ready, mode, filter, stored, stage) : ready;
      for (const { id, vectors, json } of chosen) stage.put(id, { version, json }, vectors);
    },
  };
}

/** The points that a conditional upsert writes, by what is there before it. */
function choose(
  ready: readonly ReadyPoint[],
  mode: string,
  filter: Filter | undefined,
  points: Points,
  stage: Stage,
): ReadyPoint[] {
  const matching = filter && mode !== 'insert_only' ? points.matching(filter) : undefined;
  return ready.filter(({ id }) => {
    const row = stage.row(id);
    if (row === undefined) return mode !== 'update_only';
    return mode !== 'insert_only' && (!matching || matching.has(row));
  });
}

/**
 * Gives points new vectors beside those they have; several entries of an id are taken together, the last one of a
 * name wins.
 *
 * @throws FletchError as `Collection.updateVectors`
 */
export function updateVectorsWrite(
  points: readonly PointVectors[],
  filter: Filter | null | undefined,
  { points: stored, specs }: WriteContext,
): Write {
  if (!Array.isArray(points)) throw invalid('points: expected a list of points.');
  const unchanged = guard(specs);
  let bytes = 0;
  const merged = new Map<PointId, Map<string, VectorValue>>();
  points.forEach((point: PointVectors, i) => {
    const at = `points[${i}]`;
    if (typeof point !== 'object' || point === null) throw invalid(`${at}: expected {id, vector}.`);
    const id = parseId(point.id, `${at}.id`);
    const vectors = readVectors(point.vector, specs, at);
    if (vectors.size === 0) throw invalid(`${at}.vector: must specify vectors to update for point.`);
    const all = merged.get(id) ?? new Map<string, VectorValue>();
    merged.set(id, all);
    for (const [name, value] of vectors) {
      all.set(name, value);
      bytes += sizeOf(value);
    }
  });
  if (filter) compileFilter(filter);
  return {
    alone: filter != null,
    filter: filter ?? undefined,
    bytes,
    stage(stage, version) {
      const matching = filter ? stored.matching(filter) : undefined;
      const chosen = [...merged].filter(([id]) => {
        const row = stage.row(id);
        return row === undefined || !matching || matching.has(row);
      });
      unchanged(chosen.map(([, vectors]) => ({ vectors })));
      checkThere(
        chosen.map(([id]) => id),
        stage,
      );
      for (const [id, vectors] of chosen)
        stage.revector(id, version, new Map([...stage.vectors(stage.row(id)!), ...vectors]));
    },
  };
}

/**
 * Takes vectors of some names from points.
 *
 * @throws FletchError as `Collection.deleteVectors`
 */
export function deleteVectorsWrite(
  names: readonly string[],
  selector: PointsSelector,
  { points, specs }: WriteContext,
): Write {
  if (!Array.isArray(names) || names.length === 0)
    throw invalid('vector: must specify vector names to delete.');
  const check = () => {
    for (const name of names) specFor(specs, name, 'vector');
  };
  check();
  const { alone, filter, ids } = select(selector, points);
  return {
    alone,
    filter,
    bytes: 0,
    stage(stage, version) {
      check();
      const chosen = ids();
      checkThere(chosen, stage);
      for (const id of chosen) {
        const had = stage.vectors(stage.row(id)!);
        stage.revector(id, version, new Map([...had].filter(([name]) => !names.includes(name))));
      }
    },
  };
}

/** Refuses vectors that were checked against what the collection no longer has when the write's turn comes. */
function guard(
  specs: ReadonlyMap<string, VectorSpec>,
): (items: Iterable<{ readonly vectors: ReadonlyMap<string, VectorValue> }>) => void {
  const before = new Map(specs);
  return (items) => {
    if ([...before].every(([name, spec]) => specs.get(name) === spec)) return;
    for (const { vectors } of items)
      for (const name of vectors.keys())
        if (specs.get(name) !== before.get(name))
          throw invalid(`The vector "${name}" was removed from the collection while the write was waiting.`);
  };
}

function invalid(message: string): FletchError {
  return new FletchError('INVALID_ARGUMENT', message);
}
