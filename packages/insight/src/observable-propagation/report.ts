/**
 * One question asked of one model: heads and paths, ranked.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import type { CausalLM } from './decoder.js';
import { ObservablePropagation, type Prompt } from './model.js';
import { type ParsedObservable, parseObservable } from './observable.js';
import { nodeName } from './propagate.js';

/** What is asked. */
export interface ObserveOptions extends LongWork {
  /** As {@link parseObservable} reads it: `he - she`. */
  readonly observable: string;
  /** A prompt, and another one of the same length with the other answer. */
  readonly prompt?: Prompt | undefined;
  readonly counter?: Prompt | undefined;
  /** Most nodes of a path. Default 3. */
  readonly maxLength?: number | undefined;
  /** Paths of each length that are kept. Default 10. */
  readonly beam?: number | undefined;
  readonly takeFirst?: boolean | undefined;
  /** Default: all cores. */
  readonly threads?: number | undefined;
}

/** A head: what its weights could write, and what it does on the pair. */
export interface HeadReport {
  readonly layer: number;
  readonly head: number;
  readonly norm: number;
  /** How far the observable falls when its output comes from the counter-prompt; `null` without a pair. */
  readonly patched: number | null;
}

/** A path: `mlp0 ← attn0.0@1`. */
export interface PathReport {
  readonly path: string;
  readonly contribution: number;
}

/** What was found. */
export interface ObserveReport {
  readonly observable: ParsedObservable['tokens'];
  /** The pair with its tokens and values, or `null`. */
  readonly pair: {
    readonly tokens: readonly string[];
    readonly counterTokens: readonly string[];
    readonly value: number;
    readonly counterValue: number;
  } | null;
  /** Ranked: by what patching does when there is a pair, else by norm. */
  readonly heads: readonly HeadReport[];
  /** Ranked by size; empty without a pair. */
  readonly paths: readonly PathReport[];
}

/**
 * Ranks the heads of a model by what they could say to a question; with a pair of prompts also by what they do, and the
 * paths by how much of the difference they carry.
 *
 * @throws FletchError `INVALID_ARGUMENT` for an observable that is not read, a model without a tokenizer or of another
 *   layout, a prompt without its counter-prompt; `DIMENSION_MISMATCH` when they differ in length; `ABORTED`
 */
export async function observeModel(model: CausalLM, options: ObserveOptions): Promise<ObserveReport> {
  const { prompt, counter, maxLength, beam, takeFirst, threads, signal, onProgress } = options;
  if ((prompt === undefined) !== (counter === undefined))
    throw new FletchError(
      'INVALID_ARGUMENT',
      'A prompt and a counter-prompt are given together or not at all.',
    );
  if (!model.tokenizer)
    throw new FletchError(
      'INVALID_ARGUMENT',
      'The model has no tokenizer, which reads observables and prompts.',
    );
  const tool = new ObservablePropagation(model, threads === undefined ? {} : { threads });
  const work = signal ? { signal } : {};
  try {
    const { weights, tokens } = parseObservable(model.tokenizer, options.observable, {
      size: tool.tokens,
      ...(takeFirst !== undefined && { takeFirst }),
    });
    const norms = tool.headNorms(weights);
    const heads = (patched?: ArrayLike<number>) =>
      Array.from(
        norms.data,
        (norm, i): HeadReport => ({
          layer: Math.floor(i / tool.heads),
          head: i % tool.heads,
          norm,
          patched: patched ? patched[i]! : null,
        }),
      ).sort((a, b) => Math.abs(b.patched ?? b.norm) - Math.abs(a.patched ?? a.norm));
    if (prompt === undefined || counter === undefined)
      return { observable: tokens, pair: null, heads: heads(), paths: [] };

    const pair = await tool.pair(prompt, counter, work);
    onProgress?.({ done: 1, total: 3, stage: 'patching heads' });
    const patched = await tool.headPatching(weights, [prompt], [counter], work);
    throwIfAborted(signal);
    onProgress?.({ done: 2, total: 3, stage: 'searching for paths' });
    const paths = await tool.findPaths(weights, prompt, counter, {
      ...(maxLength !== undefined && { maxLength }),
      ...(beam !== undefined && { beam }),
      ...work,
    });
    onProgress?.({ done: 3, total: 3, stage: 'searching for paths' });
    const spelled = (ids: Int32Array) =>
      Array.from(ids, (id) => model.tokenizer!.decode([id], { special: true }));
    return {
      observable: tokens,
      pair: {
        tokens: spelled(pair[0].ids),
        counterTokens: spelled(pair[1].ids),
        value: tool.value(weights, pair[0]),
        counterValue: tool.value(weights, pair[1]),
      },
      heads: heads(patched.data),
      paths: paths.map(({ path, contribution }) => ({ path: path.map(nodeName).join(' ← '), contribution })),
    };
  } finally {
    await tool.close();
  }
}
