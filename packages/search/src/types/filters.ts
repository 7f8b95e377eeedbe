/**
 * The filter language. `key` is a path into the payload: `a.b`, `list[]`, `list[].c`.
 *
 * @module
 */
import type { GeoPoint, PointId } from './json.js';

/** Exactly one key. An array in the payload matches when any of its elements does. */
export interface FieldMatch {
  value?: string | number | boolean;
  any?: (string | number)[];
  except?: (string | number)[];
  /** Every token occurs (with a text index), or the text occurs as it stands (without one). */
  text?: string;
  /** Any token occurs. */
  text_any?: string;
  /** The tokens occur one after the other. */
  phrase?: string;
  /** The value, a keyword, begins so. */
  prefix?: string;
}

/** Bounds of numbers, or of dates as RFC 3339 strings (`2024-05-17T09:30:00Z`, `2024-05-17`). */
export interface FieldRange {
  lt?: number | string | null;
  gt?: number | string | null;
  lte?: number | string | null;
  gte?: number | string | null;
}

/** Bounds of how many values a field has; an array counts its elements. */
export interface ValuesCount {
  lt?: number | null;
  gt?: number | null;
  lte?: number | null;
  gte?: number | null;
}

/** A rectangle of degrees; may cross the 180th meridian. */
export interface GeoBoundingBox {
  top_left: GeoPoint;
  bottom_right: GeoPoint;
}

/** A circle on the globe. */
export interface GeoRadius {
  center: GeoPoint;
  /** Metres. */
  radius: number;
}

/** Rings of at least four points whose last is the first. */
export interface GeoPolygon {
  exterior: { points: GeoPoint[] };
  interiors?: { points: GeoPoint[] }[] | null;
}

/**
 * Tests of one payload field: one beside `key`. Of several, any may hold, as in Qdrant; `values_count`, `is_empty` and
 * `is_null` then count alone.
 */
export interface FieldCondition {
  key: string;
  match?: FieldMatch | null;
  range?: FieldRange | null;
  geo_bounding_box?: GeoBoundingBox | null;
  geo_radius?: GeoRadius | null;
  geo_polygon?: GeoPolygon | null;
  values_count?: ValuesCount | null;
  is_empty?: boolean | null;
  is_null?: boolean | null;
}

/** What holds for a point or not; a filter is a condition, too. */
export type Condition =
  | FieldCondition
  | { has_id: PointId[] }
  /** Whether the point has a vector of this name; `''` is the unnamed one. */
  | { has_vector: string }
  | { is_empty: { key: string } }
  | { is_null: { key: string } }
  /** The filter must hold for one and the same element of the array at `key`. */
  | { nested: { key: string; filter: Filter } }
  /** Part number `index` (from 0) of `total` parts of all points, chosen by a hash of the id. */
  | { slice: { index: number; total: number } }
  | Filter;

/** Clauses are joined by AND; within `should` one must hold, within `min_should` so many of them. */
export interface Filter {
  must?: Condition | Condition[] | null;
  should?: Condition | Condition[] | null;
  must_not?: Condition | Condition[] | null;
  min_should?: { conditions: Condition[]; min_count: number } | null;
}
