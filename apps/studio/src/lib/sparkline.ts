/**
 * A row of numbers as an SVG path.
 *
 * @module
 */

/**
 * The path of `values` from left to right, zero at the bottom and the largest value at the top. The newest value
 * always stands at the right edge, so that the line grows to the left.
 *
 * @param slots - how many values fill the width
 */
export function sparkline(
  values: readonly number[],
  { width, height, slots }: { width: number; height: number; slots: number },
): string {
  const shown = values.slice(-slots);
  const top = Math.max(...shown, 0) || 1;
  const step = width / Math.max(1, slots - 1);
  return shown
    .map((value, i) => {
      const x = width - (shown.length - 1 - i) * step;
      const y = height - (value / top) * height;
      return `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
