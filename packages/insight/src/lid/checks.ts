/**
 * Whether a language model is a good start: does it copy what it has read before, and does it tell words apart?
 *
 * @module
 */
import {
  array,
  compile,
  expandDims,
  logSoftmax,
  type NDArray,
  squeeze,
  type Tensor,
  takeAlongAxis,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { gpt2, type Tokenizer } from '@fletch/models';
import { type Domain, domains } from './policy/domain.js';
import type { PretrainedModel } from './policy/policy.js';
import { WordTable } from './policy/vocabulary.js';

/** What {@link checkLanguageModel} finds. */
export interface LanguageModelChecks {
  /** Mean loss on a span of words that was not seen before, in nats. */
  readonly first: number;
  /** Mean loss on the same span when it comes again. */
  readonly second: number;
  /** `first − second`: a model that looks back has at least 1. */
  readonly induction: number;
  /** Mean cosine of the rows of two of the environment's words: below 0.2 they can be told apart. */
  readonly cosine: number;
  /** The same after the mean of the rows is taken off. */
  readonly centredCosine: number;
}

/** Spans that are read. */
const SPANS = 64;

/**
 * Reads random spans of texts twice over, and compares the rows of the environment's words.
 *
 * @param texts - that it has not learned from, some of them as long as a span
 * @param options.span - tokens of a span. Default 20
 * @throws FletchError `NOT_FOUND` naming a word that the tokenizer does not know, `INVALID_ARGUMENT` without a tokenizer
 */
export async function checkLanguageModel(
  { config: given, params, tokenizer }: PretrainedModel,
  texts: readonly string[],
  options: {
    readonly domain?: Domain['name'];
    readonly span?: number;
    readonly seed?: number;
    readonly threads?: number;
  } = {},
): Promise<LanguageModelChecks> {
  const { domain = 'home', span = 20, seed = 0, threads } = options;
  if (!tokenizer) throw new FletchError('INVALID_ARGUMENT', 'The checks need the tokenizer of the model.');
  const config = gpt2.config(given);
  const own = new WordTable(tokenizer, domains[domain], 'text', 0).tokens;
  const { inputs, next } = spansOf(tokenizer, texts, { context: config.n_positions, span, seed });
  const run = compile(
    (weights: Readonly<Record<string, Tensor>>, ids: Tensor, after: Tensor) => ({
      logs: squeeze(
        takeAlongAxis(
          logSoftmax(gpt2.forward(config, weights, { inputIds: ids }).logits),
          expandDims(after, -1),
        ),
        -1,
      ),
    }),
    { name: 'induction', ...(threads !== undefined && { threads }) },
  );
  try {
    const { logs } = await run(params as Record<string, NDArray>, inputs, next);
    const length = logs.shape[1]!;
    // Of each span the first word is left out: nothing tells that it begins again.
    const lossOf = (from: number) => {
      let sum = 0;
      for (let b = 0; b < SPANS; b++)
        for (let i = from; i < from + span - 1; i++) sum -= logs.data[b * length + i] as number;
      return sum / (SPANS * (span - 1));
    };
    const [first, second] = [lossOf(1), lossOf(1 + span)];
    const table = params['transformer.wte.weight']!;
    return { first, second, induction: first - second, ...cosinesOf(table, own) };
  } finally {
    await run.close();
  }
}

/** A boundary, a span of a text drawn at random, the same span again. */
function spansOf(
  tokenizer: Tokenizer,
  texts: readonly string[],
  { context, span, seed }: { readonly context: number; readonly span: number; readonly seed: number },
) {
  const length = 1 + 2 * span;
  if (length > context)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Two spans of ${span} tokens take ${length}, the language model reads ${context}.`,
    );
  const long = texts.map((text) => tokenizer.encode(text)).filter((tokens) => tokens.length >= span);
  if (long.length === 0)
    throw new FletchError('INVALID_ARGUMENT', `None of the ${texts.length} texts has ${span} tokens.`);
  const boundary = tokenizer.file.added_tokens.at(-1)?.id ?? 0;
  const random = rng(seed, 9);
  const rows = Array.from({ length: SPANS }, () => {
    const tokens = long[random.integer(long.length)]!;
    const from = random.integer(tokens.length - span + 1);
    const own = Array.from(tokens.subarray(from, from + span));
    return [boundary, ...own, ...own];
  });
  const part = (from: number, to: number) =>
    array(
      rows.map((row) => row.slice(from, to)),
      'int32',
    );
  return { inputs: part(0, length - 1), next: part(1, length) };
}

/** Mean cosine over all pairs of rows, as they are and less their mean. */
function cosinesOf(table: NDArray, rows: readonly number[]): { cosine: number; centredCosine: number } {
  const width = table.shape[1]!;
  const data = table.data as Float32Array;
  const vectors = rows.map((row) => Array.from(data.subarray(row * width, (row + 1) * width)));
  const centre = Array.from(
    { length: width },
    (_, j) => vectors.reduce((sum, vector) => sum + vector[j]!, 0) / vectors.length,
  );
  const centred = vectors.map((vector) => vector.map((value, j) => value - centre[j]!));
  return { cosine: meanCosine(vectors), centredCosine: meanCosine(centred) };
}

/** Σ over pairs of û·v̂ = (|Σ û|² − n) / 2. */
function meanCosine(vectors: readonly number[][]): number {
  const units = vectors.map((vector) => {
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  });
  const total = units[0]!.map((_, j) => units.reduce((sum, unit) => sum + unit[j]!, 0));
  const n = units.length;
  return (total.reduce((sum, value) => sum + value * value, 0) - n) / (n * (n - 1));
}
