/**
 * The neighbours of random points among each other.
 *
 * @module
 */
import { Bitset } from '../index/bitset.js';
import { compareIds } from '../store/ids.js';
import type { PointId, SearchMatrixOffsets, SearchMatrixPairs, SearchMatrixRequest } from '../types/index.js';
import { type Hits, keepHits } from './hits.js';
import { sampleOf } from './kinds/plain.js';
import { readInteger } from './refuse.js';
import { Scope } from './scope.js';
import type { Views } from './source.js';
import type { Turns } from './turns.js';

/** Sampled points in order of their ids, with the nearest others of each. */
interface Matrix {
  readonly ids: readonly PointId[];
  readonly neighbours: readonly { readonly offsets: readonly number[]; readonly scores: Float32Array }[];
}

/** Draws a sample of the points that have the vector, and compares each with all others. */
export async function searchMatrix(
  request: SearchMatrixRequest,
  { own: view }: Views,
  turns: Turns,
): Promise<Matrix> {
  const sample = readInteger(request.sample, 'sample', 2, 10);
  const limit = readInteger(request.limit, 'limit', 1, 3);
  const space = view.space(request.using ?? '', 'using');
  const filters = request.filter ? [request.filter] : [];
  const scope = new Scope({ view, turns, filters, excluded: new Set(), params: {}, threshold: undefined });
  const rows = sampleOf(await scope.candidates(space), sample);
  if (rows.length < 2) return { ids: [], neighbours: [] };
  const points = Array.from(rows, (row) => ({ id: view.id(row), row })).sort((a, b) =>
    compareIds(a.id, b.id),
  );
  const offsetOf = new Map(points.map(({ row }, offset) => [row, offset]));
  const filter = Bitset.of(rows);
  const neighbours: Matrix['neighbours'][number][] = [];
  for (const { row } of points) {
    const count = Math.min(limit + 1, points.length);
    const hits = await space.nearest(space.vector(row), count, { filter, exact: true });
    const others: Hits = keepHits(hits, limit, (other) => other !== row);
    neighbours.push({
      offsets: Array.from(others.rows, (other) => offsetOf.get(other)!),
      scores: others.scores,
    });
    if (turns.over) await turns.pause();
  }
  return { ids: points.map(({ id }) => id), neighbours };
}

export function matrixPairs({ ids, neighbours }: Matrix): SearchMatrixPairs {
  const pairs = neighbours.flatMap(({ offsets, scores }, a) =>
    offsets.map((b, i) => ({ a: ids[a]!, b: ids[b]!, score: scores[i]! })),
  );
  return { pairs };
}

export function matrixOffsets({ ids, neighbours }: Matrix): SearchMatrixOffsets {
  return {
    offsets_row: neighbours.flatMap(({ offsets }, row) => offsets.map(() => row)),
    offsets_col: neighbours.flatMap(({ offsets }) => offsets),
    scores: neighbours.flatMap(({ scores }) => [...scores]),
    ids: [...ids],
  };
}
