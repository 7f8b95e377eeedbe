/**
 * Closed lines, which bound polygons.
 *
 * @module
 */
import type { GeoPoint } from '../../types/index.js';
import { invalidFilter, readObject, shown } from '../condition.js';
import { readGeoPoint } from './point.js';

/** At least four points, the last of which is the first. */
export type Ring = readonly GeoPoint[];

const LEAST_POINTS = 4;

/** Reads `{points: […]}`. Throws `INVALID_FILTER`. */
export function readRing(input: unknown, at: string): Ring {
  const { points } = readObject(input, at, ['points']);
  if (!Array.isArray(points))
    throw invalidFilter(`${at}.points`, `expected a list of points, got ${shown(points)}`);
  if (points.length < LEAST_POINTS)
    throw invalidFilter(
      `${at}.points`,
      `a polygon's line has at least ${LEAST_POINTS} points, got ${points.length}`,
    );
  const ring = points.map((point: unknown, i) => readGeoPoint(point, `${at}.points[${i}]`));
  const first = ring[0]!;
  const last = ring.at(-1)!;
  if (Math.abs(first.lon - last.lon) > Number.EPSILON || Math.abs(first.lat - last.lat) > Number.EPSILON)
    throw invalidFilter(`${at}.points`, "a polygon's line is closed: its last point must be its first");
  return ring;
}

/** Where a point lies; inside is what the line goes around, however often (its winding number is not 0). */
export function isInside(ring: Ring, point: GeoPoint): 'inside' | 'outside' | 'boundary' {
  let winding = 0;
  for (let i = 1; i < ring.length; i++) {
    const from = ring[i - 1]!;
    const to = ring[i]!;
    // Positive when the point lies to the left of the edge.
    const side = (to.lon - from.lon) * (point.lat - from.lat) - (point.lon - from.lon) * (to.lat - from.lat);
    if (side === 0 && isBetween(point.lon, from.lon, to.lon) && isBetween(point.lat, from.lat, to.lat))
      return 'boundary';
    if (from.lat <= point.lat) {
      if (to.lat > point.lat && side > 0) winding++;
    } else if (to.lat <= point.lat && side < 0) winding--;
  }
  return winding === 0 ? 'outside' : 'inside';
}

function isBetween(value: number, a: number, b: number): boolean {
  return Math.min(a, b) <= value && value <= Math.max(a, b);
}
