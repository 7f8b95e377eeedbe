/**
 * The process behind {@link createBackgroundEncoder}.
 *
 * @module
 */
import { setPriority } from 'node:os';
import type { LongWork } from '@fletch/base';
import { createEncoder } from '../registry.js';
import type { Encoder } from '../types.js';
import { type EncodedTexts, type Reply, type Request, toSentError } from './messages.js';

/** Below normal, so that searches in the parent go first. */
const NICE = 10;

let encoder: Encoder | undefined;
const running = new Map<number, AbortController>();

const reply = (message: Reply) => process.send?.(message);

async function encode({ job, texts, tokens }: Request & { kind: 'encode' }): Promise<void> {
  const controller = new AbortController();
  running.set(job, controller);
  try {
    const work: LongWork = {
      signal: controller.signal,
      onProgress: (progress) => reply({ kind: 'progress', job, progress }),
    };
    const encoded: EncodedTexts = tokens
      ? await encoder!.encodeTokens!(texts, work)
      : { vectors: await encoder!.encode(texts, work) };
    reply({ kind: 'encoded', job, ...encoded });
  } catch (error) {
    reply({ kind: 'failed', job, error: toSentError(error) });
  } finally {
    running.delete(job);
  }
}

async function create(request: Request & { kind: 'create' }): Promise<void> {
  try {
    encoder = await createEncoder(request.spec, request.options);
    const { name, dimension, encodeTokens } = encoder;
    reply({ kind: 'created', name, dimension, tokens: encodeTokens !== undefined });
  } catch (error) {
    reply({ kind: 'refused', error: toSentError(error) });
  }
}

process.on('message', (request: Request) => {
  if (request.kind === 'create') void create(request);
  else if (request.kind === 'encode') void encode(request);
  else running.get(request.job)?.abort();
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group; the parent decides when the work ends.
process.on('SIGINT', () => {});
setPriority(NICE);
