/**
 * What can be asked of a collection, and the answers.
 *
 * @module
 */
import type { Condition, Filter } from './filters.js';
import type { GeoPoint, Payload, PointId } from './json.js';
import type { AnyVectorInput, VectorStructOutput } from './vectors.js';

/** Which parts of the payload to return: all, none, these fields, or an include/exclude list. */
export type PayloadSelector = boolean | string[] | { include: string[] } | { exclude: string[] };
/** Which vectors to return: all, none, or those of these names. */
export type VectorSelector = boolean | string[];

/** A stored point as it is returned; what was not asked for is absent. */
export interface PointRecord {
  id: PointId;
  payload?: Payload | null;
  vector?: VectorStructOutput;
  /** The value that `order_by` ordered by: a number, or microseconds since 1970 for dates. */
  order_value?: number;
}

/** A hit. */
export interface ScoredPoint extends PointRecord {
  /** Number of the write that made this version of the point. */
  version: number;
  score: number;
}

/** How a search is done. */
export interface SearchParams {
  hnsw_ef?: number | null;
  /** Compare with every point. Default false. */
  exact?: boolean | null;
  /** Accepted. */
  quantization?: { ignore?: boolean; rescore?: boolean | null; oversampling?: number | null } | null;
  /** Accepted: every point is always found. */
  indexed_only?: boolean | null;
  /** Accepted: the planner decides how a filter is walked. */
  acorn?: { enable?: boolean; max_selectivity?: number | null } | null;
  /** Over which points IDF is counted. Default: all of the collection (`global`). */
  idf?: 'global' | { corpus: Filter } | null;
}

/** A vector given, or the vector of the point with this id. */
export type VectorQuery = AnyVectorInput | PointId;

/** The points nearest to a vector. */
export interface NearestQuery {
  nearest: VectorQuery;
  /** Maximal marginal relevance: trades closeness for diversity (0 to 1, default 0.5). */
  mmr?: { diversity?: number | null; candidates_limit?: number | null } | null;
}

/** Points like the positive examples and unlike the negative ones; the examples themselves are not found. */
export interface RecommendQuery {
  recommend: {
    positive?: VectorQuery[] | null;
    negative?: VectorQuery[] | null;
    /** Default `average_vector`. */
    strategy?: 'average_vector' | 'best_score' | 'sum_scores' | null;
  };
}

/** Points shall be nearer to one than to the other. */
export interface ContextPair {
  positive: VectorQuery;
  negative: VectorQuery;
}

/** The points nearest to the target, those first that satisfy most pairs of the context. */
export interface DiscoverQuery {
  discover: { target: VectorQuery; context: ContextPair | ContextPair[] | null };
}

/** Points that satisfy all pairs; the score is what is lacking, 0 for the best. */
export interface ContextQuery {
  context: ContextPair | ContextPair[] | null;
}

/** Order by a payload field with a payload index of integers, floats or dates. */
export interface OrderBy {
  /** A payload field of numbers or dates. */
  key: string;
  /** Default `asc`. */
  direction?: 'asc' | 'desc' | null;
  start_from?: number | string | null;
}

/** Points in the order of a payload field. */
export interface OrderByQuery {
  order_by: string | OrderBy;
}

/** Merges what the prefetches found: by reciprocal ranks (`rrf`), or by scores, each list's normalised (`dbsf`). */
export interface FusionQuery {
  fusion: 'rrf' | 'dbsf';
}

/** Reciprocal rank fusion with parameters. */
export interface RrfQuery {
  /** `k` defaults to 2; `weights` has one entry per prefetch. */
  rrf: { k?: number | null; weights?: number[] | null };
}

/** Points chosen at random. */
export interface SampleQuery {
  sample: 'random';
}

/** The points nearest to a target, corrected by examples that somebody rated. */
export interface RelevanceFeedbackQuery {
  relevance_feedback: {
    target: VectorQuery;
    feedback: { example: VectorQuery; score: number }[];
    strategy: { naive: { a: number; b: number; c: number } };
  };
}

interface DecayParams {
  x: Expression;
  target?: Expression | null;
  scale?: number | null;
  midpoint?: number | null;
}

/** A formula: numbers, `"$score"`, `"$score[1]"`, payload keys, conditions (1 or 0), and operations on them. */
export type Expression =
  | number
  | string
  | Condition
  | { geo_distance: { origin: GeoPoint; to: string } }
  | { datetime: string }
  | { datetime_key: string }
  | { mult: Expression[] }
  | { sum: Expression[] }
  | { neg: Expression }
  | { abs: Expression }
  | { div: { left: Expression; right: Expression; by_zero_default?: number | null } }
  | { sqrt: Expression }
  | { pow: { base: Expression; exponent: Expression } }
  | { exp: Expression }
  | { log10: Expression }
  | { ln: Expression }
  | { lin_decay: DecayParams }
  | { exp_decay: DecayParams }
  | { gauss_decay: DecayParams };

/** Gives what the prefetches found new scores, computed from the old ones and the payload. */
export interface FormulaQuery {
  formula: Expression;
  /** Values of payload keys (and `"$score"`) that a point lacks. */
  defaults?: Payload | null;
}

/** A query of any kind; a vector or an id alone is what points shall be near to. */
export type Query =
  | VectorQuery
  | NearestQuery
  | RecommendQuery
  | DiscoverQuery
  | ContextQuery
  | OrderByQuery
  | FusionQuery
  | RrfQuery
  | FormulaQuery
  | SampleQuery
  | RelevanceFeedbackQuery;

/** Where the vectors of ids in a query are looked up instead of in the collection itself. */
export interface LookupLocation {
  collection: string;
  /** Default: the vector that the query uses. */
  vector?: string | null;
}

/** A query whose hits the outer query works on. */
export interface Prefetch {
  prefetch?: Prefetch | Prefetch[] | null;
  query?: Query | null;
  using?: string | null;
  filter?: Filter | null;
  params?: SearchParams | null;
  score_threshold?: number | null;
  /** Default 10. */
  limit?: number | null;
  lookup_from?: LookupLocation | null;
}

/** Without a query, points are returned in order of their ids. */
export interface QueryRequest extends Prefetch {
  /** Default 0. */
  offset?: number | null;
  /** Default false. */
  with_payload?: PayloadSelector | null;
  /** Default false. */
  with_vector?: VectorSelector | null;
}

/** A query whose hits are grouped by a payload field. */
export interface QueryGroupsRequest extends Omit<QueryRequest, 'offset'> {
  /** Payload field of strings or integers whose values are the groups. */
  group_by: string;
  /** Most hits of a group. Default 3. */
  group_size?: number | null;
  /** Most groups. Default 10. */
  limit?: number | null;
  /** Collection whose point with the group's id is added to the group. */
  with_lookup?:
    | string
    | {
        collection: string;
        with_payload?: PayloadSelector | null;
        with_vectors?: VectorSelector | null;
      }
    | null;
}

/** Hits that share a payload value. */
export interface PointGroup {
  id: string | number;
  /** Best first. */
  hits: ScoredPoint[];
  lookup?: PointRecord | null;
}

/** Groups, best first. */
export interface GroupsResult {
  groups: PointGroup[];
}

/** What the neighbours of sampled points are looked for by. */
export interface SearchMatrixRequest {
  filter?: Filter | null;
  /** How many random points are compared with each other. Default 10. */
  sample?: number | null;
  /** Neighbours of each. Default 3. */
  limit?: number | null;
  using?: string | null;
}

/** Neighbours, a pair an entry. */
export interface SearchMatrixPairs {
  pairs: { a: PointId; b: PointId; score: number }[];
}

/** Neighbours as a sparse matrix: rows and columns are positions in `ids`. */
export interface SearchMatrixOffsets {
  offsets_row: number[];
  offsets_col: number[];
  scores: number[];
  ids: PointId[];
}

/** A page of points. */
export interface ScrollRequest {
  /** First id to return. Not together with `order_by`. */
  offset?: PointId | null;
  /** Default 10. */
  limit?: number | null;
  filter?: Filter | null;
  /** Default true. */
  with_payload?: PayloadSelector | null;
  with_vector?: VectorSelector | null;
  order_by?: string | OrderBy | null;
}

/** A page, and where the next one begins. */
export interface ScrollResult {
  points: PointRecord[];
  /** Pass as `offset` for the next page; null at the end. */
  next_page_offset: PointId | null;
}

/** Which points to count. `exact` is accepted: counts always are. */
export interface CountRequest {
  filter?: Filter | null;
  exact?: boolean | null;
}

/** Which values to count. `exact` is accepted: counts always are. */
export interface FacetRequest {
  key: string;
  filter?: Filter | null;
  /** Default 10. */
  limit?: number | null;
  exact?: boolean | null;
}

/** A value, and how many points have it. */
export interface FacetHit {
  value: string | number | boolean;
  count: number;
}
