/**
 * What is measured of encodings besides their candidates: their error, quantization, carved queries, whole searches.
 *
 * @module
 */
import {
  encodeProduct,
  Matrix,
  productDotTable,
  rng,
  scoreProduct,
  trainProductQuantizer,
} from '@fletch/linalg';
import { ballCarve, chamfer, FDE, MultiVectorIndex } from '@fletch/search';
import type { Row } from '../../experiment.js';
import type { SetData } from './sets.js';
import { largest, type Task } from './truth.js';

/** Documents that each query is compared with for the error, its nearest among them. */
const COMPARED = 20;
/** Queries that it is measured on. */
const ASKED = 60;

/** Root mean square of ⟨F_q, F_d⟩ / repetitions − Chamfer, per vector of the query, empty cells filled. */
export function encodingError(
  { queries, documents, truth, nearest }: Task,
  options: { simhash: number; repetitions: number; seed: number },
): number {
  const fde = new FDE({ ...options, dim: documents[0]!.cols, projDim: 16, fillEmpty: true });
  const random = rng(options.seed, 23);
  let squares = 0;
  const asked = queries.slice(0, ASKED);
  asked.forEach((query, i) => {
    const chosen = [nearest[i]!, ...random.sample(documents.length, COMPARED - 1)];
    const codes = fde.documents(chosen.map((j) => documents[j]!));
    const own = fde.query(query);
    chosen.forEach((j, place) => {
      const product = codes.row(place).reduce((sum, value, at) => sum + value * own[at]!, 0);
      squares += ((product / options.repetitions - truth.at(i, j)) / query.rows) ** 2;
    });
  });
  return Math.sqrt(squares / (asked.length * COMPARED));
}

/** Components that share a byte, centroids of each such group, and documents that these are learnt from. */
const GROUP = 8;
const CENTROIDS = 256;
const SAMPLE = 2048;
const CHUNK = 500;

/** Inner products with quantized encodings, queries × documents. */
export function quantizedScores(
  fde: FDE,
  { documents, queries }: SetData,
  seed: number,
): Matrix<Float32Array> {
  const sample = Array.from(
    rng(seed, 29).sample(documents.length, Math.min(SAMPLE, documents.length)),
    (i) => documents[i]!,
  );
  const quantizer = trainProductQuantizer(fde.documents(sample), {
    parts: fde.dim / GROUP,
    centroids: Math.min(CENTROIDS, sample.length),
    iterations: 8,
    seed,
  });
  const tables = queries.map((query) => productDotTable(quantizer, fde.query(query)));
  const scores = new Matrix(
    new Float32Array(queries.length * documents.length),
    queries.length,
    documents.length,
  );
  for (let first = 0; first < documents.length; first += CHUNK) {
    const codes = encodeProduct(quantizer, fde.documents(documents.slice(first, first + CHUNK)));
    tables.forEach((table, i) => {
      scores.row(i).set(scoreProduct(quantizer, table, codes), first);
    });
  }
  return scores;
}

/** Candidates that carved queries rank, and how many of the best are looked at. */
const RANKED = 100;
const BEST = 10;

/** How many of the best of the first candidates a carved query finds, and how many vectors it has left. */
export function carving(
  { queries, documents, truth }: Task,
  scores: Matrix<Float32Array>,
  tau: number,
): { kept: number; vectors: number } {
  let kept = 0;
  let vectors = 0;
  queries.forEach((query, i) => {
    const candidates = largest(scores.row(i), RANKED);
    const carved = ballCarve(query, tau);
    vectors += carved.rows / query.rows / queries.length;
    const by = (values: Float32Array) => Array.from(largest(values, BEST));
    const exact = by(Float32Array.from(candidates, (j) => truth.at(i, j)));
    const found = by(Float32Array.from(candidates, (j) => chamfer(carved, documents[j]!)));
    kept += found.filter((place) => exact.includes(place)).length / (BEST * queries.length);
  });
  return { kept, vectors };
}

/** Whole searches against comparing with every document: recall of the best ten, and milliseconds of both. */
export async function endToEnd(
  { documents, queries }: SetData,
  fde: { repetitions: number; simhash: number; seed: number },
  candidates: number,
): Promise<Row> {
  const index = await MultiVectorIndex.build(documents, {
    fde: { ...fde, fillEmpty: false, projDim: 16 },
    threads: 1,
  });
  try {
    const asked = queries.slice(0, 50);
    let found = 0;
    const elapsed = { search: 0, exact: 0 };
    for (const query of asked) {
      const started = performance.now();
      const hits = await index.search(query, BEST, { candidates });
      const between = performance.now();
      const exact = await index.searchExact(query, BEST);
      elapsed.search += between - started;
      elapsed.exact += performance.now() - between;
      found += exact.ids.filter((id) => hits.ids.includes(id)).length / (BEST * asked.length);
    }
    return {
      method: `search, ${index.fde.dim} dims, ${candidates} candidates`,
      recall_10: found,
      ms: elapsed.search / asked.length,
      brute_force_ms: elapsed.exact / asked.length,
      speedup: elapsed.exact / elapsed.search,
    };
  } finally {
    await index.close();
  }
}
