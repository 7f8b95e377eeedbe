/**
 * What strict mode checks of each verb of a collection before it runs.
 *
 * @module
 */
import { totalmem } from 'node:os';
import type {
  HnswConfig,
  PointStruct,
  PointVectors,
  StrictModeConfig,
  UpdateOperation,
} from '../../types/index.js';
import {
  allConditions,
  countConditions,
  type DeclaredIndexes,
  supportsMatch,
  unindexedVariable,
} from './filters.js';
import {
  checkExact,
  checkFilter,
  checkHeld,
  checkLimit,
  checkPayloadBytes,
  checkVectors,
  type Held,
  indexNeeded,
  refused,
} from './limits.js';

/** What the checks look at. */
export interface Checked {
  readonly config: StrictModeConfig;
  readonly held: Held;
  indexes(): DeclaredIndexes;
  /** Parameters of a dense vector's graph; undefined for other vectors. */
  hnsw(vector: string): HnswConfig | undefined;
  /** Points that a filter matches. */
  matching(filter: unknown): Promise<number>;
}

/** What a verb costs of the reads or writes of a minute. */
export type Cost = { readonly reads: number } | { readonly writes: number } | undefined;

/** Throws, or says what the call costs. `args` are those of the verb. */
// biome-ignore lint/suspicious/noExplicitAny: verbs have arguments of every shape, which they check themselves
export type VerbCheck = (state: Checked, ...args: any[]) => Cost | Promise<Cost>;

interface QueryLike {
  readonly [key: string]: unknown;
  readonly limit?: number | null;
}

export const verbChecks: Readonly<Record<string, VerbCheck>> = {
  query: (state, request: QueryLike = {}) => {
    checkQuery(state, request, 10);
    return { reads: queryCost(request) };
  },
  queryBatch: (state, requests: readonly QueryLike[] = []) => {
    checkLimit(requests.length, state.config.search_max_batchsize, 'search batch size');
    for (const request of requests) checkQuery(state, request ?? {}, 10);
    return { reads: requests.reduce((sum, request) => sum + queryCost(request ?? {}), 0) };
  },
  queryGroups: (state, request: QueryLike = {}) => {
    checkGrouping(state, request.group_by);
    const size = typeof request.group_size === 'number' ? request.group_size : 3;
    const limit = (typeof request.limit === 'number' ? request.limit : 10) * size;
    checkQuery(state, { ...request, limit }, limit);
    return { reads: queryCost(request) };
  },
  searchMatrixPairs: matrix,
  searchMatrixOffsets: matrix,
  scroll: (state, request: QueryLike = {}) => {
    checkLimit(request.limit, state.config.max_query_limit, 'limit');
    checkFilter(request.filter, state.config, state.indexes(), 'retrieve');
    return { reads: 1 + countConditions(request.filter) };
  },
  count: counting,
  facet: counting,
  retrieve: (_state, ids: readonly unknown[] = []) => ({ reads: Array.isArray(ids) ? ids.length : 1 }),

  upsert: (state, points: readonly PointStruct[] = []) => {
    inserting(state, points, 'upsert limit');
    return { writes: 1 };
  },
  updateVectors: (state, points: readonly PointVectors[] = []) => {
    inserting(state, points, 'update limit');
    return { writes: 1 };
  },
  deleteVectors: (state, _names, selector) => selecting(state, selector),
  delete: selecting,
  setPayload: payloadChange,
  overwritePayload: payloadChange,
  deletePayload: (state, _keys, selector) => selecting(state, selector),
  clearPayload: selecting,
  batchUpdate: async (state, operations: readonly UpdateOperation[] = []) => {
    let writes = 0;
    for (const operation of operations) writes += await operationCost(state, operation);
    return { writes };
  },
  createPayloadIndex: (state) => {
    const { max_payload_index_count: most } = state.config;
    if (typeof most === 'number' && Object.keys(state.indexes()).length >= most)
      throw refused(
        `Collection already has the maximum number of payload indices (${most})`,
        'Please delete an existing index before creating a new one.',
      );
    checkMemory(state.config);
    return { writes: 1 };
  },
  createVectorName: (state) => {
    checkMemory(state.config);
    return { writes: 1 };
  },
};

function matrix(state: Checked, request: QueryLike = {}): Cost {
  const { limit, sample } = request;
  const product = (typeof limit === 'number' ? limit : 3) * (typeof sample === 'number' ? sample : 10);
  checkLimit(product, state.config.max_query_limit, 'limit');
  checkFilter(request.filter, state.config, state.indexes(), 'retrieve');
  return { reads: 1 + countConditions(request.filter) };
}

function counting(state: Checked, request: QueryLike = {}): Cost {
  checkLimit(request.limit, state.config.max_query_limit, 'limit');
  checkFilter(request.filter, state.config, state.indexes(), 'retrieve');
  checkExact(request.exact as boolean, state.config);
  return { reads: 1 + countConditions(request.filter) };
}

function checkQuery(state: Checked, request: QueryLike, defaultLimit: number, depth = 0): void {
  const { config } = state;
  const prefetches = prefetchesOf(request);
  if (depth < 64) for (const each of prefetches) checkQuery(state, each, 10, depth + 1);
  if (prefetches.length === 0 || depth > 0) checkFullScan(state, request);
  checkFormula(state, request.query);
  checkLimit(request.limit ?? defaultLimit, config.max_query_limit, 'limit');
  checkFilter(request.filter, config, state.indexes(), 'retrieve');
  const params = (request.params ?? {}) as {
    hnsw_ef?: number;
    exact?: boolean;
    quantization?: { oversampling?: number };
    idf?: { corpus?: unknown };
  };
  checkLimit(params.quantization?.oversampling, config.search_max_oversampling, 'oversampling');
  checkLimit(params.hnsw_ef, config.search_max_hnsw_ef, 'hnsw_ef');
  checkFilter(params.idf?.corpus, config, state.indexes(), 'retrieve');
  checkExact(params.exact, config);
}

function prefetchesOf({ prefetch }: QueryLike): QueryLike[] {
  if (prefetch === undefined || prefetch === null) return [];
  return (Array.isArray(prefetch) ? prefetch : [prefetch]).filter((each) => typeof each === 'object' && each);
}

/** Whether a query compares vectors, and how many it compares with. */
function vectorsOf(query: unknown): number {
  if (query === undefined || query === null) return 0;
  if (typeof query !== 'object') return 1;
  if (Array.isArray(query)) return Array.isArray(query[0]) ? query.length : 1;
  const {
    nearest,
    recommend,
    discover,
    context,
    relevance_feedback: feedback,
  } = query as Record<
    string,
    { positive?: unknown[]; negative?: unknown[]; strategy?: string; context?: unknown; feedback?: unknown[] }
  >;
  if (nearest !== undefined) return vectorsOf(nearest);
  if (recommend) {
    const examples = (recommend.positive?.length ?? 0) + (recommend.negative?.length ?? 0);
    return recommend.strategy && recommend.strategy !== 'average_vector' ? examples : 1;
  }
  const pairs = (value: unknown) => (Array.isArray(value) ? 2 * value.length : value ? 2 : 0);
  if (discover) return 1 + pairs(discover.context);
  if (context) return pairs(context);
  if (feedback) return 1 + (feedback.feedback?.length ?? 0);
  return 'indices' in query ? 1 : 0;
}

function queryCost(request: QueryLike, depth = 0): number {
  const prefetches = depth < 64 ? prefetchesOf(request) : [];
  const below = prefetches.reduce((sum, each) => sum + queryCost(each, depth + 1), 0);
  const own = prefetches.length > 0 ? 0 : Math.max(1, vectorsOf(request.query));
  return below + own + countConditions(request.filter);
}

/** Where exact searches are not allowed, neither are those of a vector that has no graph. */
function checkFullScan(state: Checked, { query, using, filter }: QueryLike): void {
  if (state.config.search_allow_exact !== false || vectorsOf(query) === 0) return;
  const name = typeof using === 'string' ? using : '';
  const hnsw = state.hnsw(name);
  if (!hnsw || hnsw.m > 0) return;
  const where = name === '' ? '' : ` on '${name}'`;
  const indexes = state.indexes();
  const tenant = [...allConditions(filter)].some(({ node }) => {
    const index = typeof node.key === 'string' && Object.hasOwn(indexes, node.key) && indexes[node.key];
    return typeof index === 'object' && (index as { is_tenant?: unknown }).is_tenant === true;
  });
  if (!tenant)
    throw refused(
      `Request is forbidden${where} because global vector indexing is disabled (hnsw_config.m = 0)`,
      'Use tenant-specific filter, enable global vector indexing or enable strict mode `search_allow_exact` option',
    );
  if ((hnsw.payload_m ?? 0) === 0)
    throw refused(
      `Request is forbidden${where} because vector indexing is disabled (hnsw_config.m = 0 and hnsw_config.payload_m = 0)`,
      'Enable vector indexing, use a prefetch query with indexed vectors or enable strict mode `search_allow_exact` option',
    );
}

function checkFormula(state: Checked, query: unknown): void {
  if (state.config.unindexed_filtering_retrieve !== false) return;
  if (typeof query !== 'object' || query === null || !('formula' in query)) return;
  const found = unindexedVariable(query.formula, state.indexes());
  if (found) throw indexNeeded(found, 'use a different formula expression');
}

function checkGrouping(state: Checked, key: unknown): void {
  if (state.config.unindexed_filtering_retrieve !== false || typeof key !== 'string') return;
  const help = 'Create an index supporting `match` for this key.';
  const indexes = state.indexes();
  if (!Object.hasOwn(indexes, key)) throw refused(`Index required but not found for "${key}"`, help);
  const index = indexes[key];
  if (supportsMatch(index)) return;
  const type = String(typeof index === 'object' && index ? (index as { type?: string }).type : index);
  const shown = type.charAt(0).toUpperCase() + type.slice(1);
  throw refused(`Index of type "${shown}" found for "${key}"`, help);
}

function inserting(
  state: Checked,
  points: readonly (PointStruct | PointVectors)[],
  name: 'upsert limit' | 'update limit',
): void {
  const { config } = state;
  if (!Array.isArray(points)) return;
  checkLimit(points.length, config.upsert_max_batchsize, name);
  checkHeld(state.held, config);
  for (const point of points) checkVectors(point?.vector, config);
  checkMemory(config);
}

async function selecting(state: Checked, selector: unknown): Promise<Cost> {
  const filter = (selector as { filter?: unknown } | undefined)?.filter;
  checkFilter(filter, state.config, state.indexes(), 'update');
  const limited = typeof state.config.write_rate_limit === 'number';
  return { writes: filter && limited ? Math.max(1, await state.matching(filter)) : 1 };
}

function payloadChange(state: Checked, _payload: unknown, selector: unknown): Promise<Cost> {
  checkPayloadBytes(state.held, state.config);
  checkMemory(state.config);
  return selecting(state, selector);
}

async function operationCost(state: Checked, operation: UpdateOperation): Promise<number> {
  const entries = Object.entries(operation ?? {}) as [string, Record<string, unknown>][];
  const [verb, body] = entries[0] ?? [];
  let cost: Cost = { writes: 1 };
  if (verb === 'upsert' || verb === 'update_vectors')
    inserting(
      state,
      (body?.points ?? []) as PointStruct[],
      verb === 'upsert' ? 'upsert limit' : 'update limit',
    );
  else if (verb === 'set_payload' || verb === 'overwrite_payload')
    cost = await payloadChange(state, undefined, body);
  else cost = await selecting(state, body);
  return cost && 'writes' in cost ? cost.writes : 1;
}

/** Refuses what makes the process grow once it takes so much of the machine's memory. */
function checkMemory({ max_resident_memory_percent: most }: StrictModeConfig): void {
  if (typeof most !== 'number') return;
  const total = process.constrainedMemory?.() || totalmem();
  const used = Math.floor((process.memoryUsage.rss() / Math.min(total, totalmem())) * 100);
  if (used >= most)
    throw refused(
      `Resident memory usage is at ${used}% of total memory, exceeding the configured limit of ${most}%`,
      'Reduce memory usage (e.g. delete points or drop collections), or raise `max_resident_memory_percent` in the strict mode config of this collection.',
    );
}
