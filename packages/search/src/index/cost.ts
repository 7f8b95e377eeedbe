/**
 * How a search is carried out, and what it costs.
 *
 * @module
 */
import type { IndexSearchOptions } from './types.js';

/** How a search is carried out. */
export interface SearchPlan {
  /** Length of the candidate list; 0 scans. */
  readonly ef: number;
  /** Most distances of a filtered walk, after which a scan takes over. */
  readonly budget: number;
  /** Nodes that a filtered walk looks at before it leads through matching ones alone; 0: it always passes through all. */
  readonly probe: number;
  /** Matches among them that show that the filter's rows lie where the query is. */
  readonly least: number;
  /** Distances that are computed, about. */
  readonly cost: number;
}

/** Chooses the plan for `k` hits. */
export type Planner = (k: number, options: IndexSearchOptions) => SearchPlan;

/** Candidate lists longer than this are slower than a scan. */
const MAX_EF = 8192;
/** Distances that a walk without a filter computes per entry of its candidate list, about. */
const VISITS = 16;
/** The same for a walk through matching nodes alone, which looks behind its neighbours. */
const MATCHING_VISITS = 32;
/** Nodes that such a walk looks at first. */
const PROBE = 1000;
/** The part of a filter's share of all rows that must match where the query is, for such a walk to be right. */
const LOCAL_SHARE = 1 / 3;
/** What comparing a row costs in a scan, against a walk that jumps through memory. */
const SCAN_COST = 0.7;
/** How much longer than expected a walk may take before a scan takes over, as when all matches are far away. */
const PATIENCE = 2;
/** How much longer the candidate list is when a filter shapes the walk. */
const FILTERED_EF = 1.25;

/** A budget with which a walk is not even begun. */
const NO_WALK = 1;

/** A search that compares with every one of `rows` rows. */
export function scanPlan(rows: number): SearchPlan {
  return { ef: 0, budget: 0, probe: 0, least: 0, cost: rows * SCAN_COST };
}

/**
 * The cheapest way that finds what it should: a scan of the matching rows, a walk through all nodes of which the
 * matching ones are kept, or a walk through the matching nodes alone.
 *
 * @param efSearch - length of the candidate list when the options do not say
 * @param live - rows in the index
 * @param guided - whether the walk must leave out some nodes even without a filter
 * @param coded - whether rows are kept as codes: a scan then only finds candidates, unless it must be exact
 */
export function planSearch(
  k: number,
  options: IndexSearchOptions,
  {
    efSearch,
    live,
    guided,
    coded = false,
  }: { efSearch: number; live: number; guided: boolean; coded?: boolean },
): SearchPlan {
  const matches = Math.min(live, options.filter?.count ?? live);
  const share = matches / live;
  const byDefault = share < 1 ? Math.ceil(efSearch * FILTERED_EF) : efSearch;
  const ef = Math.max(k, options.ef ?? byDefault);
  const scan = scanPlan(matches);
  if (options.exact || ef > MAX_EF || matches === 0) return scan;
  const through = (ef * VISITS) / share;
  const among = PROBE + ef * MATCHING_VISITS;
  const cost = Math.min(through, among);
  if (scan.cost <= cost) return coded ? { ...scan, ef, budget: NO_WALK } : scan;
  if (!options.filter && !guided) return { ef, budget: 0, probe: 0, least: 0, cost };
  const budget = Math.ceil(PATIENCE * cost);
  if (through <= among) return { ef, budget, probe: 0, least: 0, cost };
  return { ef, budget, probe: PROBE, least: Math.ceil(share * PROBE * LOCAL_SHARE), cost };
}
