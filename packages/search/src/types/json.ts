/**
 * Ids and payloads of points.
 *
 * @module
 */
import type { Json } from '@fletch/base';

/** An unsigned safe integer or a UUID (any of its written forms; kept in lower case with hyphens). */
export type PointId = number | string;

/** What a point carries besides its vectors: any JSON object. */
export type Payload = { [key: string]: Json };

/** A place on the globe. */
export interface GeoPoint {
  /** Longitude in degrees, −180 to 180. */
  lon: number;
  /** Latitude in degrees, −90 to 90. */
  lat: number;
}
