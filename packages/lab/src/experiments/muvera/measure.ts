/**
 * How many candidates each method needs until the true nearest document is among them.
 *
 * @module
 */
import { Matrix, matmul } from '@fletch/linalg';
import { type FDE, meanPool, singleVectorCandidates } from '@fletch/search';
import type { SetData } from './sets.js';
import type { Task } from './truth.js';

/** Documents that are encoded at a time: all encodings together need not fit into memory. */
const CHUNK = 500;

/** Inner products of the queries' encodings with the documents', queries × documents. */
export function encodedScores(fde: FDE, { documents, queries }: SetData): Matrix<Float32Array> {
  return scoresOf(fde.queries(queries), documents, (some) => fde.documents(some));
}

/** Cosines of the sets' means. */
export function pooledScores({ documents, queries }: SetData): Matrix<Float32Array> {
  const pool = (sets: readonly Matrix[]) => Matrix.from(sets.map(meanPool), 'float32');
  return scoresOf(pool(queries), documents, pool);
}

function scoresOf(
  queries: Matrix<Float32Array>,
  documents: SetData['documents'],
  encode: (documents: readonly Matrix[]) => Matrix<Float32Array>,
): Matrix<Float32Array> {
  const scores = new Matrix(
    new Float32Array(queries.rows * documents.length),
    queries.rows,
    documents.length,
  );
  for (let first = 0; first < documents.length; first += CHUNK) {
    const codes = encode(documents.slice(first, first + CHUNK));
    const part = matmul(queries, codes, { transposeB: true });
    for (let i = 0; i < part.rows; i++) scores.row(i).set(part.row(i), first);
  }
  return scores;
}

/** At which place each query's true nearest document comes, from 1. */
export function places(scores: Matrix<Float32Array>, { nearest }: Pick<Task, 'nearest'>): number[] {
  return Array.from(nearest, (document, i) => {
    const row = scores.row(i);
    const own = row[document]!;
    return row.reduce(
      (place, score, j) => place + (score > own || (score === own && j < document) ? 1 : 0),
      1,
    );
  });
}

/** A point of a curve: that share of the queries has its nearest document among so many candidates. */
export interface CurvePoint {
  readonly candidates: number;
  readonly recall: number;
}

/** The curve of a method that orders all documents. */
export function curveOfPlaces(placed: readonly number[], most: number): CurvePoint[] {
  return Array.from({ length: most }, (_, i) => ({
    candidates: i + 1,
    recall: placed.filter((place) => place <= i + 1).length / placed.length,
  }));
}

/** The heuristic's curves, candidates counted once or as often as they were retrieved. */
export function curvesOfHeuristic({ hits, owner, nearest }: Task): {
  dedup: CurvePoint[];
  raw: CurvePoint[];
} {
  const each = hits[0]![0]!.rows.length;
  const curve = Array.from({ length: each }, (_, i) => {
    const found = hits.map((own) => singleVectorCandidates(own, owner, i + 1));
    const mean = (of: (one: (typeof found)[number]) => number) =>
      found.reduce((sum, one) => sum + of(one) / found.length, 0);
    return {
      recall:
        found.filter(({ documents }, query) => documents.includes(nearest[query]!)).length / found.length,
      dedup: mean(({ documents }) => documents.length),
      raw: mean(({ retrieved }) => retrieved),
    };
  });
  const of = (kind: 'dedup' | 'raw') =>
    curve.map(({ recall, [kind]: candidates }) => ({ candidates, recall }));
  return { dedup: of('dedup'), raw: of('raw') };
}

/** Candidates at which a curve reaches a recall, between its points by a straight line; infinite when it does not. */
export function candidatesAt(curve: readonly CurvePoint[], recall: number): number {
  let before: CurvePoint = { candidates: 0, recall: 0 };
  for (const point of curve) {
    if (point.recall >= recall) {
      const share = (recall - before.recall) / (point.recall - before.recall);
      return before.candidates + share * (point.candidates - before.candidates);
    }
    before = point;
  }
  return Number.POSITIVE_INFINITY;
}

/** Recall at so many candidates, between a curve's points by a straight line. */
export function recallAt(curve: readonly CurvePoint[], candidates: number): number {
  let before: CurvePoint = { candidates: 0, recall: 0 };
  for (const point of curve) {
    if (point.candidates >= candidates) {
      const share = (candidates - before.candidates) / (point.candidates - before.candidates);
      return before.recall + share * (point.recall - before.recall);
    }
    before = point;
  }
  return before.recall;
}
