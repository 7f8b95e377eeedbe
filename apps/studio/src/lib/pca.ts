/**
 * Principal components of a handful of long vectors, by power iteration with deflation. The covariance matrix is
 * never formed: one step costs two passes over the data.
 *
 * @module
 */

/** A point on the map; both coordinates lie in [-1, 1]. */
export interface Point2 {
  readonly x: number;
  readonly y: number;
}

type Rows = readonly Float64Array[];

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** Scales `v` to unit length in place and returns its former length. */
function normalise(v: Float64Array): number {
  const length = Math.sqrt(dot(v, v));
  if (length > 0) for (let i = 0; i < v.length; i++) v[i]! /= length;
  return length;
}

/** The rows minus their mean. */
export function centred(vectors: readonly ArrayLike<number>[]): Float64Array[] {
  const dimension = vectors[0]?.length ?? 0;
  const mean = new Float64Array(dimension);
  for (const vector of vectors) for (let i = 0; i < dimension; i++) mean[i]! += vector[i]! / vectors.length;
  return vectors.map((vector) => Float64Array.from(mean, (m, i) => vector[i]! - m));
}

/** Takes the part along the unit vector `axis` out of `v`, in place. */
function removePart(v: Float64Array, axis: Float64Array): void {
  const along = dot(v, axis);
  for (let i = 0; i < v.length; i++) v[i]! -= along * axis[i]!;
}

/** Starts on the longest row, which is never orthogonal to all of the data; a zero vector when nothing is left. */
function longestRow(rows: Rows, found: readonly Float64Array[]): Float64Array {
  let best = new Float64Array(rows[0]?.length ?? 0);
  let length = 0;
  for (const row of rows) {
    const candidate = Float64Array.from(row);
    for (const axis of found) removePart(candidate, axis);
    const squared = dot(candidate, candidate);
    if (squared > length) [best, length] = [candidate, squared];
  }
  return best;
}

/**
 * The first `count` principal axes of centred rows, each of unit length, by falling variance. The sign is fixed so
 * that the largest component is positive: the same hits always give the same map. Where the data has fewer
 * dimensions than `count`, the remaining axes are zero.
 */
export function principalAxes(rows: Rows, count: number, iterations = 60): Float64Array[] {
  const axes: Float64Array[] = [];
  while (axes.length < count) {
    let axis = longestRow(rows, axes);
    if (normalise(axis) < 1e-9) axis.fill(0);
    for (let step = 0; step < iterations; step++) {
      const next = new Float64Array(axis.length);
      for (const row of rows) {
        const weight = dot(row, axis);
        for (let i = 0; i < next.length; i++) next[i]! += weight * row[i]!;
      }
      for (const found of axes) removePart(next, found);
      if (normalise(next) < 1e-12) break;
      const agreement = Math.abs(dot(next, axis));
      axis = next;
      if (agreement > 1 - 1e-12) break;
    }
    const largest = axis.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    axes.push(largest < 0 ? axis.map((value) => -value) : axis);
  }
  return axes;
}

/** Projects vectors onto their first two principal axes, scaled by one factor so that the farthest fits [-1, 1]. */
export function project(vectors: readonly ArrayLike<number>[]): Point2[] {
  if (vectors.length === 0) return [];
  const rows = centred(vectors);
  const [first, second] = principalAxes(rows, 2);
  const points = rows.map((row) => ({ x: dot(row, first!), y: dot(row, second!) }));
  const extent = Math.max(...points.map(({ x, y }) => Math.max(Math.abs(x), Math.abs(y)))) || 1;
  return points.map(({ x, y }) => ({ x: x / extent, y: y / extent }));
}
