/**
 * Records whose payloads are like that of a point: compared whole, by MBAT vectors that are kept for a while.
 *
 * @module
 */
import {
  type Collection,
  JsonEncoder,
  type PathContribution,
  type Payload,
  type PointId,
  VSA,
} from '@fletch/search';
import { breathe } from './http/breathe.js';
import { notFound } from './http/errors.js';

/** A record like the one that was asked about. */
export interface AlikeRecord {
  readonly id: PointId;
  /** Cosine of the vectors of both payloads. */
  readonly score: number;
  readonly payload: Payload;
  /** The paths that add most to the score. */
  readonly why: PathContribution[];
}

/** What {@link recordsAlike} found. */
export interface AlikeRecords {
  readonly records: AlikeRecord[];
  /** How many records were compared. */
  readonly compared: number;
  /** Whether there are more than were compared. */
  readonly more: boolean;
}

/** Most records that are compared. */
export const MOST_ALIKE = 20_000;
/** How long vectors are used without looking whether the payloads have changed, in milliseconds. */
const KEPT_FOR = 60_000;
const DIM = 256;
/** Records that ranges of numbers and weights of words are learnt from. */
const SAMPLE = 1000;
/** Records that are encoded between two chances for other requests. */
const TURN = 16;
const REASONS = 3;

interface Encoded {
  readonly encoder: JsonEncoder;
  readonly ids: readonly PointId[];
  /** One after the other, each of length 1. */
  readonly vectors: Float32Array;
  readonly more: boolean;
  readonly at: number;
}

const kept = new WeakMap<Collection, Promise<Encoded>>();

/**
 * The records whose payloads are most like that of a point.
 *
 * @param limit - of records that are returned
 * @throws HttpError 404 when there is no such point
 */
export async function recordsAlike(
  collection: Collection,
  id: PointId,
  limit: number,
  signal: AbortSignal,
): Promise<AlikeRecords> {
  const payload = payloadOf(collection, id);
  if (!payload) throw notFound(`Point with id ${id} does not exists!`);
  const { encoder, ids, vectors, more } = await encodedOf(collection, signal);
  const query = encoder.encode(payload);
  const scores = ids.map((_, row) => dot(query, vectors, row * DIM));
  const order = Uint32Array.from(ids.keys()).sort((a, b) => scores[b]! - scores[a]!);
  const records: AlikeRecord[] = [];
  for (const row of order) {
    if (records.length === limit) break;
    const other = ids[row]!;
    const found = other === id ? undefined : payloadOf(collection, other);
    if (!found) continue;
    const why = encoder.explain(payload, found).slice(0, REASONS);
    records.push({ id: other, score: scores[row]!, payload: found, why });
  }
  return { records, compared: ids.length, more };
}

function payloadOf(collection: Collection, id: PointId): Payload | undefined {
  const [record] = collection.retrieve([id], { with_payload: true });
  return record && (record.payload ?? {});
}

async function encodedOf(collection: Collection, signal: AbortSignal): Promise<Encoded> {
  const known = await kept.get(collection)?.catch(() => undefined);
  if (known && Date.now() - known.at < KEPT_FOR) return known;
  const encoding = encodeAll(collection, signal);
  kept.set(collection, encoding);
  return encoding;
}

async function encodeAll(collection: Collection, signal: AbortSignal): Promise<Encoded> {
  const request = { limit: MOST_ALIKE, with_payload: true } as const;
  const { points, next_page_offset: next } = await collection.scroll(request);
  const payloads = points.map(({ payload }) => payload ?? {});
  const encoder = new JsonEncoder({ vsa: new VSA({ dim: DIM, matrices: 'hadamard' }), values: 0 });
  encoder.fit(payloads.slice(0, SAMPLE));
  const vectors = new Float32Array(payloads.length * DIM);
  const turn = breathe(signal);
  for (let from = 0; from < payloads.length; from += TURN) {
    vectors.set(encoder.encodeAll(payloads.slice(from, from + TURN)).data, from * DIM);
    await turn();
  }
  return { encoder, ids: points.map(({ id }) => id), vectors, more: next != null, at: Date.now() };
}

function dot(query: Float32Array, vectors: Float32Array, from: number): number {
  let sum = 0;
  for (let i = 0; i < query.length; i++) sum += query[i]! * vectors[from + i]!;
  return sum;
}
