/**
 * What the oracle cannot or will not say: refusals, and answers that Qdrant leaves open.
 *
 * @module
 */

/** The request is refused, with this HTTP status. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Statuses of the other faults that the request has: which one is told is of no importance. */
    readonly others: readonly number[] = [],
  ) {
    super(message);
  }
}

/** Runs what may refuse a request; the refusals of all are one. */
export function refusingAll<T>(...parts: (() => T)[]): T[] {
  const refusals: Refused[] = [];
  const results: T[] = [];
  for (const part of parts) {
    try {
      results.push(part());
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusals.push(error);
    }
  }
  const [first, ...more] = refusals;
  if (!first) return results;
  throw new Refused(
    first.status,
    first.message,
    [first, ...more].flatMap(({ status, others }) => [status, ...others]),
  );
}

/**
 * Collects the reasons why an answer is not determined: a tie at the cut between two stages of a query, two readings
 * of a condition that Qdrant itself mixes (it answers otherwise when the field has an index), and the like. An answer
 * with a doubt is not compared, only counted.
 */
export class Doubts {
  readonly reasons = new Set<string>();

  note(reason: string): void {
    this.reasons.add(reason);
  }
}

/** Whether two scores computed in 32 bits may be the same number. */
export function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-5 + 1e-5 * Math.max(Math.abs(a), Math.abs(b));
}
