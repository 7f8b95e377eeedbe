/**
 * The one interface of all text encoders.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';

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
  close(): Promise<void>;
}
