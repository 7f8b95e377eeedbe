/**
 * Reading a request: what each query in it asks, with the vectors of all ids looked up.
 *
 * @module
 */
import type {
  ContextQuery,
  DiscoverQuery,
  Filter,
  FormulaQuery,
  FusionQuery,
  NearestQuery,
  OrderByQuery,
  Prefetch,
  Query,
  RecommendQuery,
  RelevanceFeedbackQuery,
  RrfQuery,
  SampleQuery,
  SearchParams,
} from '../types/index.js';
import { Examples } from './examples.js';
import type { QueryKind } from './kind.js';
import { readContext, readDiscover } from './kinds/discover.js';
import { readFeedback } from './kinds/feedback.js';
import { readFormulaQuery } from './kinds/formula.js';
import { readFusion, readRrf } from './kinds/fusion.js';
import { readNearest } from './kinds/mmr.js';
import { Nearest } from './kinds/nearest.js';
import { readOrderBy } from './kinds/order.js';
import { byId, readSample } from './kinds/plain.js';
import { readRecommend } from './kinds/recommend.js';
import { badRequest, readFloat, readInteger, readList, readObject, refuse, shown } from './refuse.js';
import type { Views } from './source.js';

/** How deep prefetches may be nested. */
const MOST_DEPTH = 64;
const DEFAULT_LIMIT = 10;

/** A query with its prefetches, ready to run. */
export interface QueryNode {
  readonly prefetches: readonly QueryNode[];
  readonly kind: QueryKind;
  readonly filter: Filter | undefined;
  readonly limit: number;
  readonly params: SearchParams;
  readonly threshold: number | undefined;
}

/** Every kind of query by the key that marks it; a vector or an id alone stands for `nearest`. */
interface QueryKinds {
  nearest: NearestQuery;
  recommend: RecommendQuery;
  discover: DiscoverQuery;
  context: ContextQuery;
  order_by: OrderByQuery;
  fusion: FusionQuery;
  rrf: RrfQuery;
  formula: FormulaQuery;
  sample: SampleQuery;
  relevance_feedback: RelevanceFeedbackQuery;
}

/** What a kind's reader gets beside its query. */
interface KindContext {
  readonly views: Views;
  readonly examples: Examples;
  /** Place of the object that holds the query's key. */
  readonly node: string;
  /** How many prefetches there are. */
  readonly prefetches: number;
}

/** How each kind of query is read; `at` is the place of what stands under its key. */
const readers: {
  readonly [N in keyof QueryKinds]: (query: QueryKinds[N], at: string, context: KindContext) => QueryKind;
} = {
  nearest: (query, _at, { examples, node }) => readNearest(query, node, examples),
  recommend: (query, at, { examples }) => readRecommend(query, at, examples),
  discover: (query, at, { examples }) => readDiscover(query, at, examples),
  context: (query, at, { examples }) => readContext(query, at, examples),
  order_by: (query, at, { views }) => readOrderBy(query.order_by, at, views.source.schema()),
  fusion: (query, at, { prefetches }) => readFusion(query, at, prefetches),
  rrf: (query, at, { prefetches }) => readRrf(query, at, prefetches),
  formula: (query, at, { views, node }) => readFormulaQuery(query, at, node, views.source.schema()),
  sample: (query, at) => readSample(query, at),
  relevance_feedback: (query, at, { examples }) => readFeedback(query, at, examples),
};

type Reader = (query: Query, at: string, context: KindContext) => QueryKind;

const names = Object.keys(readers) as (keyof QueryKinds)[];

/** Reads requests of one collection. */
export class RequestReader {
  readonly #views: Views;
  /** Rows of the collection's points that are named as examples: they are not found. */
  readonly excluded = new Set<number>();

  /** @param views - of the collection, and of those that vectors are looked up in */
  constructor(views: Views) {
    this.#views = views;
  }

  /**
   * Reads a query and all its prefetches.
   *
   * @param at - what stands before the places in messages, e.g. `prefetch[1].`
   * @throws FletchError `INVALID_ARGUMENT`, `NOT_FOUND`, and what reading vectors throws
   */
  read(request: Prefetch, at = '', depth = 0): QueryNode {
    if (depth > MOST_DEPTH)
      throw badRequest(`prefetches depth ${depth} exceeds max depth ${MOST_DEPTH}`, `${at}prefetch`);
    const { query, using, filter, score_threshold } = request;
    const nested = readList(request.prefetch);
    checkTogether(request, nested.length, at);
    if (using !== undefined && using !== null && typeof using !== 'string')
      throw refuse(`${at}using`, `expected a vector's name, got ${shown(using)}.`);
    const limit = readInteger(request.limit, `${at}limit`, 1, DEFAULT_LIMIT);
    const context: KindContext = {
      views: this.#views,
      examples: this.#examples(request, at),
      node: `${at}query`,
      prefetches: nested.length,
    };
    return {
      kind: query === undefined || query === null ? byId : readKind(query, context),
      prefetches: nested.map((prefetch, i) => {
        const place = Array.isArray(request.prefetch) ? `${at}prefetch[${i}]` : `${at}prefetch`;
        return this.read(readObject(prefetch, place) as Prefetch, `${place}.`, depth + 1);
      }),
      filter: filter ?? undefined,
      limit,
      params: readParams(request.params, `${at}params`),
      threshold: readFloat(score_threshold, `${at}score_threshold`, undefined),
    };
  }

  #examples({ using, lookup_from }: Prefetch, at: string): Examples {
    const views = this.#views;
    const name = using ?? '';
    const place = `${at}using`;
    if (lookup_from === undefined || lookup_from === null)
      return new Examples(
        views.own,
        name,
        { view: views.own, vector: name, same: true },
        this.excluded,
        place,
      );
    const { collection, vector } = readObject(lookup_from, `${at}lookup_from`, '{collection, vector}');
    if (typeof collection !== 'string')
      throw refuse(`${at}lookup_from.collection`, `expected a name, got ${shown(collection)}.`);
    const lookup = {
      view: views.of(collection),
      vector: typeof vector === 'string' ? vector : name,
      same: collection === views.source.name,
    };
    return new Examples(views.own, name, lookup, this.excluded, place);
  }
}

/** What Qdrant does not let stand together. */
function checkTogether({ query, using, score_threshold }: Prefetch, prefetches: number, at: string): void {
  const none = query === undefined || query === null;
  const kind = none || typeof query !== 'object' ? undefined : names.find((name) => name in query);
  const place = at === '' ? undefined : at.slice(0, -1);
  if (prefetches > 0 && none)
    throw badRequest(
      "A query is needed to merge the prefetches. Can't have prefetches without defining a query.",
      place,
    );
  if (score_threshold !== undefined && score_threshold !== null) {
    if (kind === 'order_by') throw badRequest("Can't use score_threshold with an order_by query.", place);
    if (none)
      throw badRequest(
        "A query is needed to use the score_threshold. Can't have score_threshold without defining a query.",
        place,
      );
  }
  if ((kind === 'fusion' || kind === 'rrf') && (using ?? '') !== '')
    throw badRequest("Fusion queries cannot be combined with the 'using' field.", place);
}

function readKind(query: Query, context: KindContext): QueryKind {
  const { examples, node } = context;
  if (typeof query === 'object' && !Array.isArray(query) && !ArrayBuffer.isView(query)) {
    const name = names.find((each) => Object.hasOwn(query, each));
    if (name !== undefined) return (readers[name] as Reader)(query, `${node}.${name}`, context);
    if (!('indices' in query))
      throw refuse(
        node,
        `expected a vector, a point id, or a query (${names.join(', ')}), got ${shown(query)}.`,
      );
  }
  return new Nearest(examples.space, examples.vector(query, node));
}

function readParams(input: unknown, at: string): SearchParams {
  if (input === undefined || input === null) return {};
  const params = readObject(input, at);
  readInteger(params.hnsw_ef, `${at}.hnsw_ef`, 1, 1);
  if (params.exact !== undefined && params.exact !== null && typeof params.exact !== 'boolean')
    throw refuse(`${at}.exact`, `expected true or false, got ${shown(params.exact)}.`);
  const { oversampling } = readObject(params.quantization ?? {}, `${at}.quantization`);
  if (oversampling != null && !((oversampling as number) >= 1))
    throw refuse(
      `${at}.quantization.oversampling`,
      `expected a number of at least 1, got ${shown(oversampling)}.`,
    );
  return params;
}
