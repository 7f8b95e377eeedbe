/**
 * Tokenizers whose tokens are single letters.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import { countWords } from './count-words.js';
import { splitterOf } from './encoder.js';
import { addedTokens, checkVocabulary, type TokenizerFile } from './file.js';

export interface TrainLettersOptions extends LongWork {
  /** Tokens, the special one included. */
  readonly vocabularySize: number;
  /** The first token, which stands for every letter that is none, and may stand between texts. Default `[UNK]`. */
  readonly unknown?: string;
}

/**
 * Makes a tokenizer of lower-cased letters, spaces and signs: the most frequent are its tokens, all others one and the
 * same. It is written as WordPiece over words of one letter, which all readers of `tokenizer.json` know.
 *
 * @param texts - documents
 * @returns the content of a `tokenizer.json`
 * @throws FletchError `INVALID_ARGUMENT` when the vocabulary is too small or there is no text, `ABORTED`
 */
export function trainLetters(texts: Iterable<string>, options: TrainLettersOptions): TokenizerFile {
  const { vocabularySize, unknown = '[UNK]', signal, onProgress } = options;
  checkVocabulary(vocabularySize, 2, [unknown]);
  const normalizer = { type: 'Lowercase' };
  const pre_tokenizer = {
    type: 'Split',
    pattern: { Regex: '[\\s\\S]' },
    behavior: 'Isolated',
    invert: false,
  };
  const work: LongWork = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const counts = countWords(texts, splitterOf({ normalizer, pre_tokenizer }), work);
  const letters = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([letter]) => letter);
  const vocab = Object.fromEntries(
    [unknown, ...letters.slice(0, vocabularySize - 1)].map((token, id) => [token, id]),
  );
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens([unknown]),
    normalizer,
    pre_tokenizer,
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: {
      type: 'WordPiece',
      unk_token: unknown,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}
