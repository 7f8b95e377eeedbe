/**
 * Learning in a thread, so that searches go on meanwhile.
 *
 * @module
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { FletchError } from '@fletch/base';

/** Multiplications that are not worth a thread: some milliseconds. */
const MAX_INLINE = 20_000_000;

/** What is learned from: `n × dimension` values, and whatever else. */
interface Lesson {
  readonly dimension: number;
  readonly vectors: Float32Array;
}

/** What is done, here or in a thread. */
export interface Learning<L extends Lesson, R> {
  /** Module of the thread, which answers its `workerData` with one message. */
  readonly module: '@fletch/search/learn' | '@fletch/search/learn-osq';
  readonly here: (lesson: L) => R | Promise<R>;
}

/** Learns, in a thread of its own when it takes long. Throws `UNAVAILABLE` when the thread ends early. */
export async function learnInThread<L extends Lesson, R>(
  { module, here }: Learning<L, R>,
  lesson: L,
  signal: AbortSignal,
): Promise<R> {
  const { dimension, vectors } = lesson;
  if (vectors.length * dimension + dimension ** 3 <= MAX_INLINE) return here(lesson);
  const file = createRequire(import.meta.url).resolve(module);
  const worker = new Worker(file, { name: 'fletch-learn', execArgv: [], workerData: lesson });
  worker.unref();
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<R>((resolve, reject) => {
      const fail = (cause: unknown) =>
        reject(
          new FletchError('UNAVAILABLE', 'The thread that learns codes of vectors ended early.', { cause }),
        );
      worker.on('message', resolve);
      worker.on('error', fail);
      worker.on('exit', fail);
    });
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
