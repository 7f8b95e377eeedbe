/**
 * Places on the globe.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { GeoBoundingBox, GeoPoint, GeoPolygon, GeoRadius } from '@fletch/search';
import { isObject } from './json.case.js';

/** Metres: the mean radius of the Earth. */
const EARTH = 6_371_008.8;

/** A payload value as a place; undefined when it is none. */
export function readPlace(value: Json | undefined): GeoPoint | undefined {
  if (!isObject(value)) return undefined;
  const { lon, lat } = value;
  return typeof lon === 'number' && typeof lat === 'number' ? { lon, lat } : undefined;
}

/** Metres along the great circle, by the haversine formula. */
export function distanceOf(a: GeoPoint, b: GeoPoint): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const half = (angle: number) => Math.sin(angle / 2) ** 2;
  const h =
    half(radians(b.lat - a.lat)) +
    Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * half(radians(b.lon - a.lon));
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Strictly inside; a box whose left edge is east of its right one crosses the antimeridian. */
export function inBox(place: GeoPoint, { top_left, bottom_right }: GeoBoundingBox): boolean {
  const east = place.lon > top_left.lon;
  const west = place.lon < bottom_right.lon;
  const longitude = top_left.lon > bottom_right.lon ? east || west : east && west;
  return longitude && place.lat < top_left.lat && place.lat > bottom_right.lat;
}

export function inCircle(place: GeoPoint, { center, radius }: GeoRadius): boolean {
  return distanceOf(center, place) < radius;
}

/** Where a place is with regard to a ring, in the plane of longitudes and latitudes. */
function sideOf(place: GeoPoint, ring: readonly GeoPoint[]): 'inside' | 'edge' | 'outside' {
  let inside = false;
  for (let i = 0; i + 1 < ring.length; i++) {
    const a = ring[i]!;
    const b = ring[i + 1]!;
    const cross = (b.lon - a.lon) * (place.lat - a.lat) - (b.lat - a.lat) * (place.lon - a.lon);
    const between =
      Math.min(a.lon, b.lon) <= place.lon &&
      place.lon <= Math.max(a.lon, b.lon) &&
      Math.min(a.lat, b.lat) <= place.lat &&
      place.lat <= Math.max(a.lat, b.lat);
    if (cross === 0 && between) return 'edge';
    if (a.lat > place.lat !== b.lat > place.lat && cross > 0 === b.lat > a.lat) inside = !inside;
  }
  return inside ? 'inside' : 'outside';
}

/** Inside the outer ring and outside the holes; on an edge is not inside. */
export function inPolygon(place: GeoPoint, { exterior, interiors }: GeoPolygon): boolean {
  if (sideOf(place, exterior.points) !== 'inside') return false;
  return (interiors ?? []).every((hole) => sideOf(place, hole.points) === 'outside');
}
