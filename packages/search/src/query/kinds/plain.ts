/**
 * Points without a score: in order of their ids, or at random.
 *
 * @module
 */

import { compareIds } from '../../store/ids.js';
import type { View } from '../../store/view.js';
import type { PointId, SampleQuery } from '../../types/index.js';
import { equalHits, type Hits } from '../hits.js';
import type { QueryKind } from '../kind.js';
import { readWord } from '../refuse.js';
import type { Scope } from '../scope.js';

/** Below this share of all points the matching ones are sorted, rather than all walked through in order. */
const FEW_SHARE = 8;

/** What a request without a query asks for. */
export const byId: QueryKind = {
  order: 'smaller',
  async search(scope, count) {
    const rows = await rowsById(scope, undefined, count);
    return equalHits(rows);
  },
};

/** The first `count` rows of a scope by their ids, from the id `start` on. */
export async function rowsById(scope: Scope, start: PointId | undefined, count: number): Promise<number[]> {
  const { view, excluded } = scope;
  const rows = await scope.rows();
  if (rows.count * FEW_SHARE < view.count)
    return idsOf(view, await scope.candidates())
      .filter(({ id }) => start === undefined || compareIds(id, start) >= 0)
      .sort((a, b) => compareIds(a.id, b.id))
      .slice(0, count)
      .map(({ row }) => row);
  const found: number[] = [];
  for (const { row } of view.ordered(start)) {
    if (found.length >= count) break;
    if (rows.has(row) && !excluded.has(row)) found.push(row);
  }
  return found;
}

function idsOf(view: View, rows: Uint32Array): { id: PointId; row: number }[] {
  return Array.from(rows, (row) => ({ id: view.id(row), row }));
}

/** Reads `sample`. */
export function readSample({ sample }: SampleQuery, at: string): QueryKind {
  readWord(sample ?? 'nothing', at, ['random'], 'random');
  return {
    order: 'none',
    async search(scope, count): Promise<Hits> {
      return equalHits(sampleOf(await scope.candidates(), count));
    },
  };
}

/** `count` of the rows at random, in random order (Fisher and Yates' shuffle, as far as it is needed). */
export function sampleOf(rows: Uint32Array, count: number): Uint32Array {
  const most = Math.min(count, rows.length);
  for (let i = 0; i < most; i++) {
    const j = i + Math.floor(Math.random() * (rows.length - i));
    [rows[i], rows[j]] = [rows[j]!, rows[i]!];
  }
  return rows.subarray(0, most);
}
