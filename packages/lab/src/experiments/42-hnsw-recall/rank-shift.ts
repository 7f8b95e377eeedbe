/**
 * Ranks of embedders by exact search and by HNSW: words look for their definitions.
 *
 * @module
 */
import { loadWordNetGlosses, loadWordVectors } from '@fletch/data';
import { type Matrix, rng } from '@fletch/linalg';
import {
  exactNeighbours,
  HNSW,
  lidMLE,
  lidProfile,
  ndcgAtK,
  presets,
  rankShift,
  spearman,
} from '@fletch/search';
import type { Profile, Row, TrialContext } from '../../experiment.js';
import { type Collection, embedders, type Texts, vocabularyOf } from './embedders.js';

const plans: Readonly<
  Record<Profile, { readonly documents: number; readonly queries: number; readonly vocabulary: number }>
> = {
  smoke: { documents: 200, queries: 20, vocabulary: 300 },
  quick: { documents: 0, queries: 0, vocabulary: 0 },
  full: { documents: 6000, queries: 1500, vocabulary: 3000 },
};

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z]+/g) ?? [];

interface Judged {
  readonly model: string;
  readonly lid: number;
  readonly exact: number;
  readonly hnsw: number;
}

/** Definitions that every embedder can read, and words of theirs as queries. */
async function collect(
  context: TrialContext,
): Promise<Collection & { readonly relevant: readonly number[] }> {
  const { profile, seed, signal } = context;
  const plan = plans[profile];
  if (profile === 'smoke') return madeUp(plan, seed);
  const glosses = await loadWordNetGlosses({ signal });
  const { words, vectors, dimension } = await loadWordVectors({ signal });
  const places = new Map(words.map((word, i) => [word, i]));
  const vectorOf = (word: string) => {
    const place = places.get(word);
    return place === undefined ? undefined : vectors.subarray(place * dimension, (place + 1) * dimension);
  };
  const random = rng(seed);
  const sampled = [...random.permutation(glosses.length)]
    .slice(0, plan.documents)
    .map((at) => ({ text: wordsOf(glosses[at]!.text), names: glosses[at]!.words.flatMap(wordsOf) }));
  const vocabulary = vocabularyOf(
    sampled.map(({ text }) => text),
    plan.vocabulary,
  );
  const isReadable = (text: readonly string[]) =>
    text.some((word) => vocabulary.has(word)) && text.some((word) => vectorOf(word) !== undefined);
  const documents = sampled.filter(({ text }) => isReadable(text));
  const asked = documents.flatMap(({ names }, at) => (isReadable(names) ? [{ names, at }] : []));
  const chosen = asked.slice(0, plan.queries);
  return {
    documents: documents.map(({ text }) => text),
    queries: chosen.map(({ names }) => names),
    relevant: chosen.map(({ at }) => at),
    ...{ dimension, vectorOf, vocabulary, seed },
  };
}

/** Texts of made-up words on topics. */
function madeUp(plan: { readonly documents: number; readonly queries: number }, seed: number) {
  const random = rng(seed);
  const dimension = 12;
  const words = Array.from({ length: 200 }, (_, i) => `w${i}`);
  const table = new Map(words.map((word) => [word, random.fillNormal(new Float32Array(dimension))]));
  const documents: Texts = Array.from({ length: plan.documents }, () =>
    Array.from({ length: 8 }, () => words[random.integer(200)]!),
  );
  const relevant = Array.from({ length: plan.queries }, (_, i) => i);
  return {
    documents,
    queries: relevant.map((at) => documents[at]!.slice(0, 3)),
    relevant,
    dimension,
    vectorOf: (word: string) => table.get(word),
    vocabulary: vocabularyOf(documents, 300),
    seed,
  };
}

/** Discounted gain where only one document is right. */
function gainOf(found: (query: number) => ArrayLike<number>, relevant: readonly number[]): number {
  const key = String;
  return ndcgAtK(
    new Map(relevant.map((_, query) => [key(query), Array.from(found(query), key)])),
    new Map(relevant.map((at, query) => [key(query), new Map([[key(at), 1]])])),
  );
}

function judge(
  model: string,
  documents: Matrix<Float32Array>,
  queries: Matrix<Float32Array>,
  {
    relevant,
    seed,
    signal,
  }: Pick<TrialContext, 'seed' | 'signal'> & { readonly relevant: readonly number[] },
): Judged {
  const metric = 'cosine';
  const truth = exactNeighbours(documents, { k: 10, metric, queries, signal });
  const graph = new HNSW({ dim: documents.cols, metric, seed, ...presets.study });
  graph.addAll(documents);
  const lid = lidMLE(documents, { metric, k: Math.min(100, documents.rows - 1), signal });
  return {
    model,
    lid: lidProfile(lid).mean,
    exact: gainOf((query) => truth.ids.subarray(10 * query, 10 * query + 10), relevant),
    hnsw: gainOf((query) => graph.search(queries.row(query), 10).ids, relevant),
  };
}

/** All embedders, judged twice. */
export async function byModel(context: TrialContext) {
  if (plans[context.profile].documents === 0) return { metrics: {}, rows: [], dots: [] };
  let made: Promise<Awaited<ReturnType<typeof collect>>> | undefined;
  const judged: Judged[] = [];
  const models = Object.entries(embedders);
  for (const [i, [model, embed]] of models.entries()) {
    context.report({ done: i, total: models.length, stage: model });
    judged.push(
      await context.once(`model ${model}`, async () => {
        made ??= collect(context);
        const collection = await made;
        const { documents, queries } = embed(collection);
        return judge(model, documents, queries, { ...context, relevant: collection.relevant });
      }),
    );
  }
  const scores = (of: 'exact' | 'hnsw') => Object.fromEntries(judged.map((one) => [one.model, one[of]]));
  const places = new Map(rankShift(scores('exact'), scores('hnsw')).map((one) => [one.model, one]));
  const lossOf = ({ exact, hnsw }: Judged) => (exact === 0 ? 0 : 1 - hnsw / exact);
  return {
    metrics: {
      lid_loss_spearman: spearman(
        judged.map(({ lid }) => lid),
        judged.map(lossOf),
      ),
    },
    rows: judged.map(
      (one): Row => ({
        part: 'models',
        data: 'words and their definitions',
        order: one.model,
        lid: one.lid,
        ndcg_exact: one.exact,
        ndcg_hnsw: one.hnsw,
        loss: lossOf(one),
        rank_exact: places.get(one.model)!.exact,
        rank_hnsw: places.get(one.model)!.hnsw,
        moved: places.get(one.model)!.moved,
      }),
    ),
    dots: judged.map((one) => ({ model: one.model, lid: one.lid, loss: lossOf(one) })),
  };
}
