/**
 * Sources that are read in a process of their own: what a library does with a file made with malice ends that one.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { type ErrorCode, FletchError, isFletchError, type Json } from '@fletch/base';
import type { ColumnChoices } from '../tables/columns.js';
import type { Table } from '../tables/table.js';
import { invalidFile } from './bytes.js';
import type { OpenOptions, RowBatch, VectorSource } from './types.js';

type Facts = Omit<VectorSource, 'batches' | 'close'>;

/** What the process is asked. */
export type IsolatedRequest =
  | { readonly kind: 'open'; readonly path: string; readonly options: OpenOptions }
  | { readonly kind: 'start'; readonly size?: number; readonly from?: Json }
  | { readonly kind: 'next' }
  | { readonly kind: 'table'; readonly path: string; readonly choices: ColumnChoices };

/** What it answers, one answer a request. */
export type IsolatedReply =
  | { readonly kind: 'facts'; readonly facts: Facts }
  | { readonly kind: 'started' }
  | { readonly kind: 'batch'; readonly batch: RowBatch | null }
  | { readonly kind: 'table'; readonly table: Table }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode | null;
      readonly message: string;
      readonly details: object;
    };

export interface Limits {
  /** Mebibytes of objects. */
  readonly heap: number;
  /** Milliseconds that one answer may take. */
  readonly time: number;
}

/**
 * Opens `path` in another process.
 *
 * @param program - what that process runs: an entry of this package
 * @throws FletchError what opening throws there; `INVALID_INPUT_FILE` when the process ends or takes too long
 */
export async function openIsolated(
  program: string,
  path: string,
  { signal: _here, ...options }: OpenOptions,
  { heap, time }: Limits,
): Promise<VectorSource> {
  const { ask, close } = startProcess(program, path, { heap, time });
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
 * Reads a table in another process.
 *
 * @throws FletchError as {@link openIsolated}
 */
export async function readIsolatedTable(
  program: string,
  path: string,
  choices: ColumnChoices,
  limits: Limits,
): Promise<Table> {
  const { ask, close } = startProcess(program, path, limits);
  try {
    return (await ask('table', { kind: 'table', path, choices })).table;
  } finally {
    await close();
  }
}

function startProcess(program: string, path: string, { heap, time }: Limits) {
  const child = fork(createRequire(import.meta.url).resolve(program), {
    serialization: 'advanced',
    execArgv: [`--max-old-space-size=${heap}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  // A source that was forgotten does not keep this process alive; while something is asked, its timer does.
  child.unref();
  child.channel?.unref();
  const close = async (): Promise<void> => {
    if (child.connected) child.disconnect();
  };
  return { ask: asker(child, path, time), close };
}

type Ask = <K extends IsolatedReply['kind']>(
  kind: K,
  request: IsolatedRequest,
) => Promise<Extract<IsolatedReply, { kind: K }>>;

function asker(child: ChildProcess, path: string, time: number): Ask {
  const gaveUp = (what: string): FletchError =>
    invalidFile(
      path,
      `reading it ${what}: it is damaged, or its groups of rows are too large to be read at once.`,
    );
  return (kind, request) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        settle(() => reject(gaveUp(`took longer than ${Math.round(time / 1000)} s`)));
      }, time);
      const settle = (then: () => void): void => {
        clearTimeout(timer);
        child.off('message', answered).off('exit', ended).off('error', failed);
        then();
      };
      const answered = (message: unknown): void => {
        const reply = message as IsolatedReply;
        settle(() => {
          if (reply.kind === kind) resolve(reply as never);
          else reject(sentError(reply));
        });
      };
      const ended = (): void => settle(() => reject(gaveUp('needed too much memory')));
      const failed = (error: Error): void =>
        settle(() =>
          reject(new FletchError('UNAVAILABLE', `The process that reads ${path} failed.`, { cause: error })),
        );
      child.on('message', answered).on('exit', ended).on('error', failed);
      if (child.connected) child.send(request);
      else ended();
    });
}

function sentError(reply: IsolatedReply): Error {
  if (reply.kind !== 'failed') return new Error(`Unexpected answer ${reply.kind}.`);
  const { code, message, details } = reply;
  return code === null ? new Error(message) : new FletchError(code, message, { details: { ...details } });
}

/** Answers requests in this process, which is the other one; ends with its parent. */
export function serveIsolated(
  open: (path: string, options: OpenOptions) => Promise<VectorSource>,
  readTable: (path: string, choices: ColumnChoices) => Promise<Table>,
): void {
  let source: VectorSource | undefined;
  let batches: AsyncGenerator<RowBatch> | undefined;
  const answer = async (request: IsolatedRequest): Promise<IsolatedReply> => {
    if (request.kind === 'open') {
      source = await open(request.path, request.options);
      const { batches: _batches, close: _close, ...facts } = source;
      return { kind: 'facts', facts };
    }
    if (request.kind === 'table')
      return { kind: 'table', table: await readTable(request.path, request.choices) };
    if (request.kind === 'start') {
      const { kind: _kind, ...options } = request;
      batches = source!.batches(options);
      return { kind: 'started' };
    }
    const { value, done } = await batches!.next();
    return { kind: 'batch', batch: done ? null : value };
  };
  process.on('message', (request: IsolatedRequest) => {
    answer(request)
      .catch((error): IsolatedReply => {
        const known = isFletchError(error) ? error : undefined;
        return {
          kind: 'failed',
          code: known?.code ?? null,
          message: error instanceof Error ? error.message : String(error),
          details: known?.details ?? {},
        };
      })
      .then((reply) => process.send?.(reply));
  });
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole group; the parent decides when the work ends.
  process.on('SIGINT', () => {});
}
