/**
 * Vector queries: the examples they name, and how a stored vector is scored against them.
 *
 * @module
 */
import type {
  AnyVectorInput,
  Filter,
  FormulaQuery,
  FusionQuery,
  OrderByQuery,
  PointId,
  Prefetch,
  Query,
  RrfQuery,
  SampleQuery,
  SearchParams,
  VectorQuery,
} from '@fletch/search';
import type { OracleCollection } from './collection.case.js';
import { type Doubts, Refused } from './doubts.case.js';
import { canonicalId } from './ids.case.js';
import { list } from './json.case.js';
import type { World } from './query.case.js';
import {
  averageExample,
  bestScore,
  contextScore,
  discoverScore,
  feedbackScore,
  sumScores,
} from './scoring.case.js';
import {
  isDistance,
  isMulti,
  isSparse,
  type Kind,
  prepared,
  type Stored,
  shownScore,
  similarity,
} from './vectors.case.js';

/** Names of queries that compare vectors. */
const NAMES = ['nearest', 'recommend', 'discover', 'context', 'relevance_feedback'] as const;

/** Queries that compare vectors. */
export type VectorQueries = Exclude<
  Query,
  OrderByQuery | FusionQuery | RrfQuery | FormulaQuery | SampleQuery
>;

export function isVectorQuery(query: Query): query is VectorQueries {
  return (
    typeof query !== 'object' ||
    Array.isArray(query) ||
    isSparse(query) ||
    NAMES.some((name) => name in query)
  );
}

/** Point ids among the examples of a query. */
export function referencedIds(query: Query | null | undefined): PointId[] {
  if (query === null || query === undefined || !isVectorQuery(query)) return [];
  return examplesOf(query).flatMap((example) => (isId(example) ? [canonicalId(example)] : []));
}

const isId = (example: VectorQuery): example is PointId =>
  typeof example === 'number' || typeof example === 'string';

function examplesOf(query: Query): VectorQuery[] {
  if (typeof query !== 'object' || Array.isArray(query) || ArrayBuffer.isView(query) || isSparse(query))
    return [query as VectorQuery];
  if ('nearest' in query) return [query.nearest];
  if ('recommend' in query)
    return [...list(query.recommend.positive), ...list(query.recommend.negative)] as VectorQuery[];
  if ('discover' in query)
    return [
      query.discover.target,
      ...list(query.discover.context).flatMap(({ positive, negative }) => [positive, negative]),
    ];
  if ('context' in query)
    return list(query.context).flatMap(({ positive, negative }) => [positive, negative]);
  if ('relevance_feedback' in query) {
    const { target, feedback } = query.relevance_feedback;
    return [target, ...feedback.map(({ example }) => example)];
  }
  return [];
}

/** A vector query with its examples looked up. */
export interface Target {
  readonly kind: Kind;
  readonly by: 'score' | 'distance';
  /** Of nearest queries, the vector. */
  readonly nearest?: Stored;
  /** Of others, the score of a stored vector, given how similar it is to an example. */
  readonly custom?: (similar: (example: Stored) => number, doubts: Doubts) => number;
  readonly mmr?: { diversity?: number | null; candidates_limit?: number | null };
}

export function targetOf(request: Prefetch, world: World): Target {
  const { collection } = world;
  const kind = collection.kinds.get(request.using ?? '');
  if (!kind) throw new Refused(400, `there is no vector "${request.using ?? ''}"`);
  const query = request.query!;
  const raw = (example: VectorQuery) => rawExample(example, request, world);
  const vector = (example: VectorQuery) => prepared(raw(example), kind);
  const nearest = (example: VectorQuery, mmr?: Target['mmr']): Target => ({
    kind,
    by: isDistance(kind) ? 'distance' : 'score',
    nearest: vector(example),
    ...(mmr && { mmr }),
  });
  const custom = (score: Target['custom']): Target => ({ kind, by: 'score', custom: score! });

  if (typeof query !== 'object' || Array.isArray(query) || isSparse(query))
    return nearest(query as VectorQuery);
  if ('nearest' in query) return nearest(query.nearest, query.mmr ?? undefined);
  if ('recommend' in query) {
    const { strategy } = query.recommend;
    const positive = list(query.recommend.positive) as VectorQuery[];
    const negative = list(query.recommend.negative) as VectorQuery[];
    if ((strategy ?? 'average_vector') === 'average_vector') {
      if (positive.length === 0) throw new Refused(400, 'no positive example');
      // What is given is averaged as it is; what is stored may have been brought to unit length.
      const plain = (example: VectorQuery) => prepared(raw(example), { ...kind, distance: 'Dot' });
      return nearest(averageExample(positive.map(plain), negative.map(plain)) as AnyVectorInput);
    }
    const positives = positive.map(vector);
    const negatives = negative.map(vector);
    return custom((similar, doubts) =>
      strategy === 'best_score'
        ? bestScore(similar, positives, negatives, doubts)
        : sumScores(similar, positives, negatives),
    );
  }
  const pairs = (given: Parameters<typeof list<{ positive: VectorQuery; negative: VectorQuery }>>[0]) =>
    list(given).map(({ positive, negative }) => ({ positive: vector(positive), negative: vector(negative) }));
  if ('discover' in query) {
    const target = vector(query.discover.target);
    const context = pairs(query.discover.context);
    return custom((similar, doubts) => discoverScore(similar, target, context, doubts));
  }
  if ('context' in query) {
    const context = pairs(query.context);
    return custom((similar) => contextScore(similar, context));
  }
  if (!('relevance_feedback' in query)) throw new Error('no vector query');
  const { target, feedback, strategy } = query.relevance_feedback;
  const wanted = vector(target);
  const scores = feedback.map(({ example, score }) => ({ example: vector(example), score }));
  return custom((similar) => feedbackScore(similar, wanted, scores, strategy.naive));
}

/** A vector given, or that of the point which is named. */
function rawExample(
  example: VectorQuery,
  { lookup_from, using }: Prefetch,
  { collection, others }: World,
): AnyVectorInput {
  if (!isId(example)) return example as AnyVectorInput;
  const source = lookup_from ? others.get(lookup_from.collection) : collection;
  if (!source) throw new Refused(404, `there is no collection ${lookup_from!.collection}`);
  const point = source.points.get(canonicalId(example));
  if (!point) throw new Refused(404, `there is no point ${example}`);
  const vector = point.vectors.get(lookup_from?.vector ?? using ?? '');
  if (!vector) throw new Refused(404, `point ${example} has no such vector`);
  return vector as AnyVectorInput;
}

/** Scores stored vectors; undefined means that a point is not found at all. */
export function scorer(
  target: Target,
  collection: OracleCollection,
  idf: SearchParams['idf'],
  doubts: Doubts,
): (stored: Stored) => number | undefined {
  const { kind, nearest, custom } = target;
  if (idf != null && !kind.idf) throw new Refused(400, 'the vector has no idf');
  const weigh = kind.idf ? idfWeights(collection, kind, corpusOf(idf), doubts) : (vector: Stored) => vector;
  if (nearest) {
    const query = weigh(nearest);
    return (stored) => {
      const similar = similarity(query, stored, kind);
      return similar === undefined ? undefined : shownScore(similar, kind);
    };
  }
  return (stored) => custom!((example) => similarity(weigh(example), stored, kind) ?? 0, doubts);
}

const corpusOf = (idf: SearchParams['idf']): Filter | undefined =>
  typeof idf === 'object' ? idf?.corpus : undefined;

/** Weights of a query's terms by how rare they are among the documents: ln((n − df + ½) / (df + ½) + 1). */
function idfWeights(collection: OracleCollection, kind: Kind, corpus: Filter | undefined, doubts: Doubts) {
  const documents: { indices: number[] }[] = [];
  for (const { vectors } of collection.matching(corpus, doubts)) {
    const document = vectors.get(kind.name);
    if (isSparse(document)) documents.push({ indices: document.indices as number[] });
  }
  const frequency = (index: number) => documents.filter(({ indices }) => indices.includes(index)).length;
  return (vector: Stored): Stored => {
    if (!isSparse(vector) || isMulti(vector)) return vector;
    const weights = vector.indices.map((index) => {
      const df = frequency(index);
      return Math.log((documents.length - df + 0.5) / (df + 0.5) + 1);
    });
    return { indices: [...vector.indices], values: vector.values.map((value, i) => value * weights[i]!) };
  };
}
