/**
 * Distances on the globe.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { isObject } from '../../filter/path.js';
import type { GeoPoint } from '../../types/index.js';

/** Mean radius of the earth in metres (IUGG). */
const RADIUS = 6_371_008.8;
const RADIANS = Math.PI / 180;

/** Metres along the great circle between two places, by the haversine formula. */
export function haversine(a: GeoPoint, b: GeoPoint): number {
  const latitude = Math.sin(((b.lat - a.lat) * RADIANS) / 2);
  const longitude = Math.sin(((b.lon - a.lon) * RADIANS) / 2);
  const chord = latitude ** 2 + Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * longitude ** 2;
  return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** A value as a place; undefined when it is none. */
export function geoPoint(value: Json | undefined): GeoPoint | undefined {
  if (!isObject(value)) return undefined;
  const { lon, lat } = value;
  const within = (degrees: Json | undefined, most: number) =>
    typeof degrees === 'number' && Math.abs(degrees) <= most;
  return within(lon, 180) && within(lat, 90) ? { lon: lon as number, lat: lat as number } : undefined;
}
