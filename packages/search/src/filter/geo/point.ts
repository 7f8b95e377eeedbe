/**
 * Points on the globe.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { GeoPoint } from '../../types/index.js';
import { invalidFilter, type JsonObject, readObject, shown } from '../condition.js';
import { isObject } from '../path.js';

/** The mean radius of the earth in metres (GRS 80), by which Qdrant measures. */
const EARTH_RADIUS = 6_371_008.8;
const RADIANS = Math.PI / 180;

/** Reads a point as payloads hold it; its bounds are not checked. */
export function geoPointOf(value: Json): GeoPoint | undefined {
  if (!isObject(value)) return undefined;
  const lon = Object.hasOwn(value, 'lon') ? value.lon : undefined;
  const lat = Object.hasOwn(value, 'lat') ? value.lat : undefined;
  return typeof lon === 'number' && typeof lat === 'number' ? { lon, lat } : undefined;
}

/** Whether a point lies on the globe, as an index of type `geo` asks. */
export function isOnGlobe({ lon, lat }: GeoPoint): boolean {
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
}

/** Reads a point of a filter. Throws `INVALID_FILTER`. */
export function readGeoPoint(input: unknown, at: string): GeoPoint {
  const point = readObject(input, at, ['lon', 'lat']);
  return {
    lon: readDegrees(point, 'lon', 180, at),
    lat: readDegrees(point, 'lat', 90, at),
  };
}

function readDegrees(point: JsonObject, name: string, most: number, at: string): number {
  const degrees = point[name];
  if (typeof degrees === 'number' && Math.abs(degrees) <= most) return degrees;
  throw invalidFilter(`${at}.${name}`, `expected a number from -${most} to ${most}, got ${shown(degrees)}`);
}

/** The length in metres of the shortest way over the globe between two points, by the haversine formula. */
export function distanceBetween(a: GeoPoint, b: GeoPoint): number {
  const latitudes = Math.sin(((b.lat - a.lat) * RADIANS) / 2) ** 2;
  const longitudes = Math.sin(((b.lon - a.lon) * RADIANS) / 2) ** 2;
  const chord = latitudes + Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * longitudes;
  return EARTH_RADIUS * 2 * Math.asin(Math.sqrt(chord));
}

/** Degrees north and south of a point that a circle of `radius` metres around it reaches. */
export function latitudesWithin(radius: number): number {
  return radius / EARTH_RADIUS / RADIANS;
}

/**
 * Degrees east and west of `center` that a circle of `radius` metres around it reaches; 180 when it holds a pole.
 *
 * `sin(Δλ) = sin(r) / cos(φ)`
 */
export function longitudesWithin(center: GeoPoint, radius: number): number {
  const angle = radius / EARTH_RADIUS;
  const ratio = Math.sin(Math.min(angle, Math.PI / 2)) / Math.cos(center.lat * RADIANS);
  const holdsPole = Math.abs(center.lat) + angle / RADIANS >= 90;
  return holdsPole || !(ratio < 1) ? 180 : Math.asin(ratio) / RADIANS;
}
