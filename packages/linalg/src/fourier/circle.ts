/**
 * Points on the unit circle.
 *
 * @module
 */
import { withArena } from '../core/arena.js';

/** Cosine and sine of `2 pi k / n`. */
export interface Circle {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** Tables that are kept, and up to which size. */
const KEPT = 8;
const KEPT_SIZE = 1 << 16;
const tables = new Map<number, Circle>();

/** All n points, by a software sine and cosine: the same bits on every machine. */
export function circle(n: number): Circle {
  const kept = tables.get(n);
  if (kept) return kept;
  const cos = new Float64Array(n);
  const sin = new Float64Array(n);
  withArena((arena) => {
    const address = arena.bytes(n * 16);
    arena.shared.circle(n, n, address);
    const pairs = arena.doubles(address, 2 * n);
    for (let i = 0; i < n; i++) {
      cos[i] = pairs[2 * i]!;
      sin[i] = pairs[2 * i + 1]!;
    }
  });
  const made = { cos, sin };
  if (n <= KEPT_SIZE) {
    const oldest = tables.keys().next().value;
    if (tables.size >= KEPT && oldest !== undefined) tables.delete(oldest);
    tables.set(n, made);
  }
  return made;
}
