/**
 * What LeanVec is measured on: words that look for definitions, definitions that look for each other, and pictures.
 *
 * @module
 */
import { loadFashionMnist, loadWordNetGlosses, loadWordVectors } from '@fletch/data';
import { Matrix, matmul, type Rng, randomOrthogonal, rng } from '@fletch/linalg';
import type { TrialContext } from '../../experiment.js';

/** Rows to search in, and queries: some to learn from, others to be judged by. */
export interface SearchTask {
  readonly rows: Matrix<Float32Array>;
  readonly learned: Matrix<Float32Array>;
  readonly test: Matrix<Float32Array>;
}

/** How many of each. */
export interface TaskSizes {
  readonly rows: number;
  readonly learned: number;
  readonly test: number;
}

/** Definitions of WordNet, and two kinds of queries: the words themselves, and other definitions. */
export interface WordTasks {
  readonly words: SearchTask;
  readonly definitions: SearchTask;
}

/**
 * A definition is the mean of the unit vectors of its words, a word its unit vector; all of length one. The rows, the
 * learned and the test queries of either kind share nothing.
 */
export async function wordTasks(
  sizes: TaskSizes,
  { seed, signal, report }: Pick<TrialContext, 'seed' | 'signal' | 'report'>,
): Promise<WordTasks> {
  report({ done: 0, total: 1, stage: 'reading word vectors' });
  const random = rng(seed);
  const [glosses, { words, vectors, dimension }] = [
    await loadWordNetGlosses({ signal }),
    await loadWordVectors({ signal }),
  ];
  const places = new Map(words.map((word, i) => [word, i]));
  const add = (word: string, to: Float64Array) => {
    const place = places.get(word);
    if (place === undefined) return;
    const vector = vectors.subarray(place * dimension, (place + 1) * dimension);
    let squares = 0;
    for (const value of vector) squares += value * value;
    const by = 1 / Math.sqrt(squares);
    for (let j = 0; j < dimension; j++) to[j]! += vector[j]! * by;
  };
  const meanOf = (list: readonly string[]) => {
    const sum = new Float64Array(dimension);
    for (const word of list) add(word, sum);
    return unit(sum);
  };
  const definitions: Float64Array[] = [];
  const wanted = sizes.rows + sizes.learned + sizes.test;
  for (const at of random.permutation(glosses.length)) {
    if (definitions.length === wanted) break;
    const found = meanOf(glosses[at]!.text.toLowerCase().match(/[a-z]+/g) ?? []);
    if (found) definitions.push(found);
  }
  const lemmas = [...new Set(glosses.flatMap(({ words: names }) => names.map((name) => name.toLowerCase())))];
  const queries = random
    .shuffle(lemmas.filter((lemma) => places.has(lemma)))
    .slice(0, sizes.learned + sizes.test)
    .map((lemma) => meanOf([lemma])!);
  const rows = matrix(definitions.slice(0, sizes.rows));
  return {
    words: { rows, ...split(queries, sizes) },
    definitions: { rows, ...split(definitions.slice(sizes.rows), sizes) },
  };
}

/** Pictures of clothes: rows from the training images, queries of both kinds from the test images. */
export async function pictureTask(
  sizes: TaskSizes,
  { seed, signal, report }: Pick<TrialContext, 'seed' | 'signal' | 'report'>,
): Promise<SearchTask> {
  report({ done: 0, total: 1, stage: 'reading pictures' });
  const { train, test } = await loadFashionMnist({ signal });
  const random = rng(seed);
  const pick = ({ images }: { readonly images: Uint8Array }, list: Uint32Array) => {
    const pixels = 784;
    const data = new Float32Array(list.length * pixels);
    list.forEach((image, i) => {
      data.set(images.subarray(image * pixels, (image + 1) * pixels), i * pixels);
    });
    return new Matrix(data, list.length, pixels);
  };
  const queries = random.sample(10_000, sizes.learned + sizes.test);
  return {
    rows: pick(train, random.sample(60_000, sizes.rows)),
    learned: pick(test, queries.slice(0, sizes.learned)),
    test: pick(test, queries.slice(sizes.learned)),
  };
}

/** Made-up rows and queries with spectra of their own, for runs that only prove that everything is wired. */
export function madeUpTask({ rows, learned, test }: TaskSizes, dimension: number, seed: number): SearchTask {
  const random = rng(seed);
  const turns = [random, random].map((one) => randomOrthogonal(one, dimension));
  const draw = (count: number, side: 0 | 1) => falling(random, count, turns[side]!, side === 0 ? 0.95 : 0.93);
  return { rows: draw(rows, 0), learned: draw(learned, 1), test: draw(test, 1) };
}

function falling(random: Rng, count: number, turn: Matrix<Float64Array>, fall: number): Matrix<Float32Array> {
  const d = turn.rows;
  const x = new Matrix(random.fillNormal(new Float64Array(count * d)), count, d);
  for (let at = 0; at < x.data.length; at++) x.data[at]! *= fall ** (at % d);
  return new Matrix(Float32Array.from(matmul(x, turn).data), count, d);
}

function split(queries: readonly Float64Array[], { learned, test }: TaskSizes) {
  return { learned: matrix(queries.slice(0, learned)), test: matrix(queries.slice(learned, learned + test)) };
}

function matrix(rows: readonly Float64Array[]): Matrix<Float32Array> {
  return Matrix.from(rows, 'float32');
}

/** The vector with length one; none for zero. */
function unit(vector: Float64Array): Float64Array | undefined {
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : undefined;
}
