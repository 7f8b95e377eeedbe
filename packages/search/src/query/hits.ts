/**
 * What a query found.
 *
 * @module
 */

/** Rows with their scores, best first. The arrays are equally long. */
export interface Hits {
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
  /** What each row was ordered by, in queries that order by a payload field. */
  readonly values?: Float64Array;
}

export const NO_HITS: Hits = { rows: new Uint32Array(0), scores: new Float32Array(0) };

/** The hits from `start` up to `end`. */
export function sliceHits({ rows, scores, values }: Hits, start: number, end?: number): Hits {
  return {
    rows: rows.subarray(start, end),
    scores: scores.subarray(start, end),
    ...(values && { values: values.subarray(start, end) }),
  };
}

/** The first `count` hits that pass the test, in their order. */
export function keepHits(
  hits: Hits,
  count: number,
  test: (row: number, score: number, i: number) => boolean,
): Hits {
  const kept: number[] = [];
  for (let i = 0; i < hits.rows.length && kept.length < count; i++)
    if (test(hits.rows[i]!, hits.scores[i]!, i)) kept.push(i);
  if (kept.length === hits.rows.length) return hits;
  const { values } = hits;
  return {
    rows: Uint32Array.from(kept, (i) => hits.rows[i]!),
    scores: Float32Array.from(kept, (i) => hits.scores[i]!),
    ...(values && { values: Float64Array.from(kept, (i) => values[i]!) }),
  };
}

/** Hits of one score, in the order of `rows`. Qdrant gives 1 to points that nothing was compared with. */
export function equalHits(rows: ArrayLike<number>, score = 1): Hits {
  return { rows: Uint32Array.from(rows), scores: new Float32Array(rows.length).fill(score) };
}
