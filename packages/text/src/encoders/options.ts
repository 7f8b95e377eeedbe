/**
 * What encoders can be told.
 *
 * @module
 */
import type { SessionOptions } from '@fletch/array';

/** How token vectors become a text's vector: their mean, or the first one; `none`: they stay, and a text is their set. */
export type Pooling = 'mean' | 'cls' | 'none';

/** Options of all encoders; each takes those that concern it. */
export interface EncoderOptions extends SessionOptions {
  /**
   * Run in a process of its own at a lower priority, so that encoding many texts does not hold up this one.
   * Default: false.
   */
  readonly background?: boolean;
  /** How `use` holds its weights: `float32` (default) or `int8`. */
  readonly precision?: 'float32' | 'int8';
  /**
   * How `onnx` and `transformers` pool. Default: what the model's folder says, else `mean`. `none` (of `use` and `onnx`)
   * gives the vectors of the last hidden layer, one for each token.
   */
  readonly pooling?: Pooling;
  /** Whether `onnx` and `transformers` scale vectors to unit length. Default: true. */
  readonly normalize?: boolean;
  /** Length of the vectors that `openai` asks for. Default: the model's own. */
  readonly dimension?: number;
  /** Where `openai` sends its requests. Default: `OPENAI_BASE_URL`, else `https://api.openai.com/v1`. */
  readonly baseUrl?: string;
  /** Key that `openai` sends. Default: `OPENAI_API_KEY`; none is sent when there is none. */
  readonly apiKey?: string;
  /** Texts that `openai` sends in one request. Default 128. */
  readonly batchSize?: number;
  /** How often `openai` tries again when the endpoint is busy. Default 5. */
  readonly retries?: number;
}

/** The name under which an encoder with these options is made again; those that were not given are left out. */
export function encoderName(
  base: string,
  options: { readonly [option in keyof EncoderOptions]: EncoderOptions[option] | undefined },
): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return given.length === 0 ? base : `${base}?${given.map(([name, value]) => `${name}=${value}`).join('&')}`;
}
