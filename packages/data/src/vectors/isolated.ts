/**
 * Sources that are read elsewhere: what a library does with a file made with malice ends the process or the thread that does
 * it. Processes have a limit to their memory; threads hand over large batches without copying them.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { parentPort, Worker } from 'node:worker_threads';
import { type ErrorCode, FletchError, isFletchError, type Json } from '@fletch/base';
import type { ColumnChoices } from '../tables/columns.js';
import type { Table } from '../tables/table.js';
import { invalidFile } from './bytes.js';
import type { Neighbors } from './neighbors.js';
import type { OpenOptions, RowBatch, VectorSource } from './types.js';

type Facts = Omit<VectorSource, 'batches' | 'close'>;

/** What it is asked. */
export type IsolatedRequest =
  | { readonly kind: 'open'; readonly path: string; readonly options: OpenOptions }
  | { readonly kind: 'start'; readonly size?: number; readonly from?: Json }
  | { readonly kind: 'next' }
  | { readonly kind: 'table'; readonly path: string; readonly choices: ColumnChoices }
  | { readonly kind: 'neighbors'; readonly path: string }
  | { readonly kind: 'close' };

/** What it answers, one answer a request. */
export type IsolatedReply =
  | { readonly kind: 'facts'; readonly facts: Facts }
  | { readonly kind: 'started' }
  | { readonly kind: 'batch'; readonly batch: RowBatch | null }
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'neighbors'; readonly neighbors: Neighbors }
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode | null;
      readonly message: string;
      readonly details: object;
    };

export interface Limits {
  /** Mebibytes of objects in a process of its own. Without, it is a thread. */
  readonly heap?: number;
  /** Milliseconds that one answer may take. */
  readonly time: number;
}

/**
 * Opens `path` elsewhere.
 *
 * @param program - what runs there: an entry of this package
 * @throws FletchError what opening throws there; `INVALID_INPUT_FILE` when that ends or takes too long
 */
export async function openIsolated(
  program: string,
  path: string,
  { signal: _here, ...options }: OpenOptions,
  limits: Limits,
): Promise<VectorSource> {
  const { ask, close } = start(program, path, limits);
  try {
    const { facts } = await ask('facts', { kind: 'open', path, options });
    return {
      ...facts,
      async *batches({ size, from } = {}) {
        await ask('started', {
          kind: 'start',
          ...(size === undefined ? {} : { size }),
          ...(from === undefined ? {} : { from }),
        });
        for (;;) {
          const { batch } = await ask('batch', { kind: 'next' });
          if (batch === null) return;
          yield batch;
        }
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Reads a table elsewhere.
 *
 * @throws FletchError as {@link openIsolated}
 */
export async function readIsolatedTable(
  program: string,
  path: string,
  choices: ColumnChoices,
  limits: Limits,
): Promise<Table> {
  const { ask, close } = start(program, path, limits);
  try {
    return (await ask('table', { kind: 'table', path, choices })).table;
  } finally {
    await close();
  }
}

/**
 * Reads neighbours elsewhere.
 *
 * @throws FletchError as {@link openIsolated}
 */
export async function readIsolatedNeighbors(
  program: string,
  path: string,
  limits: Limits,
): Promise<Neighbors> {
  const { ask, close } = start(program, path, limits);
  try {
    return (await ask('neighbors', { kind: 'neighbors', path })).neighbors;
  } finally {
    await close();
  }
}

/** The other side of a process or a thread. */
interface Other {
  /** Whether it is there to be asked. */
  alive(): boolean;
  send(request: IsolatedRequest): void;
  /** Calls back until the returned function is called. */
  listen(on: {
    readonly answered: (reply: IsolatedReply) => void;
    readonly ended: () => void;
    readonly failed: (error: Error) => void;
  }): () => void;
  /** Ends it at once. */
  kill(): void;
  /** Lets it end. */
  close(): Promise<void>;
}

function start(program: string, path: string, { heap, time }: Limits) {
  const file = createRequire(import.meta.url).resolve(program);
  const other = heap === undefined ? (takeIdle(file) ?? startThread(file)) : startProcess(file, heap);
  return { ask: asker(other, path, time), close: () => other.close() };
}

function startProcess(file: string, heap: number): Other {
  const child = fork(file, {
    serialization: 'advanced',
    execArgv: [`--max-old-space-size=${heap}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  // A source that was forgotten does not keep this process alive; while something is asked, its timer does.
  child.unref();
  child.channel?.unref();
  return {
    alive: () => child.connected,
    send: (request) => void child.send(request),
    listen({ answered, ended, failed }) {
      child
        .on('message', answered as (message: unknown) => void)
        .on('exit', ended)
        .on('error', failed);
      return () => child.off('message', answered).off('exit', ended).off('error', failed);
    },
    kill: () => void child.kill('SIGKILL'),
    async close() {
      if (child.connected) child.disconnect();
    },
  };
}

function startThread(file: string): Other {
  let alive = true;
  const worker = new Worker(file, { execArgv: [], stdout: true, stderr: true });
  worker.unref();
  worker.on('exit', () => {
    alive = false;
  });
  const thread: Other = {
    alive: () => alive,
    send: (request) => worker.postMessage(request),
    listen({ answered, ended, failed }) {
      worker.on('message', answered).on('exit', ended).on('error', failed);
      return () => worker.off('message', answered).off('exit', ended).off('error', failed);
    },
    kill: () => void worker.terminate(),
    async close() {
      // One that is closed already, or was ended, has nothing to close.
      if (!alive || idle.get(file) === thread) return;
      const closed = await asker(
        thread,
        file,
        CLOSING,
      )('closed', { kind: 'close' }).then(
        () => true,
        () => false,
      );
      if (closed) keepIdle(file, thread);
      else worker.terminate();
    },
  };
  return thread;
}

/** Milliseconds that closing a source may take. */
const CLOSING = 5000;

/** Milliseconds for which a thread that is done waits for more to do. */
const WAITING = 10_000;

/** Threads that wait, by what they run: loading a library takes longer than reading a small file. */
const idle = new Map<string, Other>();

function takeIdle(file: string): Other | undefined {
  const thread = idle.get(file);
  idle.delete(file);
  return thread?.alive() ? thread : undefined;
}

function keepIdle(file: string, thread: Other): void {
  idle.get(file)?.kill();
  idle.set(file, thread);
  setTimeout(() => {
    if (idle.get(file) !== thread) return;
    idle.delete(file);
    thread.kill();
  }, WAITING).unref();
}

type Ask = <K extends IsolatedReply['kind']>(
  kind: K,
  request: IsolatedRequest,
) => Promise<Extract<IsolatedReply, { kind: K }>>;

function asker(other: Other, path: string, time: number): Ask {
  const gaveUp = (what: string): FletchError =>
    invalidFile(
      path,
      `reading it ${what}: it is damaged, or its groups of rows are too large to be read at once.`,
    );
  return (kind, request) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        other.kill();
        settle(() => reject(gaveUp(`took longer than ${Math.round(time / 1000)} s`)));
      }, time);
      const settle = (then: () => void): void => {
        clearTimeout(timer);
        leave();
        then();
      };
      const leave = other.listen({
        answered: (reply) =>
          settle(() => {
            if (reply.kind === kind) resolve(reply as never);
            else reject(sentError(reply));
          }),
        ended: () => settle(() => reject(gaveUp('needed too much memory'))),
        failed: (cause) =>
          settle(() => reject(new FletchError('UNAVAILABLE', `What reads ${path} failed.`, { cause }))),
      });
      if (other.alive()) other.send(request);
      else settle(() => reject(gaveUp('needed too much memory')));
    });
}

function sentError(reply: IsolatedReply): Error {
  if (reply.kind !== 'failed') return new Error(`Unexpected answer ${reply.kind}.`);
  const { code, message, details } = reply;
  return code === null ? new Error(message) : new FletchError(code, message, { details: { ...details } });
}

/** What is done here for others. */
export interface IsolatedWork {
  open(path: string, options: OpenOptions): Promise<VectorSource>;
  table?(path: string, choices: ColumnChoices): Promise<Table>;
  neighbors?(path: string): Promise<Neighbors>;
}

/** Answers requests in this process or thread, which is the other one; ends with its parent. */
export function serveIsolated(work: IsolatedWork): void {
  const answer = answerer(work);
  if (parentPort) {
    const port = parentPort;
    port.on('message', (request: IsolatedRequest) => {
      answer(request).then((reply) => port.postMessage(reply, handedOver(reply)));
    });
    return;
  }
  process.on('message', (request: IsolatedRequest) => {
    answer(request).then((reply) => process.send?.(reply));
  });
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole group; the parent decides when the work ends.
  process.on('SIGINT', () => {});
}

/** The memory of a batch, which is of no use here any more. */
function handedOver(reply: IsolatedReply): ArrayBuffer[] {
  const vectors = reply.kind === 'batch' ? reply.batch?.vectors : undefined;
  return vectors && vectors.byteLength === vectors.buffer.byteLength ? [vectors.buffer as ArrayBuffer] : [];
}

function answerer({ open, table, neighbors }: IsolatedWork) {
  let source: VectorSource | undefined;
  let batches: AsyncGenerator<RowBatch> | undefined;
  const answer = async (request: IsolatedRequest): Promise<IsolatedReply> => {
    switch (request.kind) {
      case 'open': {
        source = await open(request.path, request.options);
        const { batches: _batches, close: _close, ...facts } = source;
        return { kind: 'facts', facts };
      }
      case 'table':
        return { kind: 'table', table: await table!(request.path, request.choices) };
      case 'neighbors':
        return { kind: 'neighbors', neighbors: await neighbors!(request.path) };
      case 'start': {
        const { kind: _kind, ...options } = request;
        batches = source!.batches(options);
        return { kind: 'started' };
      }
      case 'close': {
        const closing = source;
        source = undefined;
        batches = undefined;
        await closing?.close();
        return { kind: 'closed' };
      }
      case 'next': {
        const { value, done } = await batches!.next();
        return { kind: 'batch', batch: done ? null : value };
      }
    }
  };
  return (request: IsolatedRequest): Promise<IsolatedReply> =>
    answer(request).catch((error): IsolatedReply => {
      const known = isFletchError(error) ? error : undefined;
      return {
        kind: 'failed',
        code: known?.code ?? null,
        message: error instanceof Error ? error.message : String(error),
        details: known?.details ?? {},
      };
    });
}
