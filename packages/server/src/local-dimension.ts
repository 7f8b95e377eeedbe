/**
 * The local intrinsic dimension of a collection's vectors, and the recall that its index has at several lengths of the list.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';
import {
  type Collection,
  type LidHistogram,
  type LidProfile,
  lidHistogram,
  lidMLE,
  lidProfile,
} from '@fletch/search';
import { breathe } from './http/breathe.js';
import { wrongInput } from './http/errors.js';

/** What {@link localDimension} found. */
export interface LocalDimension {
  /** Points that were drawn. */
  readonly sampled: number;
  readonly lid: LidProfile & { readonly histogram: LidHistogram };
  /** Share of the ten nearest that the index finds for stored points. */
  readonly recall: { readonly ef: number; readonly recall: number }[];
}

/** Points that are drawn at most, and how many of them are looked at. */
const REFERENCE = 4000;
const LOOKED_AT = 400;
const SEARCHED = 60;
const NEIGHBOURS = 100;
const BINS = 30;
const EFS = [16, 32, 64, 128, 256];
/** Points that are compared between two chances for other requests. */
const TURN = 8;

/**
 * Draws points and compares their vectors.
 *
 * @param using - name of the vector
 * @throws HttpError 400 when the collection has too few points with a dense vector of that name, or they are all equal
 */
export async function localDimension(
  collection: Collection,
  using: string,
  signal: AbortSignal,
): Promise<LocalDimension> {
  const vectors = await drawn(collection, using);
  if (vectors.length < 20)
    throw wrongInput(
      `Local dimension needs 20 points with a dense vector${using ? ` "${using}"` : ''} of numbers; ${vectors.length} were found.`,
    );
  const rows = Matrix.from(vectors, 'float32');
  const lid = new Float32Array(Math.min(LOOKED_AT, rows.rows));
  const k = Math.min(NEIGHBOURS, rows.rows - 1);
  const turn = breathe(signal);
  const metric = distanceOf(collection, using) === 'Euclid' ? 'l2' : 'cosine';
  for (let from = 0; from < lid.length; from += TURN) {
    const sample = Array.from({ length: Math.min(TURN, lid.length - from) }, (_, i) => from + i);
    lid.set(lidMLE(rows, { k, metric, sample }), from);
    await turn();
  }
  if (!lid.some(Number.isFinite))
    throw wrongInput('All vectors that were drawn are equal: they have no local dimension.');
  return {
    sampled: rows.rows,
    lid: { ...lidProfile(lid), histogram: lidHistogram(lid, BINS) },
    recall: await recallOf(collection, using, vectors.slice(0, SEARCHED), turn),
  };
}

async function drawn(collection: Collection, using: string): Promise<Float32Array[]> {
  const points = await collection.query({
    query: { sample: 'random' },
    ...(using !== '' && { using }),
    limit: REFERENCE,
    with_payload: false,
    with_vector: using === '' ? true : [using],
  });
  return points.flatMap(({ vector }) => {
    // Beside named vectors, the unnamed one is named ''.
    const own = Array.isArray(vector)
      ? vector
      : (vector as Readonly<Record<string, unknown>> | undefined)?.[using];
    const isDense = Array.isArray(own) && typeof own[0] === 'number' && own.some((value) => value !== 0);
    return isDense ? [Float32Array.from(own as number[])] : [];
  });
}

function distanceOf(collection: Collection, using: string): string | undefined {
  const { vectors } = collection.info().config.params;
  const named = 'distance' in vectors ? vectors : vectors[using];
  return (named as { readonly distance?: string } | undefined)?.distance;
}

async function recallOf(
  collection: Collection,
  using: string,
  queries: readonly Float32Array[],
  turn: () => Promise<void> | undefined,
): Promise<LocalDimension['recall']> {
  // A stored point finds itself: that is no find.
  const nearest = async (
    query: Float32Array,
    params: { readonly exact?: boolean; readonly hnsw_ef?: number },
  ) => {
    const hits = await collection.query({
      query: [...query],
      ...(using !== '' && { using }),
      limit: 11,
      with_payload: false,
      params,
    });
    await turn();
    return hits.slice(1).map(({ id, score }) => ({ id, score }));
  };
  const truth: Awaited<ReturnType<typeof nearest>>[] = [];
  for (const query of queries) truth.push(await nearest(query, { exact: true }));
  const measured: { ef: number; recall: number }[] = [];
  for (const ef of EFS) {
    let right = 0;
    let wanted = 0;
    for (const [i, query] of queries.entries()) {
      const true_ = new Set(truth[i]!.map(({ id }) => id));
      right += (await nearest(query, { hnsw_ef: ef })).filter(({ id }) => true_.has(id)).length;
      wanted += true_.size;
    }
    measured.push({ ef, recall: wanted === 0 ? 1 : right / wanted });
  }
  return measured;
}
