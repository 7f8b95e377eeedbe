/**
 * Writing text, token by token.
 *
 * @module
 */
import { array, compile, gather, mul, type NDArray, softmax, squeeze, type Tensor } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { type Gpt2Config, gpt2 } from '../../families/gpt2.js';
import type { Tokenizer } from '../../tokenizer/index.js';

/** The token between texts. */
export const END = '<|endoftext|>';

export interface WriteTextOptions {
  /** How many tokens at most; it ends before at the end of a text. Default 50. */
  readonly tokens?: number;
  /** Below 1 likely tokens are preferred. Default 0.8. */
  readonly temperature?: number;
  /** The same seed writes the same. Default 0. */
  readonly seed?: number;
  /** Default: all cores. */
  readonly threads?: number | undefined;
}

/**
 * Goes on with a text as a decoder in GPT-2's layout would: each token is drawn from what the model says.
 *
 * @param params - as `zooModel` gives them
 * @param prompt - what precedes; as much of its end as the model can see is used
 * @returns what comes after the prompt
 * @throws FletchError `INVALID_ARGUMENT` for a temperature that is not positive
 */
export async function writeText(
  config: Gpt2Config,
  params: Readonly<Record<string, NDArray>>,
  tokenizer: Tokenizer,
  prompt: string,
  options: WriteTextOptions = {},
): Promise<string> {
  const { tokens = 50, temperature = 0.8, seed = 0, threads } = options;
  if (!(temperature > 0))
    throw new FletchError('INVALID_ARGUMENT', `The temperature must be above 0, not ${temperature}.`);
  const end = tokenizer.idOf(END);
  const length = config.n_positions;
  const next = compile(
    (weights: Readonly<Record<string, Tensor>>, ids: Tensor, place: Tensor) => {
      const { logits } = gpt2.forward(config, weights, { inputIds: ids });
      return { chances: softmax(mul(squeeze(gather(logits, place, 1)), 1 / temperature)) };
    },
    { name: 'writing', ...(threads !== undefined && { threads }) },
  );
  const random = rng(seed);
  const seen = [end, ...tokenizer.encode(prompt)];
  const start = seen.length;
  try {
    while (seen.length - start < tokens) {
      const shown = seen.slice(-length);
      const ids = new Int32Array(length).fill(end);
      ids.set(shown);
      const { chances } = await next(
        params,
        array(ids, 'int32', [1, length]),
        array(Int32Array.of(shown.length - 1), 'int32'),
      );
      const token = random.categorical(chances.data as Float32Array);
      if (token === end) break;
      seen.push(token);
    }
  } finally {
    await next.close();
  }
  return tokenizer.decode(seen.slice(start));
}
