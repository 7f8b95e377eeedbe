/**
 * What a million queries cost: as they were measured, and as a load is expected to.
 *
 * @module
 */
import { checkTree, fitTree, type Tree, treeSize } from '../squash/tree.js';
import { awsPrices, type Cost, costOf, nothing, type Prices, type Usage } from './usage.js';

const MILLION = 1e6;

/** The cost of a million queries of which `queries` used this. */
export function costPerMillion(usage: Usage, queries: number, prices: Prices = awsPrices): Cost {
  const { requests, compute, gets, bytes, dollars } = costOf(usage, prices);
  const times = MILLION / queries;
  return {
    requests: times * requests,
    compute: times * compute,
    gets: times * gets,
    bytes: times * bytes,
    dollars: times * dollars,
  };
}

/** A load of which one knows what a query does, but not yet what it costs. */
export interface Load extends Tree {
  /** Queries that come together in one call of the coordinator. */
  readonly queries: number;
  /** Queries that an allocator filters before it calls processors. */
  readonly batch: number;
  readonly partitions: number;
  /** Partitions that a query visits, on average. */
  readonly visits: number;
  /** Milliseconds of an allocator for a query. */
  readonly allocatorMs: number;
  /** Milliseconds of a processor for a query. */
  readonly processorMs: number;
  /** Milliseconds from a call until the function works, and back. */
  readonly latencyMs: number;
  /** Reads of full vectors for a query in a partition. */
  readonly reads: number;
  /** MB of each function. */
  readonly memory: number;
}

/** What a load is expected to use, with warm containers. */
export interface Expected {
  readonly usage: Usage;
  readonly perMillion: Cost;
  /** Milliseconds until all queries of the call are answered, when functions run side by side. */
  readonly milliseconds: number;
}

/**
 * The cost of a load, from what is called: a coordinator and N allocators, each of which calls, batch by batch, the processors of
 * the partitions that its queries visit; everyone waits, and is billed, until those below have answered.
 *
 * Of P partitions b queries with v visits each are expected to visit P (1 − (1 − v/P)^b).
 *
 * @throws FletchError `INVALID_ARGUMENT` for a tree with F < 2 or lMax < 1
 */
export function expectCost(load: Load, prices: Prices = awsPrices): Expected {
  const { queries, batch, partitions: P, visits, memory, latencyMs } = load;
  checkTree(load);
  const tree = fitTree(load, queries);
  const allocators = Math.min(queries, treeSize(tree));
  const share = queries / allocators;
  const batches = Math.ceil(share / batch);
  const together = share / batches;
  const calls = P * (1 - (1 - Math.min(1, visits / P)) ** together);
  const processorTime = (load.processorMs * together * visits) / calls;
  const below = latencyMs + processorTime;
  const own = load.allocatorMs * share + below;
  // A node waits for the levels below it as well as for its own processors.
  const levels = tree.lMax;
  let waiting = 0;
  for (let level = 1; level <= levels; level++)
    waiting += tree.F ** level * (own + (levels - level) * latencyMs);
  const allocatorTime = (waiting / treeSize(tree)) * allocators;
  const coordinatorTime = own + levels * latencyMs;
  const processors = allocators * batches * calls;
  const seconds = (coordinatorTime + allocatorTime + processors * processorTime) / 1000;
  const usage: Usage = {
    ...nothing,
    requests: 1 + allocators + processors,
    gbSeconds: seconds * (memory / 1024),
    gets: 1 + queries * visits * load.reads,
    warm: allocators + processors,
  };
  return {
    usage,
    perMillion: costPerMillion(usage, queries, prices),
    milliseconds: coordinatorTime + latencyMs,
  };
}
