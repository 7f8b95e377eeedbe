/**
 * The process behind {@link createBackgroundEncoder}.
 *
 * @module
 */
import { setPriority } from 'node:os';
import { createEncoder } from '../registry.js';
import type { Encoder } from '../types.js';
import { type Reply, type Request, toSentError } from './messages.js';

/** Below normal, so that searches in the parent go first. */
const NICE = 10;

let encoder: Encoder | undefined;
const running = new Map<number, AbortController>();

const reply = (message: Reply) => process.send?.(message);

async function encode(job: number, texts: readonly string[]): Promise<void> {
  const controller = new AbortController();
  running.set(job, controller);
  try {
    const vectors = await encoder!.encode(texts, {
      signal: controller.signal,
      onProgress: (progress) => reply({ kind: 'progress', job, progress }),
    });
    reply({ kind: 'encoded', job, vectors });
  } catch (error) {
    reply({ kind: 'failed', job, error: toSentError(error) });
  } finally {
    running.delete(job);
  }
}

async function create(request: Request & { kind: 'create' }): Promise<void> {
  try {
    encoder = await createEncoder(request.spec, request.options);
    reply({ kind: 'created', name: encoder.name, dimension: encoder.dimension });
  } catch (error) {
    reply({ kind: 'refused', error: toSentError(error) });
  }
}

process.on('message', (request: Request) => {
  if (request.kind === 'create') void create(request);
  else if (request.kind === 'encode') void encode(request.job, request.texts);
  else running.get(request.job)?.abort();
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group; the parent decides when the work ends.
process.on('SIGINT', () => {});
setPriority(NICE);
