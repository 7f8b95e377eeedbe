/**
 * Strict mode around a collection: every verb passes through here, whoever calls it.
 *
 * @module
 */
import type { StrictModeConfig } from '../../types/index.js';
import type { Collection } from '../types.js';
import { checkLimit } from './limits.js';
import { RateLimiter } from './rate.js';
import { type Checked, type Cost, verbChecks } from './verbs.js';

/** What a collection lets its guard see. */
export interface Guarded extends Omit<Checked, 'config'> {
  /** The configuration of now; undefined when there is none. */
  strictMode(): StrictModeConfig | undefined;
}

/** The limits of one collection, and what is left of this minute's operations. */
export class StrictMode {
  readonly #source: Guarded;
  #reads: RateLimiter | undefined;
  #writes: RateLimiter | undefined;

  constructor(source: Guarded) {
    this.#source = source;
  }

  /** Whether there is anything to check. */
  get enabled(): boolean {
    return this.#source.strictMode()?.enabled === true;
  }

  /** Throws `LIMIT_EXCEEDED` or `RATE_LIMITED` when the call is not allowed. */
  async admit(verb: string, args: readonly unknown[]): Promise<void> {
    const state = this.#state();
    const cost = state && (await verbChecks[verb]!(state, ...args));
    if (cost) this.#pay(cost, state.config);
  }

  /** As {@link admit}, for verbs that answer at once. */
  admitNow(verb: string, args: readonly unknown[]): void {
    const state = this.#state();
    const cost = state && (verbChecks[verb]!(state, ...args) as Cost);
    if (cost) this.#pay(cost, state.config);
  }

  /** Throws `LIMIT_EXCEEDED` when a request may not take so many seconds. */
  checkTimeout(seconds: number): void {
    const config = this.#source.strictMode();
    if (config?.enabled) checkLimit(seconds, config.max_timeout, 'timeout');
  }

  #state(): Checked | undefined {
    const config = this.#source.strictMode();
    if (!config?.enabled) return undefined;
    const { held } = this.#source;
    return {
      config,
      held,
      indexes: () => this.#source.indexes(),
      hnsw: (vector) => this.#source.hnsw(vector),
      matching: (filter) => this.#source.matching(filter),
    };
  }

  #pay(cost: NonNullable<Cost>, config: StrictModeConfig): void {
    if ('reads' in cost) {
      this.#reads = limiter('Read', config.read_rate_limit, this.#reads);
      this.#reads?.take(cost.reads);
    } else {
      this.#writes = limiter('Write', config.write_rate_limit, this.#writes);
      this.#writes?.take(cost.writes);
    }
  }
}

/** The limiter for this limit: the same as before, unless the limit changed. */
function limiter(
  kind: 'Read' | 'Write',
  limit: number | null | undefined,
  before: RateLimiter | undefined,
): RateLimiter | undefined {
  if (typeof limit !== 'number') return undefined;
  return before?.perMinute === limit ? before : new RateLimiter(kind, limit);
}

/** Verbs whose answer is no promise. */
const SYNCHRONOUS: ReadonlySet<string> = new Set(['retrieve']);

/** The collection behind its limits. */
export function guarded<C extends Collection>(collection: C, mode: StrictMode): C {
  const methods = new Map<PropertyKey, unknown>();
  return new Proxy(collection, {
    get(target, name) {
      const known = methods.get(name);
      if (known) return known;
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function' || name === 'constructor') return value;
      const method = value.bind(target) as (...args: unknown[]) => unknown;
      const made =
        typeof name === 'string' && Object.hasOwn(verbChecks, name) ? checked(name, method) : method;
      methods.set(name, made);
      return made;
    },
  });

  function checked(verb: string, method: (...args: unknown[]) => unknown) {
    return (...args: unknown[]): unknown => {
      if (!mode.enabled) return method(...args);
      if (!SYNCHRONOUS.has(verb)) return mode.admit(verb, args).then(() => method(...args));
      mode.admitNow(verb, args);
      return method(...args);
    };
  }
}
