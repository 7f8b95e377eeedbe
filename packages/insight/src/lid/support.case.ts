/** A small tokenizer and policies for tests. */
import { Tokenizer, trainWords } from '@fletch/models';
import { domains } from './policy/domain.js';
import { LMPolicy, type LMPolicyOptions } from './policy/policy.js';

const words = [...new Set([...domains.home.words, ...domains.grid.words])];
const others = Array.from({ length: 200 }, (_, i) => `word${i}`);

export const tokenizer = new Tokenizer(
  trainWords([[...words, ...others].join(' ')], { vocabularySize: 400, always: words }),
);

export const tiny = { n_embd: 16, n_layer: 1, n_head: 2, n_positions: 128 } as const;

export const tinyPolicy = (options: Partial<LMPolicyOptions> = {}) =>
  new LMPolicy({ lm: 'scratch', tokenizer, size: tiny, seed: 1, threads: 1, ...options });
