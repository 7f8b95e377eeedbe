/**
 * An encoder in a process of its own, so that encoding many texts holds up neither searches nor the event loop.
 * (A worker thread will not do: ONNX Runtime's binding ends the whole process when a busy one is stopped.)
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { FletchError, type LongWork, type Progress, throwIfAborted } from '@fletch/base';
import type { EncoderOptions } from '../options.js';
import type { Encoder, TokenVectors } from '../types.js';
import { type EncodedTexts, fromSentError, type Reply, type Request } from './messages.js';

interface Job {
  readonly onProgress: ((progress: Progress) => void) | undefined;
  resolve(encoded: EncodedTexts): void;
  reject(error: Error): void;
}

/** Makes the encoder `spec` in another process, which runs at a lower priority. Throws what its creation throws. */
export async function createBackgroundEncoder(spec: string, options: EncoderOptions): Promise<Encoder> {
  const program = createRequire(import.meta.url).resolve('@fletch/text/encoder-process');
  const child = fork(program, {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.send({ kind: 'create', spec, options } satisfies Request);
  const first = await new Promise<Reply>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Reply));
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(ended(code, signal)));
  });
  if (first.kind === 'created') return new BackgroundEncoder(child, first);
  child.disconnect();
  throw first.kind === 'refused' ? fromSentError(first.error) : new Error(`Unexpected reply ${first.kind}.`);
}

function ended(code: number | null, signal: string | null): FletchError {
  return new FletchError(
    'UNAVAILABLE',
    `The encoder's process ended (${signal ?? `exit code ${code}`}): make the encoder again.`,
  );
}

class BackgroundEncoder implements Encoder {
  readonly name: string;
  readonly dimension: number;
  readonly #child: ChildProcess;
  readonly #jobs = new Map<number, Job>();
  #lastJob = 0;
  #ended: FletchError | undefined;

  readonly encodeTokens?: (texts: readonly string[], work?: LongWork) => Promise<TokenVectors>;

  constructor(child: ChildProcess, { name, dimension, tokens }: Reply & { kind: 'created' }) {
    this.#child = child;
    this.name = name;
    this.dimension = dimension;
    if (tokens)
      this.encodeTokens = async (texts, work) => {
        const { vectors, starts } = await this.#encode(texts, true, work);
        return { vectors, starts: starts! };
      };
    child.removeAllListeners('exit');
    child.on('message', (message) => this.#take(message as Reply));
    child.on('exit', (code, signal) => this.#end(ended(code, signal)));
    child.unref();
    this.#release();
  }

  async encode(texts: readonly string[], work?: LongWork): Promise<Float32Array> {
    return (await this.#encode(texts, false, work)).vectors;
  }

  async #encode(
    texts: readonly string[],
    tokens: boolean,
    { signal, onProgress }: LongWork = {},
  ): Promise<EncodedTexts> {
    throwIfAborted(signal);
    if (this.#ended) throw this.#ended;
    const job = ++this.#lastJob;
    const abort = () => this.#send({ kind: 'abort', job });
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise<EncodedTexts>((resolve, reject) => {
        this.#jobs.set(job, { onProgress, resolve, reject });
        this.#child.channel?.ref();
        this.#send({ kind: 'encode', job, texts, tokens });
      });
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#jobs.delete(job);
      this.#release();
    }
  }

  #send(request: Request): void {
    if (this.#child.connected) this.#child.send(request);
  }

  /** An idle encoder does not keep the process alive. */
  #release(): void {
    if (this.#jobs.size === 0) this.#child.channel?.unref();
  }

  #take(reply: Reply): void {
    if (!('job' in reply)) return;
    const job = this.#jobs.get(reply.job);
    if (reply.kind === 'progress') job?.onProgress?.(reply.progress);
    else if (reply.kind === 'encoded') job?.resolve(reply);
    else job?.reject(fromSentError(reply.error));
  }

  #end(error: FletchError): void {
    this.#ended ??= error;
    for (const job of this.#jobs.values()) job.reject(this.#ended);
  }

  async close(): Promise<void> {
    if (!this.#child.connected) return;
    this.#ended = new FletchError('CLOSED', 'The encoder is closed.');
    const exit = once(this.#child, 'exit');
    this.#child.ref();
    this.#child.disconnect();
    await exit;
  }
}
