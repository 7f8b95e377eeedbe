/**
 * Asking the functions: queries go to the coordinator, answers come back whole or say what is missing.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import type { FunnelOptions, SquashPredicate } from '../squash/index.js';
import { searchOptions } from '../squash/parts.js';
import { checkTree } from '../squash/tree.js';
import type { CoordinatorReply } from './coordinator.js';
import {
  type CoordinatorEvent,
  floats,
  integers,
  PAYLOAD_LIMIT,
  pack,
  type Queries,
  type QueryReply,
} from './messages.js';
import { call, coordinatorName, type Invoke, type Missing } from './platform.js';
import { type Cost, costOf, type Prices, total, type Usage } from './usage.js';

/** Options of a serverless search. */
export interface ServerlessOptions extends FunnelOptions {
  /** Conditions: one list for all queries, or a list of lists, one a query. Default: none. */
  readonly where?: readonly SquashPredicate[] | readonly (readonly SquashPredicate[])[];
  /** Children of a node of the tree of allocators. Default 4. */
  readonly F?: number;
  /** Levels of the tree, fewer for few queries. Default 3: at most 84 allocators. */
  readonly lMax?: number;
  /** Queries that an allocator filters before it calls processors. Default 50. */
  readonly batch?: number;
  /** Milliseconds until the answer, whole or partial, is given. Default 20,000. */
  readonly timeout?: number;
  /** Default: those of AWS in us-east-1. */
  readonly prices?: Prices;
}

/** The answer to one query. */
export interface ServerlessHits {
  readonly ids: Uint32Array;
  readonly dists: Float32Array;
  /** Vectors that satisfy the conditions. */
  readonly matched: number;
  /** … in the partitions that were searched. */
  readonly issued: number;
  readonly partitions: number;
  /** Whether functions did not answer, so that nearer vectors may be missing. */
  readonly partial: boolean;
  /** Which, and why. */
  readonly missing: readonly Missing[];
}

/** Answers to all queries. */
export interface ServerlessResult {
  readonly results: readonly ServerlessHits[];
  /** Version of the index; none where no coordinator answered. */
  readonly tag: string | null;
  /** Queries a second. */
  readonly qps: number;
  readonly usage: Usage;
  /** Dollars, of all queries. */
  readonly cost: Cost;
  readonly warm: number;
  readonly cold: number;
  /** Bytes of objects: codes, attributes and full vectors. */
  readonly bytesRead: number;
}

const DEFAULT_TIMEOUT = 20_000;
/** Longest that a function of AWS Lambda runs. */
const MAX_TIMEOUT = 900_000;

/** The event for the coordinator. @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NON_FINITE` */
function eventOf(queries: Matrix<Float32Array>, k: number, options: ServerlessOptions): CoordinatorEvent {
  const { F = 4, lMax = 3, batch = 50, timeout = DEFAULT_TIMEOUT, where = [] } = options;
  const { hammingPercent, refine, centroidFactor } = searchOptions(k, {
    ...(options.hammingPercent === undefined ? {} : { hammingPercent: options.hammingPercent }),
    ...(options.refine === undefined ? {} : { refine: options.refine }),
    ...(options.centroidFactor === undefined ? {} : { centroidFactor: options.centroidFactor }),
  });
  checkTree({ F, lMax });
  for (const [name, value, most] of [
    ['batch', batch, 10_000],
    ['timeout', timeout, MAX_TIMEOUT],
  ] as const)
    if (!(Number.isInteger(value) && value >= 1 && value <= most))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${name} must be an integer from 1 to ${most}, but is ${value}.`,
      );
  const bad = queries.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new FletchError(
      'NON_FINITE',
      `Query ${Math.floor(bad / queries.cols)} has ${queries.data[bad]} at column ${bad % queries.cols}.`,
    );
  const lists = perQuery(where);
  if (lists.length > 1 && lists.length !== queries.rows)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${lists.length} lists of conditions for ${queries.rows} queries.`,
    );
  return {
    queries: { count: queries.rows, vectors: pack(queries.data), where: lists },
    settings: { k, hammingPercent, refine: finite(refine), centroidFactor: finite(centroidFactor), batch },
    tree: { F, lMax },
    timeout,
  };
}

/** JSON has no infinity; no index has as many vectors as this. */
const finite = (value: number): number => Math.min(value, 2 ** 40);

function perQuery(where: NonNullable<ServerlessOptions['where']>): Queries['where'] {
  return Array.isArray(where[0])
    ? (where as readonly (readonly SquashPredicate[])[])
    : [where as readonly SquashPredicate[]];
}

/**
 * Searches for all queries through the functions that `invoke` calls.
 *
 * @param queries - n x d
 * @param k - hits of each
 * @throws FletchError `INVALID_ARGUMENT`, `NON_FINITE`, `DIMENSION_MISMATCH`; `LIMIT_EXCEEDED` for more queries than an event
 *   holds: ask in parts. Functions that fail, are throttled or too slow do not throw: their queries are `partial`
 */
export async function queryServerless(
  invoke: Invoke,
  queries: Matrix<Float32Array>,
  k: number,
  options: ServerlessOptions = {},
): Promise<ServerlessResult> {
  const event = eventOf(queries, k, options);
  const size = JSON.stringify(event).length;
  if (size > PAYLOAD_LIMIT)
    throw new FletchError(
      'LIMIT_EXCEEDED',
      `${queries.rows} queries make an event of ${size} bytes, of ${PAYLOAD_LIMIT} at most: ask in parts.`,
      { details: { size, limit: PAYLOAD_LIMIT } },
    );
  const started = performance.now();
  // The coordinator answers before its own time is over.
  const outcome = await call<CoordinatorReply>(
    invoke,
    coordinatorName,
    event,
    Date.now() + event.timeout + 1000,
  );
  const seconds = (performance.now() - started) / 1000;
  const usage = total([outcome.usage]);
  const results =
    'result' in outcome
      ? outcome.result.replies.map(hitsOf)
      : Array.from({ length: queries.rows }, () => nothingOf([outcome.missing]));
  return {
    results,
    tag: 'result' in outcome ? outcome.result.tag : null,
    qps: queries.rows / seconds,
    usage,
    cost: costOf(usage, options.prices),
    warm: usage.warm,
    cold: usage.cold,
    bytesRead: usage.indexBytes + usage.vectorBytes,
  };
}

function hitsOf({ ids, dists, missing, ...counts }: QueryReply): ServerlessHits {
  return { ids: integers(ids), dists: floats(dists), ...counts, partial: missing.length > 0, missing };
}

function nothingOf(missing: readonly Missing[]): ServerlessHits {
  return hitsOf({ ids: '', dists: '', matched: 0, issued: 0, partitions: 0, missing });
}
