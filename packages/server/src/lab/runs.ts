/**
 * Runs of experiments that clients asked for: one at a time, in a process of its own.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { FletchError, type Progress } from '@fletch/base';
import {
  type Profile,
  plainResult,
  type Result,
  runInBackground,
  type StoredResult,
  storeResult,
} from '@fletch/lab';

/** What a run tells while it lasts, and how it ends. */
export type RunEvent =
  | { readonly event: 'progress'; readonly data: Progress }
  | { readonly event: 'done'; readonly data: Result }
  | { readonly event: 'failed'; readonly data: { readonly message: string } };

export interface Run {
  readonly run: string;
  readonly id: string;
  readonly profile: Profile;
  /** The last event; undefined before the first. */
  readonly latest: RunEvent | undefined;
}

type Runner = typeof runInBackground;

class OneRun implements Run {
  readonly run = randomUUID();
  readonly id: string;
  readonly profile: Profile;
  readonly stop = new AbortController();
  readonly #listeners = new Set<(event: RunEvent) => void>();
  latest: RunEvent | undefined;

  constructor(id: string, profile: Profile) {
    this.id = id;
    this.profile = profile;
  }

  get ended(): boolean {
    return this.latest !== undefined && this.latest.event !== 'progress';
  }

  tell(event: RunEvent): void {
    this.latest = event;
    for (const listener of this.#listeners) listener(event);
    if (this.ended) this.#listeners.clear();
  }

  listen(listener: (event: RunEvent) => void): () => void {
    if (this.latest) listener(this.latest);
    if (!this.ended) this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Runs, the last few of which are remembered. */
export class LabRuns {
  readonly #runner: Runner;
  readonly #keep: (result: StoredResult) => Promise<unknown>;
  readonly #runs: OneRun[] = [];

  constructor(
    runner: Runner = runInBackground,
    keep: (result: StoredResult) => Promise<unknown> = storeResult,
  ) {
    this.#runner = runner;
    this.#keep = keep;
  }

  /**
   * Starts a run. The result of a full one is kept.
   *
   * @throws FletchError `UNAVAILABLE` while another one lasts
   */
  start(id: string, profile: Profile): Run {
    const other = this.#runs.find(({ ended }) => !ended);
    if (other)
      throw new FletchError(
        'UNAVAILABLE',
        `A run of "${other.id}" is under way: wait for its end or stop it.`,
      );
    const run = new OneRun(id, profile);
    this.#runs.push(run);
    if (this.#runs.length > 20) this.#runs.shift();
    void this.#carryOut(run);
    return run;
  }

  /** Throws `NOT_FOUND`. */
  get(run: string): Run {
    return this.#find(run);
  }

  /** Calls the listener with the latest event and every later one; returns a function that ends that. */
  listen(run: string, listener: (event: RunEvent) => void): () => void {
    return this.#find(run).listen(listener);
  }

  /** Stops a run; one that has ended stays as it is. */
  stop(run: string): void {
    this.#find(run).stop.abort();
  }

  /** Stops what is running. */
  close(): void {
    for (const run of this.#runs) run.stop.abort();
  }

  async #carryOut(run: OneRun): Promise<void> {
    const { id, profile, stop } = run;
    try {
      const result = await this.#runner(
        { id, profile },
        { signal: stop.signal, onProgress: (data) => run.tell({ event: 'progress', data }) },
      );
      if (profile === 'full') await this.#keep(result);
      run.tell({ event: 'done', data: plainResult(result) });
    } catch (error) {
      run.tell({
        event: 'failed',
        data: { message: error instanceof Error ? error.message : String(error) },
      });
    }
  }

  #find(run: string): OneRun {
    const found = this.#runs.find((known) => known.run === run);
    if (!found) throw new FletchError('NOT_FOUND', `There is no run "${run}".`, { details: { run } });
    return found;
  }
}
