/**
 * The vectors that a query brings: given as they are, or by the ids of points that have them.
 *
 * @module
 */
import { FletchError, isFletchError } from '@fletch/base';
import type { VectorSpace, VectorValue } from '../space/types.js';
import { parseId } from '../store/ids.js';
import type { View } from '../store/view.js';
import type { AnyVectorInput } from '../types/index.js';
import { refuse } from './refuse.js';

/** Where the vectors of ids stand. */
export interface Lookup {
  readonly view: View;
  readonly vector: string;
  /** Whether it is the collection that is searched: its points are not found by their own vectors then. */
  readonly same: boolean;
}

/** Reads the examples of one query. */
export class Examples {
  readonly #view: View;
  readonly #using: string;
  readonly #lookup: Lookup;
  readonly #excluded: Set<number>;
  readonly #at: string;

  /**
   * @param using - the vector that is searched
   * @param excluded - takes the rows of ids that are named
   * @param at - the place of `using`, for messages
   */
  constructor(view: View, using: string, lookup: Lookup, excluded: Set<number>, at: string) {
    this.#view = view;
    this.#using = using;
    this.#lookup = lookup;
    this.#excluded = excluded;
    this.#at = at;
  }

  /** The space that is searched. */
  get space(): VectorSpace {
    return this.#view.space(this.#using, this.#at);
  }

  /**
   * The vector of one example, ready to be compared.
   *
   * @throws FletchError `NOT_FOUND` for an id without a vector, and what `readQuery` throws
   */
  vector(input: unknown, at: string): VectorValue {
    const { space } = this;
    if (!isId(input)) return space.readQuery(input, at);
    const stored = this.#stored(input, at);
    return stored.space === undefined
      ? space.vector(stored.row)
      : space.readQuery(stored.space.output(stored.space.vector(stored.row)), at);
  }

  /** The vector of one example in the form in which users write it; not brought to unit length. */
  written(input: unknown, at: string): AnyVectorInput {
    const { space } = this;
    if (!isId(input)) {
      try {
        space.readQuery(input, at);
      } catch (error) {
        // What is averaged need not have a direction of its own.
        if (!isFletchError(error, 'ZERO_VECTOR')) throw error;
      }
      return input as AnyVectorInput;
    }
    const { space: other, row } = this.#stored(input, at);
    const from = other ?? space;
    return from.output(from.vector(row)) as AnyVectorInput;
  }

  /** The row of an id, and the space it stands in when that is not the one that is searched. */
  #stored(input: unknown, at: string): { row: number; space: VectorSpace | undefined } {
    const { view, vector, same } = this.#lookup;
    const id = parseId(input, at);
    const row = view.row(id);
    if (row === undefined)
      throw new FletchError('NOT_FOUND', `No point with id ${id} found`, { details: { id, at } });
    const space = view.space(vector, at);
    if (!space.has(row))
      throw new FletchError('NOT_FOUND', `Point ${id} has no vector named "${vector}".`, {
        details: { id, vector, at },
      });
    if (same) this.#excluded.add(row);
    return { row, space: same && vector === this.#using ? undefined : space };
  }
}

function isId(input: unknown): boolean {
  if (input === undefined || input === null) return false;
  return typeof input !== 'object';
}

/** The pairs of a context, which may be one alone. */
export function readPairs(
  input: unknown,
  at: string,
  examples: Examples,
): { positive: VectorValue; negative: VectorValue }[] {
  if (input === undefined || input === null) return [];
  const list: readonly unknown[] = Array.isArray(input) ? input : [input];
  return list.map((pair, i) => {
    const place = Array.isArray(input) ? `${at}[${i}]` : at;
    if (typeof pair !== 'object' || pair === null)
      throw refuse(place, 'expected a pair {positive, negative}.');
    const { positive, negative } = pair as { positive?: unknown; negative?: unknown };
    return {
      positive: examples.vector(positive, `${place}.positive`),
      negative: examples.vector(negative, `${place}.negative`),
    };
  });
}
