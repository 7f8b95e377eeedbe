/**
 * A curve of points as an SVG path.
 *
 * @module
 */

/** Where a picture's edges are. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

/** A point of a curve. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The frame that just holds all points; undefined when there are none that can be drawn. */
export function frameOf(curves: readonly (readonly Point[])[]): Frame | undefined {
  const points = curves.flat().filter(({ y }) => Number.isFinite(y));
  if (points.length === 0) return undefined;
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), bottom: Math.min(...ys), top: Math.max(...ys) };
}

/** The path of a curve in a picture of `width` × `height` whose edges are the frame's; bad points are left out. */
export function curvePath(
  curve: readonly Point[],
  frame: Frame,
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const across = frame.right - frame.left || 1;
  const up = frame.top - frame.bottom || 1;
  return curve
    .filter(({ y }) => Number.isFinite(y))
    .map(({ x, y }, i) => {
      const right = ((x - frame.left) / across) * width;
      const down = height - ((y - frame.bottom) / up) * height;
      return `${i === 0 ? 'M' : 'L'}${right.toFixed(1)} ${down.toFixed(1)}`;
    })
    .join('');
}
