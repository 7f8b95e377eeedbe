/**
 * When index snapshots are saved while a collection is in use.
 *
 * @module
 */
import type { VectorIndexes } from './indexes.js';

/** How often it looks whether a snapshot is due, in milliseconds. */
const INTERVAL = 10_000;
/** Changed rows that are worth a snapshot at once, beside a tenth of all. */
const MANY = 10_000;
/** Intervals after which fewer changes are saved too. */
const PATIENCE = 6;

/** Saves when everything is linked and enough has changed, or some time has passed. */
export class SnapshotTimer {
  readonly #indexes: VectorIndexes;
  readonly #save: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #waited = 0;
  #stopped = false;

  /** @param save - never rejects */
  constructor(indexes: VectorIndexes, save: () => Promise<void>) {
    this.#indexes = indexes;
    this.#save = save;
  }

  /** Tells that something was written. */
  changed(): void {
    if (this.#stopped || this.#timer || this.#indexes.changes === 0) return;
    this.#timer = setTimeout(() => void this.#look(), INTERVAL).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    this.#waited++;
    if (this.#isDue()) {
      this.#waited = 0;
      await this.#save();
    }
    this.#timer = undefined;
    this.changed();
  }

  #isDue(): boolean {
    const stats = [...this.#indexes.all()].map((index) => index.stats());
    const size = stats.reduce((sum, index) => sum + index.size, 0);
    const linked = stats.every((index) => index.linked === index.size);
    const many = this.#indexes.changes >= Math.max(MANY, size / 10);
    return linked ? many || this.#waited >= PATIENCE : many && this.#waited >= PATIENCE;
  }
}
