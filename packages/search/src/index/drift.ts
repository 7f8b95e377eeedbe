/**
 * How well the learned map fits the rows that came after it.
 *
 * @module
 */

/** What is known of the fit; kept in snapshots. */
export interface Fit {
  /** Mean share of the squared length that the codes of the sample lost. */
  readonly learned: number;
  /** Rows that were added since the last window ended, and the sum of their shares. */
  readonly count: number;
  readonly lost: number;
  /** Mean share in the last full window of added rows. */
  readonly last?: number;
}

/** Rows of a window, at least; and as a share of all rows. */
const WINDOW = 2000;
const WINDOW_SHARE = 0.05;
/** Losses below this are rounding, and none of a map's business. */
const LEAST = 0.001;

/** Compares what codes lose of new rows with what they lost of the sample, window by window. */
export class Drift {
  #fit: Fit;

  constructor(fit: Fit) {
    this.#fit = fit;
  }

  get fit(): Fit {
    return this.#fit;
  }

  /** What is lost of the last rows as a multiple of what was lost of the sample; 1 while too few came. */
  get ratio(): number {
    const { learned, last } = this.#fit;
    return last === undefined ? 1 : Math.max(last, LEAST) / Math.max(learned, LEAST);
  }

  /** Takes note of rows that were added to an index of `size` rows. */
  note(shares: Iterable<number>, size: number): void {
    let { count, lost, last } = this.#fit;
    for (const share of shares) {
      count++;
      lost += share;
    }
    if (count >= Math.max(WINDOW, WINDOW_SHARE * size)) [last, count, lost] = [lost / count, 0, 0];
    this.#fit = { learned: this.#fit.learned, count, lost, ...(last !== undefined && { last }) };
  }
}
