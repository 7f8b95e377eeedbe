/**
 * Whether an answer is the oracle's, leaving open exactly what Qdrant leaves open: the order of equal hits, and which of
 * them a limit cuts off.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { PayloadSelector, PointId, PointRecord, ScoredPoint, VectorSelector } from '@fletch/search';
import type { OracleCollection, OraclePoint } from './oracle/collection.case.js';
import { close } from './oracle/doubts.case.js';
import { selectPayload } from './oracle/path.case.js';
import { type Hit, type Ranking, tied } from './oracle/ranking.case.js';
import { isSparse, type Stored } from './oracle/vectors.case.js';

/** What differs between an answer and the oracle's. */
export class Disagreement extends Error {}

export function expectThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Disagreement(what);
}

export interface Selectors {
  readonly with_payload?: PayloadSelector | null;
  readonly with_vector?: VectorSelector | null;
}

const shown = (value: unknown) => JSON.stringify(value);

/** Compares a list of hits with the oracle's ranking of all there are. */
export function compareHits(
  actual: readonly (ScoredPoint | PointRecord)[],
  { hits, by }: Ranking,
  { offset, limit }: { offset: number; limit: number },
): void {
  const count = Math.max(0, Math.min(limit, hits.length - offset));
  const expected = hits.slice(offset, offset + limit);
  const wanted = `expected ${shown(expected.map(({ id, score, order }) => (order === undefined ? [id, score] : [id, order])))}${by === 'id' ? '' : ` (of ${hits.length} by ${by})`}`;
  expectThat(actual.length === count, `${actual.length} hits instead of ${count}: ${wanted}`);
  const left = [...hits];
  actual.forEach((point, at) => {
    const place = left.findIndex(
      ({ id, order }) => id === point.id && (order === undefined || order === point.order_value),
    );
    expectThat(place >= 0, `hit ${at} is ${shown(point.id)}, which is not there (again): ${wanted}`);
    const [hit] = left.splice(place, 1) as [Hit];
    const there = hits[offset + at]!;
    expectThat(tied(hit, there, by) || hit.id === there.id, `hit ${at} is ${shown(point.id)}: ${wanted}`);
    if ('score' in point)
      expectThat(close(point.score, hit.score), `hit ${at} has the score ${point.score}: ${wanted}`);
  });
}

/** Compares payload and vector of a point that was returned. */
export function compareRecord(
  actual: PointRecord,
  point: OraclePoint,
  { with_payload, with_vector }: Selectors,
  payloadByDefault: boolean,
): void {
  const payload = selectPayload(point.payload, with_payload ?? payloadByDefault);
  expectThat(
    payload === undefined ? actual.payload == null : equal(actual.payload ?? null, payload),
    `point ${shown(point.id)} has the payload ${shown(actual.payload)} instead of ${shown(payload)}`,
  );
  const wanted = with_vector ?? false;
  const names = [...point.vectors.keys()].filter((name) =>
    Array.isArray(wanted) ? wanted.includes(name) : wanted,
  );
  const vectors = vectorsOf(actual.vector);
  expectThat(
    Object.keys(vectors).length === names.length &&
      names.every((name) => sameVector(vectors[name], point.vectors.get(name)!)),
    `point ${shown(point.id)} has the vectors ${shown(vectors)} instead of ${shown(Object.fromEntries(names.map((name) => [name, point.vectors.get(name)])))}`,
  );
}

function vectorsOf(vector: PointRecord['vector']): { [name: string]: unknown } {
  if (vector === undefined || vector === null) return {};
  return Array.isArray(vector) ? { '': vector } : (vector as { [name: string]: unknown });
}

function sameVector(actual: unknown, expected: Stored): boolean {
  if (isSparse(expected)) {
    if (!isSparse(actual) || actual.indices.length !== expected.indices.length) return false;
    return expected.indices.every((index, i) => {
      const at = (actual.indices as number[]).indexOf(index);
      return at >= 0 && close(actual.values[at]!, expected.values[i]! as number);
    });
  }
  const flat = (vector: unknown) => (vector as number[][]).flat();
  if (!Array.isArray(actual) || shapeOf(actual) !== shapeOf(expected)) return false;
  return flat(actual).every((value, i) => Math.abs(value - flat(expected)[i]!) < 1e-6);
}

const shapeOf = (vector: unknown) =>
  shown((vector as unknown[]).map((row) => (Array.isArray(row) ? row.length : 1)));

/** Whether two JSON values are the same; the order of keys does not matter. */
export function equal(a: Json, b: Json): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((value, i) => equal(value, b[i]!))
    );
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key]!, b[key]!))
  );
}

/** Compares the records of hits, found by their ids. */
export function compareRecords(
  actual: readonly PointRecord[],
  collection: OracleCollection,
  selectors: Selectors,
  payloadByDefault: boolean,
): void {
  for (const record of actual)
    compareRecord(record, pointOf(collection, record.id), selectors, payloadByDefault);
}

function pointOf(collection: OracleCollection, id: PointId): OraclePoint {
  const point = collection.points.get(id);
  expectThat(point !== undefined, `there is no point ${shown(id)}`);
  return point;
}
