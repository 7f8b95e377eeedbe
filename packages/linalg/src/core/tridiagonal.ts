/**
 * Reduction of a symmetric matrix to tridiagonal form, blocked (Golub and Van Loan, section 8.3.1; Dongarra, Hammarling
 * and Sorensen 1989).
 *
 * @module
 */
import type { Arena } from './arena.js';
import { type Block, multiplyAdd } from './block.js';
import { type Reflectors, triangularFactor } from './reflectors.js';

/** Columns of a panel. */
const PANEL = 32;
/** Columns of the trailing triangle that are updated together. */
const STRIP = 128;

/** `A = Q T Q'` with T tridiagonal. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly offdiagonal: Float64Array;
  /** Their product is Q. */
  readonly reflectors: Reflectors[];
}

/**
 * Reduces `a` (row-major), which is destroyed; only its lower triangle is read. Within a panel the trailing matrix is
 * kept as `A - [V W] [W V]'`.
 */
export function tridiagonalize(arena: Arena, a: Block): Tridiagonal {
  const { field, rows: n } = a;
  const diagonal = new Float64Array(n);
  const offdiagonal = new Float64Array(Math.max(0, n - 1));
  const reflectors: Reflectors[] = [];
  const scalar = arena.bytes(8);
  const v = arena.bytes(n * field.bytes);
  const w = arena.bytes(n * field.bytes);
  const t = arena.bytes(2 * PANEL * field.bytes);
  for (let first = 0; first < n; first += PANEL) {
    const width = Math.min(PANEL, n - first);
    const pair = 2 * width;
    const vw = arena.block(field, n - first, pair);
    const wv = arena.block(field, n - first, pair);
    const step = vw.rowStride;
    const tau = new Float64Array(width);
    for (let j = 0; j < width; j++) {
      const i = first + j;
      const below = n - i - 1;
      field.gemv(below + 1, pair, -1, vw.at(j, 0), step, wv.at(j, 0), a.at(i, i), a.rowStride);
      diagonal[i] = arena.numbers(field, a.at(i, i), 1)[0]!;
      if (below === 0) continue;
      field.copy(below, a.at(i + 1, i), a.rowStride, v, 1);
      tau[j] = field.reflector(below, v, 1, scalar);
      offdiagonal[i] = arena.numbers(field, scalar, 1)[0]!;
      // W: tau (A v - [V W] [W V]' v), made orthogonal enough to v that the update is symmetric.
      field.fill(below, 0, w, 1);
      field.symv(below, tau[j]!, a.at(i + 1, i + 1), a.rowStride, v, w);
      field.fill(pair, 0, t, 1);
      field.gemvT(below, pair, 1, wv.at(j + 1, 0), step, v, 1, t);
      field.gemv(below, pair, -tau[j]!, vw.at(j + 1, 0), step, t, w, 1);
      field.axpy(below, -0.5 * tau[j]! * field.dot(below, w, v), v, w);
      field.copy(below, v, 1, vw.at(j + 1, j), step);
      field.copy(below, v, 1, wv.at(j + 1, width + j), step);
      field.copy(below, w, 1, vw.at(j + 1, width + j), step);
      field.copy(below, w, 1, wv.at(j + 1, j), step);
    }
    for (let at = first + width; at < n; at += STRIP) {
      const cols = Math.min(STRIP, n - at);
      multiplyAdd(
        -1,
        vw.part(at - first, 0),
        wv.part(at - first, 0, cols, pair).t,
        a.part(at, at, n - at, cols),
      );
    }
    const panel = vw.part(0, 0, n - first, width);
    reflectors.push({ first, v: panel, t: triangularFactor(arena, panel, tau) });
  }
  return { diagonal, offdiagonal, reflectors };
}
