/**
 * A run in a process of its own, so that training holds up nothing else.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { FletchError, type LongWork, type Progress, throwIfAborted } from '@fletch/base';
import type { Profile } from './experiment.js';
import type { StoredResult } from './result.js';

/** What is asked of the process. */
export interface BackgroundRequest {
  readonly id: string;
  readonly profile: Profile;
}

/** What it answers. */
export type BackgroundReply =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly result: StoredResult }
  | { readonly kind: 'failed'; readonly code: FletchError['code'] | null; readonly message: string };

/**
 * `runExperiment` in another process, which is ended when the signal is aborted.
 *
 * @throws FletchError what the run throws, `ABORTED`, `UNAVAILABLE` when the process ends by itself
 */
export async function runInBackground(
  { id, profile }: BackgroundRequest,
  { signal, onProgress }: LongWork = {},
): Promise<StoredResult> {
  throwIfAborted(signal);
  const program = createRequire(import.meta.url).resolve('@fletch/lab/process');
  const child = fork(program, {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const end = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', end, { once: true });
  try {
    child.send({ id, profile } satisfies BackgroundRequest);
    return await new Promise<StoredResult>((resolve, reject) => {
      child.on('message', (message) => {
        const reply = message as BackgroundReply;
        if (reply.kind === 'progress') onProgress?.(reply.progress);
        else if (reply.kind === 'done') resolve(reply.result);
        else
          reject(reply.code === null ? new Error(reply.message) : new FletchError(reply.code, reply.message));
      });
      child.on('error', reject);
      child.on('exit', (code, name) => {
        if (signal?.aborted) reject(new FletchError('ABORTED', 'The run was stopped.'));
        reject(new FletchError('UNAVAILABLE', `The run's process ended (${name ?? `exit code ${code}`}).`));
      });
    });
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}
