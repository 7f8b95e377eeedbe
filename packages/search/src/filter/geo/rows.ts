/**
 * Rows by where on the globe their points lie.
 *
 * @module
 */
import type { GeoPoint } from '../../types/index.js';
import { position } from '../ordered-rows.js';
import type { RowSet } from '../row-set.js';
import type { Area, Frame } from './area.js';
import { isOnGlobe } from './point.js';

/** Bands of latitude: each is 0.18° (20 km) high. */
const BANDS = 1024;
/** Steps of longitude in a band: each is 0.0007° (76 m at the equator) wide. */
const STEPS = 2 ** 19;
/** More changes than this and a share of all: sorting anew pays. */
const CHANGES_LEAST = 1024;
const CHANGES_SHARE = 4;

/** All points on the globe, band by band, from west to east in each. */
interface Sorted {
  readonly codes: Uint32Array;
  readonly lons: Float64Array;
  readonly lats: Float64Array;
  readonly rows: Uint32Array;
}

/**
 * Points are sorted on first use: an area asks each band of latitude for the longitudes of its frames, and what is
 * found there is looked at exactly. Rows that changed since, and points off the globe, are looked at one by one.
 */
export class GeoRows {
  /** Longitude and latitude of every point of a row, one after the other. */
  readonly #points = new Map<number, number[]>();
  #sorted: Sorted | undefined;
  /** Rows whose sorted points no longer count. */
  readonly #stale = new Set<number>();
  /** Rows to look at one by one. */
  readonly #apart = new Set<number>();
  #changes = 0;

  add(row: number, { lon, lat }: GeoPoint): void {
    const points = this.#points.get(row);
    if (points) points.push(lon, lat);
    else this.#points.set(row, [lon, lat]);
    if (!this.#sorted) return;
    this.#apart.add(row);
    this.#ageing();
  }

  remove(row: number): void {
    if (!this.#points.delete(row) || !this.#sorted) return;
    this.#apart.delete(row);
    this.#stale.add(row);
    this.#ageing();
  }

  /** Number of rows with a point on the globe. */
  get size(): number {
    let size = 0;
    for (const points of this.#points.values())
      for (let i = 0; i < points.length; i += 2)
        if (isOnGlobe({ lon: points[i]!, lat: points[i + 1]! })) {
          size++;
          break;
        }
    return size;
  }

  /** Adds the rows with a point in an area. */
  collect(area: Area, into: RowSet): void {
    this.#sorted ??= this.#sort();
    for (const frame of area.frames) this.#collectFrame(this.#sorted, frame, area, into);
    for (const row of this.#apart) {
      const points = this.#points.get(row)!;
      for (let i = 0; i < points.length; i += 2)
        if (area.holds({ lon: points[i]!, lat: points[i + 1]! })) into.add(row);
    }
  }

  #collectFrame({ codes, lons, lats, rows }: Sorted, frame: Frame, area: Area, into: RowSet): void {
    const { west, east, south, north } = frame;
    const stale = this.#stale.size > 0 ? this.#stale : undefined;
    const point = { lon: 0, lat: 0 };
    for (let band = bandOf(south); band <= bandOf(north); band++) {
      let at = position(codes, band * STEPS + stepOf(west), false);
      const end = position(codes, band * STEPS + stepOf(east), true);
      for (; at < end; at++) {
        point.lon = lons[at]!;
        point.lat = lats[at]!;
        if (point.lat < south || point.lat > north || stale?.has(rows[at]!)) continue;
        if (area.holds(point)) into.add(rows[at]!);
      }
    }
  }

  #sort(): Sorted {
    this.#stale.clear();
    this.#apart.clear();
    this.#changes = 0;
    let count = 0;
    for (const points of this.#points.values()) count += points.length / 2;
    const lons = new Float64Array(count);
    const lats = new Float64Array(count);
    const rows = new Uint32Array(count);
    // Code and place in one number each, which typed arrays sort fast.
    const places = 2 ** Math.ceil(Math.log2(count + 1));
    const keys = new Float64Array(count);
    let size = 0;
    for (const [row, points] of this.#points)
      for (let i = 0; i < points.length; i += 2) {
        const lon = points[i]!;
        const lat = points[i + 1]!;
        if (Math.abs(lon) > 180 || Math.abs(lat) > 90) {
          this.#apart.add(row);
          continue;
        }
        lons[size] = lon;
        lats[size] = lat;
        rows[size] = row;
        keys[size] = (bandOf(lat) * STEPS + stepOf(lon)) * places + size;
        size++;
      }
    return inOrder(keys.subarray(0, size).sort(), places, lons, lats, rows);
  }

  #ageing(): void {
    this.#changes++;
    if (this.#changes > CHANGES_LEAST + this.#points.size / CHANGES_SHARE) this.#sorted = undefined;
  }
}

function inOrder(
  keys: Float64Array,
  places: number,
  lons: Float64Array,
  lats: Float64Array,
  rows: Uint32Array,
): Sorted {
  const size = keys.length;
  const sorted = {
    codes: new Uint32Array(size),
    lons: new Float64Array(size),
    lats: new Float64Array(size),
    rows: new Uint32Array(size),
  };
  for (let i = 0; i < size; i++) {
    const code = Math.floor(keys[i]! / places);
    const place = keys[i]! - code * places;
    sorted.codes[i] = code;
    sorted.lons[i] = lons[place]!;
    sorted.lats[i] = lats[place]!;
    sorted.rows[i] = rows[place]!;
  }
  return sorted;
}

function bandOf(lat: number): number {
  return clamp(((lat + 90) / 180) * BANDS, BANDS - 1);
}

function stepOf(lon: number): number {
  return clamp(((lon + 180) / 360) * STEPS, STEPS - 1);
}

/** The whole number below, from 0 to `most`. */
function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, Math.floor(value)));
}
