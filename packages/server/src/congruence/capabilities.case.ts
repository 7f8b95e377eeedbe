/**
 * What the congruence test asks for. Everything is on; a capability that is switched off is neither generated nor counted.
 *
 * @module
 */
export const capabilities = {
  /** Collections with several named vectors. */
  named: true,
  sparse: true,
  multi: true,
  /** Points without some of the collection's vectors. */
  missingVectors: true,
  /** `points/vectors`, `points/batch`, conditional upserts. */
  vectorUpdates: true,
  /** Conditions beyond match, range, has_id, is_empty, is_null. */
  allFilters: true,
  /** `{}` is a condition that always holds. */
  emptyCondition: true,
  /** Hits of a query without `query` score 1. */
  evenScores: true,
  /** A score that is equal to the threshold is not above it. */
  strictThreshold: true,
  /** Facets need an index, and count values of its type. */
  facets: true,
  /** Payload indexes of type `text` change what texts match. */
  textIndexes: true,
  /** Queries beyond the nearest points. */
  recommend: true,
  discover: true,
  feedback: true,
  mmr: true,
  orderBy: true,
  prefetch: true,
  formula: true,
  sample: true,
  lookup: true,
  groups: true,
  matrix: true,
};

export type Capability = keyof typeof capabilities;

/** The entries whose capability is on. */
export function available<T>(...entries: (T | false)[]): T[] {
  return entries.filter((entry): entry is T => entry !== false);
}
