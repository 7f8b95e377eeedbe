/**
 * Fixed places as sinusoids (Vaswani et al. 2017), over two axes as masked autoencoders and diffusion transformers use
 * them.
 *
 * @module
 */

/**
 * Places of a square grid, row by row: the first half of each row of the result stands for the column, the second for the
 * row; each half is sines, then cosines.
 *
 * @param grid - places on a side
 * @param width - divisible by 4
 * @returns `[grid · grid, width]`
 */
export function planePlaces(grid: number, width: number): Float32Array {
  const quarter = width / 4;
  const values = new Float32Array(grid * grid * width);
  for (let place = 0; place < grid * grid; place++)
    for (const [half, position] of [place % grid, Math.floor(place / grid)].entries())
      for (let i = 0; i < quarter; i++) {
        const angle = position * 10000 ** (-i / quarter);
        const at = place * width + half * 2 * quarter + i;
        values[at] = Math.sin(angle);
        values[at + quarter] = Math.cos(angle);
      }
  return values;
}
