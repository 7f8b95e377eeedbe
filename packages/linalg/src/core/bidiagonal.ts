/**
 * Reduction to bidiagonal form, blocked (Golub and Van Loan, section 5.4.8; Dongarra, Hammarling and Sorensen, J. Comp.
 * Appl. Math. 27, 1989).
 *
 * @module
 */
import type { Arena } from './arena.js';
import { type Block, multiplyAdd } from './block.js';
import { type Reflectors, triangularFactor } from './reflectors.js';

/** Columns of a panel. */
const PANEL = 32;

/** `A = Q B P'` with B upper bidiagonal. */
export interface Bidiagonal {
  readonly diagonal: Float64Array;
  readonly superdiagonal: Float64Array;
  /** Their product is Q. */
  readonly left: Reflectors[];
  /** Their product is P. */
  readonly right: Reflectors[];
}

/**
 * Reduces `a` (m x n, m >= n, row-major), which is destroyed. Within a panel the trailing matrix is kept as
 * `A - [V X] [Y U]'`, where V and U hold the left and right reflectors: two matrix-vector products a column with the
 * untouched A, and one matrix product a panel.
 */
export function bidiagonalize(arena: Arena, a: Block): Bidiagonal {
  const { field, rows, cols } = a;
  const diagonal = new Float64Array(cols);
  const superdiagonal = new Float64Array(Math.max(0, cols - 1));
  const left: Reflectors[] = [];
  const right: Reflectors[] = [];
  const scalar = arena.bytes(8);
  const w = arena.bytes(2 * PANEL * field.bytes);
  const tmp = arena.bytes(Math.max(rows, cols) * field.bytes);
  const readScalar = () => arena.numbers(field, scalar, 1)[0]!;
  for (let first = 0; first < cols; first += PANEL) {
    const width = Math.min(PANEL, cols - first);
    const pair = 2 * width;
    const vx = arena.block(field, rows - first, pair);
    const yu = arena.block(field, cols - first, pair);
    const step = vx.rowStride;
    const tauLeft = new Float64Array(width);
    const tauRight = new Float64Array(width);
    for (let j = 0; j < width; j++) {
      const i = first + j;
      const below = rows - i;
      const beyond = cols - i - 1;
      // Column i, brought up to date, becomes v.
      field.gemv(below, pair, -1, vx.at(j, 0), step, yu.at(j, 0), a.at(i, i), a.rowStride);
      field.copy(below, a.at(i, i), a.rowStride, vx.at(j, j), step);
      tauLeft[j] = field.reflector(below, vx.at(j, j), step, scalar);
      diagonal[i] = readScalar();
      if (beyond === 0) continue;
      // Y: tau (A' v - [Y U] [V X]' v)
      field.fill(beyond, 0, tmp, 1);
      field.gemvT(below, beyond, tauLeft[j]!, a.at(i, i + 1), a.rowStride, vx.at(j, j), step, tmp);
      field.fill(pair, 0, w, 1);
      field.gemvT(below, pair, 1, vx.at(j, 0), step, vx.at(j, j), step, w);
      field.gemv(beyond, pair, -tauLeft[j]!, yu.at(j + 1, 0), step, w, tmp, 1);
      field.copy(beyond, tmp, 1, yu.at(j + 1, j), step);
      // Row i, brought up to date, becomes u.
      const row = a.at(i, i + 1);
      field.gemv(beyond, pair, -1, yu.at(j + 1, 0), step, vx.at(j, 0), row, 1);
      tauRight[j] = field.reflector(beyond, row, 1, scalar);
      superdiagonal[i] = readScalar();
      field.copy(beyond, row, 1, yu.at(j + 1, width + j), step);
      if (below === 1) continue;
      // X: tau (A u - [V X] [Y U]' u)
      field.fill(below - 1, 0, tmp, 1);
      field.gemv(below - 1, beyond, tauRight[j]!, a.at(i + 1, i + 1), a.rowStride, row, tmp, 1);
      field.fill(pair, 0, w, 1);
      field.gemvT(beyond, pair, 1, yu.at(j + 1, 0), step, row, 1, w);
      field.gemv(below - 1, pair, -tauRight[j]!, vx.at(j + 1, 0), step, w, tmp, 1);
      field.copy(below - 1, tmp, 1, vx.at(j + 1, width + j), step);
    }
    const end = first + width;
    if (end < cols) multiplyAdd(-1, vx.part(width, 0), yu.part(width, 0).t, a.part(end, end));
    const v = vx.part(0, 0, rows - first, width);
    const u = yu.part(0, width, cols - first, width);
    left.push({ first, v, t: triangularFactor(arena, v, tauLeft) });
    right.push({ first, v: u, t: triangularFactor(arena, u, tauRight) });
  }
  return { diagonal, superdiagonal, left, right };
}
