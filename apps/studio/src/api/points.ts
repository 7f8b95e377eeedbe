/**
 * Points one by one and page by page, and queries of any shape.
 *
 * @module
 */
import type { Payload, PointId, PointRecord, ScoredPoint, ScrollRequest, ScrollResult } from '@fletch/search';
import type { Http, Timed } from './http.js';

/** A record like the one that was asked about. */
export interface AlikeRecord {
  readonly id: PointId;
  readonly score: number;
  readonly payload: Payload;
  /** The paths that add most to the score. */
  readonly why: readonly { readonly path: string; readonly contribution: number }[];
}

export interface AlikeRecords {
  readonly records: readonly AlikeRecord[];
  readonly compared: number;
  /** Whether there are more than were compared. */
  readonly more: boolean;
}

/** How many dimensions vectors fill, and what the index finds of them. */
export interface LocalDimension {
  readonly sampled: number;
  readonly lid: {
    readonly mean: number;
    readonly p10: number;
    readonly p90: number;
    readonly histogram: { readonly low: number; readonly high: number; readonly counts: readonly number[] };
  };
  readonly recall: readonly { readonly ef: number; readonly recall: number }[];
}

export interface Points {
  page(collection: string, body: ScrollRequest, signal?: AbortSignal): Promise<ScrollResult>;
  /** With its payload and vectors. Throws ApiError 404. */
  point(collection: string, id: PointId, signal?: AbortSignal): Promise<PointRecord>;
  /** Records whose payloads are most like that of a point. */
  alike(collection: string, id: PointId, signal?: AbortSignal): Promise<AlikeRecords>;
  /** Of a sample of the vectors of that name. */
  localDimension(collection: string, using: string, signal?: AbortSignal): Promise<LocalDimension>;
  /** Replaces the whole payload. */
  overwritePayload(collection: string, id: PointId, payload: Payload): Promise<void>;
  remove(collection: string, id: PointId): Promise<void>;
  /** @param body - of `points/query`, as written by people: the server checks it */
  ask(collection: string, body: unknown, signal?: AbortSignal): Promise<Timed<ScoredPoint[]>>;
}

export function createPoints(http: Http): Points {
  const at = (collection: string, rest: string) => `/collections/${encodeURIComponent(collection)}${rest}`;
  return {
    async page(collection, body, signal) {
      const request = { method: 'POST', body, signal } as const;
      return (await http<ScrollResult>(at(collection, '/points/scroll'), request)).result;
    },
    async point(collection, id, signal) {
      const path = at(collection, `/points/${encodeURIComponent(id)}`);
      return (await http<PointRecord>(path, { signal })).result;
    },
    async alike(collection, id, signal) {
      const request = { method: 'POST', body: { id, limit: 8 }, signal } as const;
      return (await http<AlikeRecords>(at(collection, '/points/alike'), request)).result;
    },
    async localDimension(collection, using, signal) {
      const request = { method: 'POST', body: { using }, signal } as const;
      return (await http<LocalDimension>(at(collection, '/points/local-dimension'), request)).result;
    },
    async overwritePayload(collection, id, payload) {
      const body = { payload, points: [id] };
      await http(at(collection, '/points/payload?wait=true'), { method: 'PUT', body });
    },
    async remove(collection, id) {
      await http(at(collection, '/points/delete?wait=true'), { method: 'POST', body: { points: [id] } });
    },
    async ask(collection, body, signal) {
      const path = at(collection, '/points/query');
      const answer = await http<{ points: ScoredPoint[] }>(path, { method: 'POST', body, signal });
      return { ...answer, result: answer.result.points };
    },
  };
}
