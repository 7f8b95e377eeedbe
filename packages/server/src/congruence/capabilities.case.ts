/**
 * What the congruence test asks for. Everything is on; a capability that is switched off is neither generated nor counted.
 *
 * @module
 */
export const capabilities = {
  /** Collections with several named vectors. */
  named: false,
  sparse: false,
  multi: false,
  /** Points without some of the collection's vectors. */
  missingVectors: false,
  /** `points/vectors`, `points/batch`, conditional upserts. */
  vectorUpdates: false,
  /** Conditions beyond match, range, has_id, is_empty, is_null. */
  allFilters: false,
  /** `{}` is a condition that always holds. */
  emptyCondition: false,
  /** Hits of a query without `query` score 1. */
  evenScores: false,
  /** A score that is equal to the threshold is not above it. */
  strictThreshold: false,
  /** Facets need an index, and count values of its type. */
  facets: false,
  /** Payload indexes of type `text` change what texts match. */
  textIndexes: false,
  /** Queries beyond the nearest points. */
  recommend: false,
  discover: false,
  feedback: false,
  mmr: false,
  orderBy: false,
  prefetch: false,
  formula: false,
  sample: false,
  lookup: false,
  groups: false,
  matrix: false,
};

export type Capability = keyof typeof capabilities;

/** The entries whose capability is on. */
export function available<T>(...entries: (T | false)[]): T[] {
  return entries.filter((entry): entry is T => entry !== false);
}
