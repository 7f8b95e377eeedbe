/**
 * How much a collection holds, for the limits on that.
 *
 * @module
 */
import type { Environment } from '../environment.js';
import type { SealedTable } from '../sealed.js';
import type { Held } from './limits.js';

/** Tables up to this many entries are added up exactly; of larger ones, so many values are looked at. */
const EXACT = 10_000;
/** Writes after which sizes are worked out again. */
const STALE = 32;

/** Sizes of values as they are stored, checksums left out. */
export class HeldSizes implements Held {
  readonly #environment: Environment;
  readonly #version: () => number;
  readonly #count: () => number;
  readonly #known = new Map<string, { version: number; bytes: number; entries: number }>();

  constructor(environment: Environment, version: () => number, count: () => number) {
    this.#environment = environment;
    this.#version = version;
    this.#count = count;
  }

  points(): number {
    return this.#count();
  }

  vectorBytes(): number {
    let sum = 0;
    for (const [name, table] of this.#environment.vectorTables())
      sum += this.#size(`vector ${name}`, table, 0);
    return sum;
  }

  /** The eight bytes before each payload are its version. */
  payloadBytes(): number {
    return this.#size('payload', this.#environment.points, 8);
  }

  #size(key: string, table: SealedTable<number>, aside: number): number {
    const version = this.#version();
    const known = this.#known.get(key);
    const fresh =
      known && (known.version === version || (known.entries > EXACT && version - known.version < STALE));
    if (fresh) return known.bytes;
    const entries = table.getCount();
    let bytes = 0;
    let seen = 0;
    for (const { value } of table.getRange({ limit: EXACT })) {
      bytes += value.length - aside;
      seen++;
    }
    if (seen > 0 && entries > seen) bytes = Math.round((bytes / seen) * entries);
    this.#known.set(key, { version, bytes, entries });
    return bytes;
  }
}
