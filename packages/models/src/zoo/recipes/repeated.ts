/**
 * Windows of text that hold one passage twice: from them a decoder learns to look back for what it has seen.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import type { Rng } from '@fletch/linalg';

/** Tokens of the shortest passage that is repeated. */
const SHORTEST = 12;

/**
 * In a share of the windows a passage, drawn at random with its length and both places, stands a second time later on.
 *
 * @param windows - `[batch, length + 1]`
 * @param share - of the windows that are changed
 * @returns tokens and those that follow them, `[batch, length]` both
 */
export function repeatPassages(windows: NDArray, share: number, random: Rng): readonly [NDArray, NDArray] {
  const [batch, size] = windows.shape as [number, number];
  const data = Int32Array.from(windows.data as Int32Array);
  const longest = size >> 1;
  for (let b = 0; b < batch && longest >= SHORTEST; b++) {
    if (random.uniform() >= share) continue;
    const length = SHORTEST + random.integer(longest - SHORTEST + 1);
    const spare = size - 2 * length;
    const first = random.integer(spare + 1);
    const second = first + length + random.integer(spare - first + 1);
    const row = data.subarray(b * size, (b + 1) * size);
    row.copyWithin(second, first, first + length);
  }
  const part = (shift: 0 | 1) => {
    const cut = new Int32Array(batch * (size - 1));
    for (let b = 0; b < batch; b++)
      cut.set(data.subarray(b * size + shift, b * size + shift + size - 1), b * (size - 1));
    return array(cut, 'int32', [batch, size - 1]);
  };
  return [part(0), part(1)];
}
