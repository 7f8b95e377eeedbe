/**
 * Long work in a process of its own, so that it holds up nothing else.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { FletchError, isFletchError } from './errors.js';
import { type LongWork, type Progress, throwIfAborted } from './progress.js';

type Reply =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly code: FletchError['code'] | null; readonly message: string };

/**
 * Lets a program do the work, which answers with {@link answerProcess}; it is ended when the signal is aborted.
 *
 * @param program - path of a JavaScript file
 * @param request - survives structured cloning, as the result must
 * @param name - in messages: `run`
 * @throws FletchError what the work throws, `ABORTED`, `UNAVAILABLE` when the process ends by itself
 */
export async function runInProcess<Result>(
  program: string,
  request: unknown,
  { name, signal, onProgress }: LongWork & { readonly name: string },
): Promise<Result> {
  throwIfAborted(signal);
  const child = fork(program, {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const end = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', end, { once: true });
  try {
    child.send(request as object);
    return await new Promise<Result>((resolve, reject) => {
      child.on('message', (message) => {
        const reply = message as Reply;
        if (reply.kind === 'progress') onProgress?.(reply.progress);
        else if (reply.kind === 'done') resolve(reply.result as Result);
        else
          reject(reply.code === null ? new Error(reply.message) : new FletchError(reply.code, reply.message));
      });
      child.on('error', reject);
      child.on('exit', (code, killed) => {
        if (signal?.aborted) reject(new FletchError('ABORTED', `The ${name} was stopped.`));
        reject(
          new FletchError('UNAVAILABLE', `The ${name}'s process ended (${killed ?? `exit code ${code}`}).`),
        );
      });
    });
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

/** The whole of such a program: does the one thing it is asked for and ends, also when who asked is gone. */
export function answerProcess<Request>(
  work: (request: Request, onProgress: (progress: Progress) => void) => Promise<unknown>,
): void {
  const reply = (message: Reply, then: () => void = () => {}) => process.send?.(message, then);
  const leave = () => process.exit();
  process.once('message', async (request) => {
    try {
      const result = await work(request as Request, (progress) => void reply({ kind: 'progress', progress }));
      reply({ kind: 'done', result }, leave);
    } catch (error) {
      const code = isFletchError(error) ? error.code : null;
      reply({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) }, leave);
    }
  });
  process.once('disconnect', leave);
}
