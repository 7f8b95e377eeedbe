/**
 * The hits on a plane: their vectors, fetched when the page has a quiet moment, on two principal axes.
 *
 * @module
 */
import type { ScoredPoint } from '@fletch/search';
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Client } from '../api/client.js';
import { type Point2, project } from '../lib/pca.js';
import type { Connection } from './connection.js';
import { createLatest } from './latest.js';
import type { Request } from './search.js';

/** A hit with its place on the map. */
export interface MapPoint extends Point2 {
  readonly hit: ScoredPoint;
}

export interface HitMap {
  /** The map of the last request; empty when there is none. Hits without a (dense) vector are left out. */
  readonly points: ReadonlySignal<readonly MapPoint[]>;
  draw(request: Request): Promise<void>;
  clear(): void;
}

export const MOST_POINTS = 100;
const QUIET = 260;

/** The dense vector of a hit, by name where vectors are named. */
export function vectorOf(hit: ScoredPoint, using?: string): number[] | null {
  const { vector } = hit;
  if (vector === undefined) return null;
  const dense = Array.isArray(vector)
    ? vector
    : using === undefined
      ? Object.values(vector)[0]
      : vector[using];
  return Array.isArray(dense) && dense.every((value) => typeof value === 'number') ? dense : null;
}

export function place(hits: readonly ScoredPoint[], using?: string): MapPoint[] {
  const dense = hits.flatMap((hit) => {
    const vector = vectorOf(hit, using);
    return vector === null ? [] : [{ hit, vector }];
  });
  const places = project(dense.map(({ vector }) => vector));
  return dense.map(({ hit }, i) => {
    // The vector itself is not kept: it is long, and its place is all that is shown.
    const { vector: _, ...rest } = hit;
    return { hit: rest, ...places[i]! };
  });
}

export function createHitMap(client: Client, connection: Connection): HitMap {
  const points = signal<readonly MapPoint[]>([]);
  const latest = createLatest();
  return {
    points,
    async draw({ collection, body }) {
      const using = body.using ?? undefined;
      const wanted = { ...body, limit: MOST_POINTS, with_vector: using === undefined ? true : [using] };
      try {
        const answer = await latest.run((abort) => client.query(collection, wanted, abort), QUIET);
        if (answer !== undefined) points.value = place(answer.result, using);
      } catch (error) {
        connection.failed(error);
        points.value = [];
      }
    },
    clear() {
      latest.cancel();
      points.value = [];
    },
  };
}
