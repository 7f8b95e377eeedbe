/**
 * Eight ways to make a vector of a text: by word vectors, and by counts of words.
 *
 * @module
 */
import { crc32 } from 'node:zlib';
import { cast, Matrix, matmul, pca, randomizedSVD, rng } from '@fletch/linalg';

/** Texts as their words. */
export type Texts = readonly (readonly string[])[];

/** Vectors of documents and of queries. */
export interface Embedded {
  readonly documents: Matrix<Float32Array>;
  readonly queries: Matrix<Float32Array>;
}

/** What embedders are made with. */
export interface Collection {
  readonly documents: Texts;
  readonly queries: Texts;
  readonly dimension: number;
  /** The vector of a word, when there is one. */
  readonly vectorOf: (word: string) => Float32Array | undefined;
  /** Words that counts are made of, with the number of documents they stand in. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly seed: number;
}

const HASHED = 512;
const LATENT = 256;

/** The words that stand in two documents or more, the most frequent ones, but for those in more than a tenth of all. */
export function vocabularyOf(documents: Texts, most: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const words of documents)
    for (const word of new Set(words)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return new Map(
    [...counts]
      .filter(([, count]) => count >= 2 && count <= documents.length / 10)
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .slice(0, most),
  );
}

/** Sums of word vectors with a weight each. */
function weighted({ dimension, vectorOf }: Collection, texts: Texts, weight: (word: string) => number) {
  const sums = new Matrix(new Float32Array(texts.length * dimension), texts.length, dimension);
  for (const [i, words] of texts.entries()) {
    const row = sums.row(i);
    for (const word of words) {
      const vector = vectorOf(word);
      if (!vector) continue;
      const by = weight(word) / Math.hypot(...vector);
      for (let j = 0; j < dimension; j++) row[j]! += by * vector[j]!;
    }
  }
  return sums;
}

/** (1 + ln tf) · ln(N / df) in the column that a word has, or in two words' common one. */
function counted(
  { documents, vocabulary }: Collection,
  texts: Texts,
  width: number,
  placeOf: (word: string) => { readonly place: number; readonly sign: number } | undefined,
) {
  const counts = new Matrix(new Float32Array(texts.length * width), texts.length, width);
  for (const [i, words] of texts.entries()) {
    const row = counts.row(i);
    const frequencies = new Map<string, number>();
    for (const word of words) frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
    for (const [word, frequency] of frequencies) {
      const at = placeOf(word);
      const df = vocabulary.get(word);
      if (!at || df === undefined) continue;
      row[at.place]! += at.sign * (1 + Math.log(frequency)) * Math.log(documents.length / df);
    }
  }
  return counts;
}

/** Smooth inverse frequency (Arora, Liang and Ma, ICLR 2017): rare words count more, the common direction is taken out. */
function smoothInverseFrequency(collection: Collection): Embedded {
  const { documents, queries } = collection;
  const counts = new Map<string, number>();
  let total = 0;
  for (const words of documents)
    for (const word of words) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
      total++;
    }
  const weight = (word: string) => 1e-3 / (1e-3 + (counts.get(word) ?? 0) / total);
  const [docs, asked] = [documents, queries].map((texts) => weighted(collection, texts, weight)) as [
    Matrix<Float32Array>,
    Matrix<Float32Array>,
  ];
  const common = pca(cast(docs, 'float64'), 1).components.row(0);
  for (const matrix of [docs, asked])
    for (let i = 0; i < matrix.rows; i++) {
      const row = matrix.row(i);
      const along = row.reduce((sum, value, j) => sum + value * common[j]!, 0);
      for (let j = 0; j < row.length; j++) row[j]! -= along * common[j]!;
    }
  return { documents: docs, queries: asked };
}

function both({ documents, queries }: Collection, embed: (texts: Texts) => Matrix<Float32Array>): Embedded {
  return { documents: embed(documents), queries: embed(queries) };
}

/** Counts of the words of the vocabulary. */
function plainCounts(collection: Collection) {
  const places = new Map([...collection.vocabulary.keys()].map((word, place) => [word, { place, sign: 1 }]));
  return (texts: Texts) => counted(collection, texts, places.size, (word) => places.get(word));
}

/** Latent semantic analysis: the leading singular directions of the documents' counts. */
const latent = (width: number) => (collection: Collection) => {
  const counts = plainCounts(collection);
  const rank = Math.min(width, collection.vocabulary.size, collection.documents.length);
  const { vt } = randomizedSVD(counts(collection.documents), rank, {
    iterations: 1,
    random: rng(collection.seed),
  });
  return both(collection, (texts) => matmul(counts(texts), vt, { transposeB: true }));
};

function hashed(collection: Collection): Embedded {
  return both(collection, (texts) =>
    counted(collection, texts, HASHED, (word) => {
      const hash = crc32(word);
      return { place: hash % HASHED, sign: hash & 0x10000 ? 1 : -1 };
    }),
  );
}

function randomlyProjected(collection: Collection): Embedded {
  const { size } = collection.vocabulary;
  const directions = rng(collection.seed + 1).fillNormal(new Float32Array(size * LATENT));
  const counts = plainCounts(collection);
  return both(collection, (texts) => matmul(counts(texts), new Matrix(directions, size, LATENT)));
}

/** All eight, by name. */
export const embedders: Readonly<Record<string, (collection: Collection) => Embedded>> = {
  'mean of word vectors': (collection) => both(collection, (texts) => weighted(collection, texts, () => 1)),
  'mean weighted by idf': (collection) => {
    const { documents, vocabulary } = collection;
    const weight = (word: string) => Math.log(documents.length / (vocabulary.get(word) ?? 1));
    return both(collection, (texts) => weighted(collection, texts, weight));
  },
  'smooth inverse frequency': smoothInverseFrequency,
  'latent semantics, 64': latent(LATENT / 4),
  'latent semantics, 128': latent(LATENT / 2),
  'latent semantics, 256': latent(LATENT),
  'hashed counts, 512': hashed,
  'random projection, 256': randomlyProjected,
};
