/**
 * Sets of vectors to search: patches of pictures, words of descriptions.
 *
 * @module
 */
import { loadDebianPackages, loadFashionMnist, loadWordVectors, type ResolveOptions } from '@fletch/data';
import { Matrix, pca, project, rng } from '@fletch/linalg';
import { rowsOf } from './truth.js';

/** Documents and queries, each a set of unit vectors. */
export interface SetData {
  readonly documents: readonly Matrix<Float32Array>[];
  readonly queries: readonly Matrix<Float32Array>[];
}

export interface SetOptions extends ResolveOptions {
  readonly documents: number;
  readonly queries: number;
  /** Which queries are taken. */
  readonly seed: number;
}

const SIDE = 28;
const PATCH = 8;
const STRIDE = 4;
/** Patches that vary less are background. */
const LEAST_DEVIATION = 0.05;
const COMPONENTS = 32;
/** Patches that principal components are learnt from. */
const SAMPLE = 20_000;

/** Fashion-MNIST: an image is the set of its 8 × 8 patches, 32 principal components each. Queries are test images. */
export async function patchSets({ documents, queries, seed, ...options }: SetOptions): Promise<SetData> {
  const { train, test } = await loadFashionMnist(options);
  const patchesOf = (images: Uint8Array, i: number) =>
    patches(images.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
  const raw = Array.from({ length: documents }, (_, i) => patchesOf(train.images, i)).filter(isFull);
  const asked: Matrix<Float32Array>[] = [];
  for (const i of rng(seed, 17).permutation(test.count)) {
    if (asked.length === queries) break;
    const set = patchesOf(test.images, i);
    if (isFull(set)) asked.push(set);
  }
  const all = rowsOf(raw);
  const sample = Matrix.from(
    Array.from(rng(0).sample(all.rows, Math.min(SAMPLE, all.rows)), (i) => all.row(i)),
    'float32',
  );
  const axes = pca(sample, COMPONENTS);
  const turn = (set: Matrix<Float32Array>) => unitRows(project(axes, set));
  return { documents: raw.map(turn), queries: asked.map(turn) };
}

function patches(image: Uint8Array): Matrix<Float32Array> {
  const rows: Float32Array[] = [];
  for (let y = 0; y + PATCH <= SIDE; y += STRIDE)
    for (let x = 0; x + PATCH <= SIDE; x += STRIDE) {
      const patch = new Float32Array(PATCH * PATCH);
      for (let i = 0; i < patch.length; i++)
        patch[i] = image[(y + Math.floor(i / PATCH)) * SIDE + x + (i % PATCH)]! / 255;
      if (deviation(patch) > LEAST_DEVIATION) rows.push(patch);
    }
  return Matrix.from(rows, 'float32');
}

/** Words on either side that colour a word's vector. */
const WINDOW = 3;
const CONTEXT = 0.5;
const LEAST_WORDS = 60;

/** Descriptions of packages and the vectors of words. */
export interface WordCorpus {
  readonly texts: readonly { readonly query: string; readonly whole: string; readonly rest: string }[];
  /** Vectors of a text's words. */
  readonly vectorsOf: (text: string) => Float32Array[];
  readonly dimension: number;
}

/** Loads Debian's descriptions of at least 60 known words, each once. */
export async function loadWordCorpus(options: ResolveOptions): Promise<WordCorpus> {
  const { packages } = await loadDebianPackages(options);
  const { dimension, words, vectors } = await loadWordVectors(options);
  const index = new Map(words.map((word, i) => [word, i]));
  const vectorsOf = (text: string) =>
    wordsOf(text).flatMap((word) => {
      const at = index.get(word);
      return at === undefined ? [] : [vectors.subarray(at * dimension, (at + 1) * dimension)];
    });
  const seen = new Set<string>();
  const texts = packages.map(partsOf).filter(({ rest }) => {
    if (seen.has(rest) || vectorsOf(rest).length < LEAST_WORDS) return false;
    seen.add(rest);
    return true;
  });
  return { texts, vectorsOf, dimension };
}

/** The synopsis with the first sentence, the description, and what of it follows. */
function partsOf({ synopsis, description }: { synopsis: string; description: string }) {
  const end = /[.:](?=\s|$)/.exec(description)?.index ?? description.length;
  return {
    query: `${synopsis}. ${description.slice(0, end)}`,
    whole: description,
    rest: description.slice(end),
  };
}

/**
 * A text as the set of its words' vectors, each with half its window's mean and half its text's; the corpus' mean is
 * removed. A query is the synopsis and the first sentence of a package that is among the documents.
 *
 * @param part - of the description that documents have: the `whole`, or the `rest` without the query's sentence
 */
export function wordSets(
  { texts, vectorsOf, dimension }: WordCorpus,
  { documents, queries, seed }: Pick<SetOptions, 'documents' | 'queries' | 'seed'>,
  part: 'whole' | 'rest',
): SetData {
  const chosen = Array.from(rng(0).sample(texts.length, Math.min(documents, texts.length)), (i) => texts[i]!);
  const asked = Array.from(
    rng(seed, 17).sample(chosen.length, Math.min(queries, chosen.length)),
    (i) => chosen[i]!,
  );
  const raw = chosen.map((text) => contextual(vectorsOf(text[part]), dimension));
  const mean = columnMeans(rowsOf(raw));
  const finish = (set: Matrix<Float32Array>) => unitRows(less(set, mean));
  return {
    documents: raw.map(finish),
    queries: asked.map(({ query }) => finish(contextual(vectorsOf(query), dimension))),
  };
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z]+(?:-[a-z]+)*/g) ?? [];

/** Every word's unit vector, with half the mean of its neighbours and half that of the text. */
function contextual(vectors: readonly Float32Array[], dimension: number): Matrix<Float32Array> {
  const own = unitRows(Matrix.from(vectors, 'float32'));
  const whole = columnMeans(own);
  const result = new Matrix(new Float32Array(own.data.length), own.rows, dimension);
  for (let i = 0; i < own.rows; i++) {
    const from = Math.max(0, i - WINDOW);
    const to = Math.min(own.rows, i + WINDOW + 1);
    const near = columnMeans(
      new Matrix(own.data.subarray(from * dimension, to * dimension), to - from, dimension),
    );
    for (let j = 0; j < dimension; j++)
      result.data[i * dimension + j] = own.at(i, j) + CONTEXT * near[j]! + CONTEXT * whole[j]!;
  }
  return result;
}

const isFull = (set: Matrix): boolean => set.rows > 0;

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

function columnMeans({ data, rows, cols }: Matrix<Float32Array>): Float64Array {
  const mean = new Float64Array(cols);
  for (let i = 0; i < data.length; i++) mean[i % cols]! += data[i]! / rows;
  return mean;
}

function less({ data, rows, cols }: Matrix<Float32Array>, mean: Float64Array): Matrix<Float32Array> {
  return new Matrix(
    data.map((value, i) => value - mean[i % cols]!),
    rows,
    cols,
  );
}

function unitRows(set: Matrix<Float32Array>): Matrix<Float32Array> {
  const result = new Matrix(set.data.slice(), set.rows, set.cols);
  for (let i = 0; i < result.rows; i++) {
    const row = result.row(i);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) for (let j = 0; j < row.length; j++) row[j]! /= length;
  }
  return result;
}
