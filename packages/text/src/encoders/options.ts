/**
 * What encoders can be told.
 *
 * @module
 */
import type { SessionOptions } from '@fletch/array';

/** Options of all encoders; each takes those that concern it. */
export interface EncoderOptions extends SessionOptions {
  /** How `use` holds its weights: `float32` (default) or `int8`. */
  readonly precision?: 'float32' | 'int8';
}
