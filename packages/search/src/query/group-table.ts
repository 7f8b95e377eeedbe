/**
 * Groups while they are filled.
 *
 * @module
 */
import type { Json } from '@fletch/base';

/** One hit of a group. */
export interface GroupHit {
  readonly row: number;
  readonly score: number;
  /** What the hit is ordered by instead of its score. */
  readonly value?: number | undefined;
}

export interface Group {
  readonly key: string | number;
  readonly hits: GroupHit[];
}

/** Takes hits in, and tells which groups are the best and which are full. */
export class GroupTable {
  readonly #limit: number;
  readonly #size: number;
  readonly #order: 'larger' | 'smaller' | 'none';
  readonly #groups = new Map<string | number, Group>();

  /**
   * @param limit - how many groups are wanted
   * @param size - how many hits a full group has
   */
  constructor(limit: number, size: number, order: 'larger' | 'smaller' | 'none') {
    this.#limit = limit;
    this.#size = size;
    this.#order = order;
  }

  /** Number of groups with any hit. */
  get size(): number {
    return this.#groups.size;
  }

  /** Whether as many groups as are wanted are the best, and full. */
  get complete(): boolean {
    const best = this.#best();
    return best.length >= this.#limit && best.every((group) => this.#isFull(group));
  }

  /** Takes a hit in, to every group that it has a key of. All keys must be strings or integers. */
  add(keys: readonly Json[], hit: GroupHit): void {
    if (!keys.every(isKey)) return;
    for (const key of new Set(keys)) {
      const group = this.#groups.get(key);
      if (group) group.hits.push(hit);
      else this.#groups.set(key, { key, hits: [hit] });
    }
  }

  /** Keys of all full groups. */
  full(): (string | number)[] {
    return [...this.#groups.values()].filter((group) => this.#isFull(group)).map(({ key }) => key);
  }

  /** Keys of those of the best groups that are not full. */
  wanting(): (string | number)[] {
    return this.#best()
      .filter((group) => !this.#isFull(group))
      .map(({ key }) => key);
  }

  /** The best groups by their best hits, each with its best hits. */
  best(): Group[] {
    return this.#best().map(({ key, hits }) => ({
      key,
      hits: [...hits].sort((a, b) => this.#compare(a, b)).slice(0, this.#size),
    }));
  }

  #best(): Group[] {
    const firsts = Array.from(this.#groups.values(), (group) => ({
      group,
      first: group.hits.reduce((best, hit) => (this.#compare(hit, best) < 0 ? hit : best)),
    }));
    return firsts
      .sort((a, b) => this.#compare(a.first, b.first))
      .slice(0, this.#limit)
      .map(({ group }) => group);
  }

  #isFull({ hits }: Group): boolean {
    return hits.length >= this.#size;
  }

  /** Negative when `a` is better. */
  #compare(a: GroupHit, b: GroupHit): number {
    if (this.#order === 'none') return 0;
    const difference = (a.value ?? a.score) - (b.value ?? b.score);
    return this.#order === 'smaller' ? difference : -difference;
  }
}

function isKey(value: Json): value is string | number {
  return typeof value === 'string' || Number.isSafeInteger(value);
}
