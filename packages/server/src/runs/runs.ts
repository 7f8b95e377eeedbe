/**
 * Long work that clients asked for: one piece at a time, with what it tells while it lasts.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { FletchError, type LongWork, type Progress } from '@fletch/base';

/** What a run tells while it lasts, and how it ends. */
export type RunEvent<Result> =
  | { readonly event: 'progress'; readonly data: Progress }
  | { readonly event: 'done'; readonly data: Result }
  | { readonly event: 'failed'; readonly data: { readonly message: string } };

/** What is run: something with a name. */
export interface RunRequest {
  readonly id: string;
}

export interface Run<Request extends RunRequest, Result> {
  readonly run: string;
  readonly request: Request;
  /** The last event; undefined before the first. */
  readonly latest: RunEvent<Result> | undefined;
}

class OneRun<Request extends RunRequest, Result> implements Run<Request, Result> {
  readonly run = randomUUID();
  readonly request: Request;
  readonly stop = new AbortController();
  readonly #listeners = new Set<(event: RunEvent<Result>) => void>();
  latest: RunEvent<Result> | undefined;

  constructor(request: Request) {
    this.request = request;
  }

  get ended(): boolean {
    return this.latest !== undefined && this.latest.event !== 'progress';
  }

  tell(event: RunEvent<Result>): void {
    this.latest = event;
    for (const listener of this.#listeners) listener(event);
    if (this.ended) this.#listeners.clear();
  }

  listen(listener: (event: RunEvent<Result>) => void): () => void {
    if (this.latest) listener(this.latest);
    if (!this.ended) this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Runs of one kind, the last few of which are remembered. */
export class Runs<Request extends RunRequest, Result> {
  readonly #work: (request: Request, work: LongWork) => Promise<Result>;
  readonly #runs: OneRun<Request, Result>[] = [];
  readonly #noun: string;

  /**
   * @param work - does it, and says what a client hears at its end
   * @param noun - in messages: `run`
   */
  constructor(work: (request: Request, work: LongWork) => Promise<Result>, noun = 'run') {
    this.#work = work;
    this.#noun = noun;
  }

  /**
   * Starts a run.
   *
   * @throws FletchError `UNAVAILABLE` while another one lasts
   */
  begin(request: Request): Run<Request, Result> {
    const other = this.#runs.find(({ ended }) => !ended);
    if (other)
      throw new FletchError(
        'UNAVAILABLE',
        `A ${this.#noun} of "${other.request.id}" is under way: wait for its end or stop it.`,
      );
    const run = new OneRun<Request, Result>(request);
    this.#runs.push(run);
    if (this.#runs.length > 20) this.#runs.shift();
    void this.#carryOut(run);
    return run;
  }

  /** The run that lasts, if any. */
  get running(): Run<Request, Result> | undefined {
    return this.#runs.find(({ ended }) => !ended);
  }

  /** Throws `NOT_FOUND`. */
  get(run: string): Run<Request, Result> {
    return this.#find(run);
  }

  /** Calls the listener with the latest event and every later one; returns a function that ends that. */
  listen(run: string, listener: (event: RunEvent<Result>) => void): () => void {
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

  async #carryOut(run: OneRun<Request, Result>): Promise<void> {
    try {
      const result = await this.#work(run.request, {
        signal: run.stop.signal,
        onProgress: (data) => run.tell({ event: 'progress', data }),
      });
      run.tell({ event: 'done', data: result });
    } catch (error) {
      run.tell({
        event: 'failed',
        data: { message: error instanceof Error ? error.message : String(error) },
      });
    }
  }

  #find(run: string): OneRun<Request, Result> {
    const found = this.#runs.find((known) => known.run === run);
    if (!found) throw new FletchError('NOT_FOUND', `There is no run "${run}".`, { details: { run } });
    return found;
  }
}
