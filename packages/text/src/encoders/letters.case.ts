/**
 * An encoder for tests: how often each letter occurs.
 *
 * @module
 */
import { type LongWork, throwIfAborted } from '@fletch/base';
import type { Encoder } from './types.js';

export class LetterEncoder implements Encoder {
  readonly dimension = 26;
  /** Every list of texts that was encoded. */
  readonly calls: string[][] = [];

  constructor(readonly name = 'letters') {}

  async encode(texts: readonly string[], { signal }: LongWork = {}): Promise<Float32Array> {
    throwIfAborted(signal);
    this.calls.push([...texts]);
    const vectors = new Float32Array(texts.length * 26);
    for (const [row, text] of texts.entries()) {
      for (const letter of text.toLowerCase().matchAll(/[a-z]/g))
        vectors[26 * row + letter[0].charCodeAt(0) - 97]! += 1;
      const own = vectors.subarray(26 * row, 26 * row + 26);
      const length = Math.hypot(...own) || 1;
      for (let i = 0; i < 26; i++) own[i]! /= length;
    }
    return vectors;
  }

  async close(): Promise<void> {}
}
