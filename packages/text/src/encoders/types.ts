/**
 * The one interface of all text encoders.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';

/** The vectors of texts' tokens: text i has those from `starts[i]` to `starts[i + 1] - 1`. */
export interface TokenVectors {
  /** Row-major, each of the encoder's dimension. */
  readonly vectors: Float32Array;
  /** One more than there are texts. */
  readonly starts: Uint32Array;
}

/** Turns texts into vectors. */
export interface Encoder {
  /** The name under which {@link createEncoder} makes it again, e.g. `use` or `onnx:./my-model`. */
  readonly name: string;
  /** Length of its vectors. */
  readonly dimension: number;
  /**
   * Vectors of `texts` in their order, `texts.length × dimension` values, each of unit length unless the
   * encoder says otherwise. Batches are made inside, by length. An empty text is allowed.
   */
  encode(texts: readonly string[], options?: LongWork): Promise<Float32Array>;
  /**
   * Present where a text is a set of vectors, one for each of its tokens, to be compared by MaxSim: `pooling=none`.
   * {@link encode} then gives their means.
   *
   * @throws FletchError `INVALID_ARGUMENT` for a text without tokens
   */
  readonly encodeTokens?: (texts: readonly string[], options?: LongWork) => Promise<TokenVectors>;
  close(): Promise<void>;
}
