/**
 * What invocations use, and what it costs.
 *
 * @module
 */

/** What some invocations used in all. */
export interface Usage {
  /** Invocations of functions. */
  readonly requests: number;
  /** Time times memory, as it is billed: by the millisecond. */
  readonly gbSeconds: number;
  /** Reads of objects. */
  readonly gets: number;
  /** Bytes of codes, attributes and centroids that were read. */
  readonly indexBytes: number;
  /** Bytes of full vectors that were read. */
  readonly vectorBytes: number;
  /** Invocations that found their data in memory. */
  readonly warm: number;
  /** Invocations that read it. */
  readonly cold: number;
}

export const nothing: Usage = {
  requests: 0,
  gbSeconds: 0,
  gets: 0,
  indexBytes: 0,
  vectorBytes: 0,
  warm: 0,
  cold: 0,
};

/** The sum of usages. */
export function total(usages: Iterable<Usage>): Usage {
  const sum: { -readonly [K in keyof Usage]: number } = { ...nothing };
  for (const usage of usages) for (const key of Object.keys(sum) as (keyof Usage)[]) sum[key] += usage[key];
  return sum;
}

/** Prices in dollars. */
export interface Prices {
  /** Of an invocation. */
  readonly request: number;
  /** Of a GB-second. */
  readonly gbSecond: number;
  /** Of a read of an object. */
  readonly get: number;
  /** Of a byte that is read: none within a region. */
  readonly byte: number;
}

/** List prices of AWS Lambda (x86) and S3 Standard in us-east-1: $0.20 a million requests, $0.40 a million GETs. */
export const awsPrices: Prices = {
  request: 0.2e-6,
  gbSecond: 0.0000166667,
  get: 0.4e-6,
  byte: 0,
};

/** Dollars, and what they are for. */
export interface Cost {
  readonly requests: number;
  readonly compute: number;
  readonly gets: number;
  readonly bytes: number;
  readonly dollars: number;
}

/** requests · p_r + GB·s · p_t + GETs · p_g + bytes · p_e (SQUASH, section 3.5). */
export function costOf(usage: Usage, prices: Prices = awsPrices): Cost {
  const requests = usage.requests * prices.request;
  const compute = usage.gbSeconds * prices.gbSecond;
  const gets = usage.gets * prices.get;
  const bytes = (usage.indexBytes + usage.vectorBytes) * prices.byte;
  return { requests, compute, gets, bytes, dollars: requests + compute + gets + bytes };
}
