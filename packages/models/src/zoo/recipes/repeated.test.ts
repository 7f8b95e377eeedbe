import { array } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { describe, expect, it } from 'vitest';
import { repeatPassages } from './repeated.js';

/** Windows of numbers that never come twice. */
const windows = (batch: number, size: number) =>
  array(
    Int32Array.from({ length: batch * size }, (_, i) => i),
    'int32',
    [batch, size],
  );

describe('repeated passages', () => {
  it('stand twice in a share of the windows, at least twelve tokens long, the second after the first', () => {
    const [ids] = repeatPassages(windows(400, 65), 0.5, rng(1));
    let repeated = 0;
    for (let b = 0; b < 400; b++) {
      const row = Array.from(ids.data.subarray(b * 64, (b + 1) * 64) as Int32Array);
      const twice = row.filter((token, i) => row.indexOf(token) < i);
      if (twice.length === 0) continue;
      repeated++;
      // One may be hidden behind the end of the window, which is cut by the token that follows.
      expect(twice.length).toBeGreaterThanOrEqual(11);
      expect(twice.length).toBeLessThanOrEqual(32);
      for (const [i, token] of twice.entries()) if (i > 0) expect(token).toBe(twice[i - 1]! + 1);
    }
    expect(repeated / 400).toBeGreaterThan(0.42);
    expect(repeated / 400).toBeLessThan(0.58);
  });

  it('come with the tokens that follow, and not at all with share 0', () => {
    const [ids, next] = repeatPassages(windows(3, 40), 1, rng(2));
    for (let b = 0; b < 3; b++)
      expect(ids.data.subarray(b * 39 + 1, (b + 1) * 39)).toEqual(
        next.data.subarray(b * 39, (b + 1) * 39 - 1),
      );
    const [same] = repeatPassages(windows(1, 40), 0, rng(2));
    expect(Array.from(same.data as Int32Array)).toEqual(Array.from({ length: 39 }, (_, i) => i));
  });
});
