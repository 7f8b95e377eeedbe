/**
 * Learning in a thread, so that searches go on meanwhile.
 *
 * @module
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { FletchError } from '@fletch/base';
import type { Coding } from '../codes.js';
import { type Lesson, learnCoding } from './learn.js';

/** Multiplications that are not worth a thread: some milliseconds. */
const MAX_INLINE = 20_000_000;

/** {@link learnCoding}, in a thread of its own when it takes long. Throws `UNAVAILABLE` when the thread ends early. */
export async function learnInThread(lesson: Lesson, signal: AbortSignal): Promise<Coding> {
  const { dimension, vectors } = lesson;
  if (vectors.length * dimension + dimension ** 3 <= MAX_INLINE) return learnCoding(lesson);
  const file = createRequire(import.meta.url).resolve('@fletch/search/learn');
  const worker = new Worker(file, { name: 'fletch-learn', execArgv: [], workerData: lesson });
  worker.unref();
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<Coding>((resolve, reject) => {
      const fail = (cause: unknown) =>
        reject(new FletchError('UNAVAILABLE', 'The thread that learns a projection ended early.', { cause }));
      worker.on('message', resolve);
      worker.on('error', fail);
      worker.on('exit', fail);
    });
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
