/**
 * `geo_bounding_box`, `geo_radius` and `geo_polygon`: areas of the globe.
 *
 * @module
 */
import type { GeoPoint } from '../../types/index.js';
import { invalidFilter, readObject, shown } from '../condition.js';
import { distanceBetween, latitudesWithin, longitudesWithin, readGeoPoint } from './point.js';
import { isInside, type Ring, readRing } from './ring.js';

/** Longitudes from `west` to `east`, latitudes from `south` to `north`, in degrees, the bounds with them. */
export interface Frame {
  readonly west: number;
  readonly east: number;
  readonly south: number;
  readonly north: number;
}

/** A part of the globe. */
export interface Area {
  /** Frames that hold the area; they may hold more, and reach beyond ±180° and ±90°. */
  readonly frames: readonly Frame[];
  holds(point: GeoPoint): boolean;
}

/** Slack for rounding, in degrees (about 0.1 mm). */
const SLACK = 1e-9;

/** How each kind of area is read. Each throws `INVALID_FILTER`. */
export const areaKinds: { readonly [kind: string]: (input: unknown, at: string) => Area } = {
  geo_bounding_box: readBox,
  geo_radius: readCircle,
  geo_polygon: readPolygon,
};

/** The bounds themselves are outside; a box whose west is greater than its east crosses the antimeridian. */
function readBox(input: unknown, at: string): Area {
  const box = readObject(input, at, ['top_left', 'bottom_right']);
  const { lon: west, lat: north } = readGeoPoint(box.top_left, `${at}.top_left`);
  const { lon: east, lat: south } = readGeoPoint(box.bottom_right, `${at}.bottom_right`);
  const crosses = west > east;
  return {
    frames: crosses
      ? [
          { west, east: Number.POSITIVE_INFINITY, south, north },
          { west: Number.NEGATIVE_INFINITY, east, south, north },
        ]
      : [{ west, east, south, north }],
    holds: ({ lon, lat }) =>
      south < lat && lat < north && (crosses ? lon > west || lon < east : west < lon && lon < east),
  };
}

function readCircle(input: unknown, at: string): Area {
  const circle = readObject(input, at, ['center', 'radius']);
  const center = readGeoPoint(circle.center, `${at}.center`);
  const { radius } = circle;
  if (typeof radius !== 'number' || Number.isNaN(radius))
    throw invalidFilter(`${at}.radius`, `expected a number of metres, got ${shown(radius)}`);
  const reach = Math.max(radius, 0);
  const latitudes = latitudesWithin(reach) + SLACK;
  const longitudes = longitudesWithin(center, reach) + SLACK;
  const south = center.lat - latitudes;
  const north = center.lat + latitudes;
  const west = center.lon - longitudes;
  const east = center.lon + longitudes;
  const frames = [{ west, east, south, north }];
  if (west < -180) frames.push({ west: west + 360, east: 180, south, north });
  if (east > 180) frames.push({ west: -180, east: east - 360, south, north });
  return { frames, holds: (point) => distanceBetween(center, point) < radius };
}

/** On flat degrees, as Qdrant reads it: edges are straight in them, and none crosses the antimeridian. */
function readPolygon(input: unknown, at: string): Area {
  const polygon = readObject(input, at, ['exterior', 'interiors']);
  const exterior = readRing(polygon.exterior, `${at}.exterior`);
  const { interiors = null } = polygon;
  if (interiors !== null && !Array.isArray(interiors))
    throw invalidFilter(`${at}.interiors`, `expected a list of lines, got ${shown(interiors)}`);
  const holes: Ring[] = (interiors ?? []).map((ring: unknown, i: number) =>
    readRing(ring, `${at}.interiors[${i}]`),
  );
  return {
    frames: [frameOf(exterior)],
    holds: (point) =>
      isInside(exterior, point) === 'inside' && holes.every((hole) => isInside(hole, point) === 'outside'),
  };
}

function frameOf(ring: Ring): Frame {
  let [west, east, south, north] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { lon, lat } of ring) {
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
  }
  return { west, east, south, north };
}
