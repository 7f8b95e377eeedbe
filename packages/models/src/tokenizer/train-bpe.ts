/**
 * Trains byte-level byte-pair tokenizers, as GPT-2 has one.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import { byteAlphabet, byteLevel, byteLevelWords } from './byte-level.js';
import { countWords } from './count-words.js';
import { addedTokens, checkVocabulary, type TokenizerFile } from './file.js';
import { learnMerges } from './merges.js';

export interface TrainBpeOptions extends LongWork {
  /** Tokens, special ones included: at least 256 and those. */
  readonly vocabularySize: number;
  /** They take the first ids. Default: `<|endoftext|>`. */
  readonly specialTokens?: readonly string[];
  /** A pair that occurs less often is not merged. Default 2. */
  readonly minimum?: number;
}

/**
 * Trains a byte-level byte-pair tokenizer. Every text can be encoded, and decodes to itself. The same texts in any
 * order give the same tokenizer.
 *
 * @param texts - documents; 5 MB take a few seconds
 * @returns the content of a `tokenizer.json`; it has fewer tokens than asked for when the texts hold too few pairs
 * @throws FletchError `INVALID_ARGUMENT` when the vocabulary is too small or there is no text, `ABORTED`
 */
export function trainBpe(texts: Iterable<string>, options: TrainBpeOptions): TokenizerFile {
  const { vocabularySize, specialTokens = ['<|endoftext|>'], minimum = 2, signal, onProgress } = options;
  const work: LongWork = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  checkVocabulary(vocabularySize, specialTokens.length + 256, specialTokens);
  const counts = countWords(texts, byteLevelWords, work);
  const alphabet = byteAlphabet();
  const symbols = alphabet.toSorted();
  const at = new Map(symbols.map((symbol, i) => [symbol, i]));
  const ids = alphabet.map((symbol) => at.get(symbol)!);
  const utf8 = new TextEncoder();
  const words = Array.from(counts, ([word, count]) => ({
    symbols: Array.from(utf8.encode(word), (byte) => ids[byte]!),
    count,
  }));
  const merges = learnMerges(words, symbols, {
    size: vocabularySize - specialTokens.length,
    minimum,
    join: (left, right) => left + right,
    ...work,
  });
  const vocab = Object.fromEntries([...specialTokens, ...symbols].map((token, id) => [token, id]));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(specialTokens),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: { ...byteLevel, trim_offsets: false },
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      // Symbols hold no space: the older way of writing pairs is read by every version.
      merges: merges.map(([left, right]) => `${symbols[left]} ${symbols[right]}`),
    },
  };
}
