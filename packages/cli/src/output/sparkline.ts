/**
 * A row of numbers as a row of blocks.
 *
 * @module
 */

const BLOCKS = '▁▂▃▄▅▆▇█';

/**
 * Blocks whose heights are the values, from the smallest to the largest.
 *
 * @param width - at most so many blocks: longer rows are cut into stretches, each of which shows its mean
 */
export function sparkline(values: readonly number[], width: number): string {
  const count = Math.min(width, values.length);
  const shown = Array.from({ length: count }, (_, i) => {
    const part = values.slice(
      Math.floor((i * values.length) / count),
      Math.floor(((i + 1) * values.length) / count),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const step = (high - low) / (BLOCKS.length - 1) || 1;
  return shown.map((value) => BLOCKS[Math.round((value - low) / step)]).join('');
}
