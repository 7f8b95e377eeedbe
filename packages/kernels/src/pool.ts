/**
 * The threads of this process: started when first needed, shared by all indexes, and no reason for the process to
 * stay alive while they are idle.
 *
 * @module
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { FletchError } from '@fletch/base';
import { MAX_THREADS } from './layout.js';
import type { FromThread, ThreadCall, ThreadData, ToThread } from './protocol.js';

export type { ThreadCall } from './protocol.js';

interface Waiting {
  readonly resolve: (result: number) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread and the jobs it owes an answer. */
class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #opened = new Set<number>();
  readonly #index: number;
  #jobs = 0;

  constructor(index: number, onExit: () => void) {
    this.#index = index;
    const file = createRequire(import.meta.url).resolve('@fletch/kernels/worker');
    const workerData: ThreadData = { stepsBack: index < MAX_THREADS };
    this.#worker = new Worker(file, { name: `fletch-${index}`, execArgv: [], workerData });
    this.#worker.unref();
    this.#worker.on('message', (message: FromThread) => this.#settle(message));
    const stop = (cause: unknown) => {
      onExit();
      this.#fail(cause);
    };
    this.#worker.on('error', stop);
    this.#worker.on('exit', stop);
  }

  run(team: ThreadTeam, call: ThreadCall, args: readonly number[]): Promise<number> {
    if (!this.#opened.has(team.id)) {
      this.#opened.add(team.id);
      this.#send({ open: team.id, memory: team.memory, module: team.module, slot: this.#index + 1 });
    }
    const job = this.#jobs++;
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(job, { resolve, reject });
      const bytes = team.memory.buffer.byteLength;
      this.#send({ job, on: team.id, bytes, call, args });
    });
  }

  close(team: number): void {
    if (this.#opened.delete(team)) this.#send({ close: team });
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #settle({ job, result, error }: FromThread): void {
    const waiting = this.#waiting.get(job);
    this.#waiting.delete(job);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (error === undefined) waiting?.resolve(result ?? 0);
    else waiting?.reject(new FletchError('UNAVAILABLE', `A kernel failed in a thread: ${error}`));
  }

  #fail(cause: unknown): void {
    for (const { reject } of this.#waiting.values())
      reject(new FletchError('UNAVAILABLE', 'A thread of the index ended unexpectedly.', { cause }));
    this.#waiting.clear();
  }
}

const threads: (Thread | undefined)[] = [];

function thread(index: number): Thread {
  threads[index] ??= new Thread(index, () => {
    threads[index] = undefined;
  });
  return threads[index];
}

let teams = 0;

/** What the threads need to know to work on one memory. */
export class ThreadTeam {
  readonly id = teams++;

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly module: WebAssembly.Module,
  ) {}

  /**
   * Runs a kernel in thread `index` (slot `index + 1`), after what was sent to it before. The first {@link MAX_THREADS}
   * threads step back when others need the processor.
   */
  run(index: number, call: ThreadCall, args: readonly number[]): Promise<number> {
    return thread(index).run(this, call, args);
  }

  /** Lets the threads forget the memory. */
  close(): void {
    for (const one of threads) one?.close(this.id);
  }
}
