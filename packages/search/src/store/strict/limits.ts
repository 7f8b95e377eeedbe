/**
 * The limits of strict mode, each a function that passes or throws. The words are those that clients of the dialect
 * look for.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { StrictModeConfig } from '../../types/index.js';
import { countConditions, type DeclaredIndexes, largestCondition, unindexedField } from './filters.js';

/** The error for a request that strict mode does not allow. */
export function refused(what: string, help: string): FletchError {
  return new FletchError('LIMIT_EXCEEDED', `${what}. Help: ${help}`);
}

/** A plain limit that is reached. */
export function reached(message: string): FletchError {
  return new FletchError('LIMIT_EXCEEDED', message);
}

type Maybe<T> = T | null | undefined;

/** Refuses a value above its limit. */
export function checkLimit(value: Maybe<number>, limit: Maybe<number>, name: string): void {
  if (typeof value !== 'number' || typeof limit !== 'number' || value <= limit) return;
  throw refused(
    `Limit exceeded ${value} > ${limit} for "${name}"`,
    `Reduce the "${name}" parameter to or below ${limit}.`,
  );
}

export function checkExact(exact: Maybe<boolean>, { search_allow_exact: allowed }: StrictModeConfig): void {
  if (allowed === false && exact === true) throw refused('Exact search disabled!', 'Set exact=false.');
}

/** Refuses filters that are too large, or use fields without an index where that is not allowed. */
export function checkFilter(
  filter: unknown,
  config: StrictModeConfig,
  indexes: DeclaredIndexes,
  use: 'retrieve' | 'update',
): void {
  if (filter === undefined || filter === null) return;
  const allowed =
    use === 'retrieve' ? config.unindexed_filtering_retrieve : config.unindexed_filtering_update;
  const found = allowed === false ? unindexedField(filter, indexes) : undefined;
  if (found) throw indexNeeded(found, 'use a different filter');
  const { filter_max_conditions: most, condition_max_size: largest } = config;
  const count = typeof most === 'number' ? countConditions(filter) : 0;
  if (typeof most === 'number' && count > most)
    throw refused(
      `Filter condition limit reached (${count} > ${most})`,
      'Reduce the amount of conditions of your filter.',
    );
  const size = typeof largest === 'number' ? largestCondition(filter) : 0;
  if (typeof largest === 'number' && size > largest)
    throw refused(
      `Condition size limit reached (${size} > ${largest})`,
      'Reduce the size of your condition.',
    );
}

/** The error for a field that would need an index. */
export function indexNeeded(
  { key, types }: { key: string; types: readonly string[] },
  instead: string,
): FletchError {
  return refused(
    `Index required but not found for "${key}" of one of the following types: [${types.join(', ')}]`,
    `Create an index for this key or ${instead}.`,
  );
}

/** What is held, compared with what may be held. */
export interface Held {
  points(): number;
  vectorBytes(): number;
  payloadBytes(): number;
}

export function checkPayloadBytes(held: Held, config: StrictModeConfig): void {
  const { max_collection_payload_size_bytes: most } = config;
  if (typeof most === 'number' && held.payloadBytes() >= most)
    throw reached(`Max payload storage size limit of ${megabytes(most)}MB reached!`);
}

/** Refuses more points, vectors or payloads once a limit is reached. */
export function checkHeld(held: Held, config: StrictModeConfig): void {
  const { max_collection_vector_size_bytes: vectors, max_points_count: points } = config;
  if (typeof vectors === 'number' && held.vectorBytes() >= vectors)
    throw reached(`Max vector storage size limit of ${megabytes(vectors)}MB reached!`);
  checkPayloadBytes(held, config);
  if (typeof points === 'number' && held.points() >= points)
    throw reached(`Max points count limit of ${points} reached!`);
}

function megabytes(bytes: number): number {
  return Math.fround(bytes / 2 ** 20);
}

/** Refuses multi-vectors and sparse vectors that are too long. */
export function checkVectors(vectors: unknown, config: StrictModeConfig): void {
  if (!config.multivector_config && !config.sparse_config) return;
  const unnamed = Array.isArray(vectors) || ArrayBuffer.isView(vectors);
  for (const [name, vector] of unnamed ? [['', vectors] as const] : Object.entries(vectors ?? {})) {
    const multi = limitOf(config.multivector_config, name)?.max_vectors;
    if (typeof multi === 'number' && Array.isArray(vector) && typeof vector[0] !== 'number')
      if (vector.length > multi)
        throw reached(
          `Multivector '${name}' has a limit of ${multi} vectors, but ${vector.length} were provided!`,
        );
    const sparse = limitOf(config.sparse_config, name)?.max_length;
    const { indices, values } = (vector ?? {}) as { indices?: number[]; values?: number[] };
    if (typeof sparse === 'number' && indices && Math.max(indices.length, values?.length ?? 0) > sparse)
      throw reached(
        `Sparse vector '${name}' has a limit of ${sparse} indices, but ${indices.length} were provided!`,
      );
  }
}

function limitOf<T>(limits: { [vector: string]: T } | null | undefined, name: string): T | undefined {
  return limits && Object.hasOwn(limits, name) ? limits[name] : undefined;
}
