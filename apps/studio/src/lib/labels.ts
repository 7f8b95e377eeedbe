/**
 * Which points of a map get a label, and where, so that no two labels overlap.
 *
 * @module
 */

export interface Labelled {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** Where a label's text starts (`start`) or ends (`end`), in the map's units. */
export interface Label {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'end';
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const overlaps = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

export interface LabelOptions {
  readonly width: number;
  readonly height: number;
  /** Average width of a character. */
  readonly character: number;
  /** Height of a line. */
  readonly line: number;
  /** Room kept around each point. */
  readonly radius: number;
}

/** Labels in the order of `points` (the most important first); null where there is no room. */
export function placeLabels(points: readonly Labelled[], options: LabelOptions): (Label | null)[] {
  const { width, height, character, line, radius } = options;
  const taken: Box[] = points.map(({ x, y }) => ({
    left: x - radius,
    right: x + radius,
    top: y - radius,
    bottom: y + radius,
  }));
  return points.map(({ x, y, text }, i) => {
    const length = text.length * character;
    for (const anchor of ['start', 'end'] as const) {
      for (const dy of [0, -line * 0.7, line * 0.7]) {
        const start = anchor === 'start' ? x + radius + 2 : x - radius - 2;
        const left = anchor === 'start' ? start : start - length;
        const middle = y + dy;
        const box = { left, right: left + length, top: middle - line / 2, bottom: middle + line / 2 };
        const inside = box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height;
        if (inside && !taken.some((other, j) => j !== i && overlaps(box, other))) {
          taken.push(box);
          return { x: start, y: middle, anchor };
        }
      }
    }
    return null;
  });
}
