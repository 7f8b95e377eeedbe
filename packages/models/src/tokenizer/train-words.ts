/**
 * Trains tokenizers whose tokens are whole words.
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import { countWords } from './count-words.js';
import { splitterOf } from './encoder.js';
import { addedTokens, checkVocabulary, type TokenizerFile } from './file.js';

export interface TrainWordsOptions extends LongWork {
  /** Tokens, special ones included. */
  readonly vocabularySize: number;
  /** Words that are tokens however rare they are, but for those that never occur. Default none. */
  readonly always?: readonly string[];
  /** They take the first ids; the first stands for every word that is no token. Default: `[UNK]`. */
  readonly specialTokens?: readonly [unknown: string, ...others: string[]];
}

/**
 * Trains an uncased tokenizer of whole words: lower case, no accents, cut at spaces and punctuation. The most frequent
 * words are its tokens, all others one and the same. It is written as WordPiece without continuations, which all
 * readers of `tokenizer.json` know.
 *
 * @param texts - documents
 * @returns the content of a `tokenizer.json`
 * @throws FletchError `INVALID_ARGUMENT` when the vocabulary is too small, there is no text, or a word of `always` never
 *   occurs (nothing could be learned of it), `ABORTED`
 */
export function trainWords(texts: Iterable<string>, options: TrainWordsOptions): TokenizerFile {
  const { vocabularySize, always = [], specialTokens = ['[UNK]'], signal, onProgress } = options;
  checkVocabulary(vocabularySize, specialTokens.length + always.length, specialTokens);
  const normalizer = {
    type: 'Sequence',
    normalizers: [{ type: 'NFD' }, { type: 'Lowercase' }, { type: 'StripAccents' }],
  };
  const pre_tokenizer = { type: 'BertPreTokenizer' };
  const work: LongWork = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const counts = countWords(texts, splitterOf({ normalizer, pre_tokenizer }), work);
  const missing = always.filter((word) => !counts.has(word));
  if (missing.length > 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The texts never use ${missing.map((word) => `"${word}"`).join(', ')}: nothing can be learned of such a word.`,
      { details: { missing } },
    );
  const wanted = new Set(always);
  const byFrequency = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([word]) => word);
  const room = vocabularySize - specialTokens.length - wanted.size;
  const others = byFrequency.filter((word) => !wanted.has(word)).slice(0, room);
  const kept = new Set([...wanted, ...others]);
  const vocab = Object.fromEntries(
    [...specialTokens, ...byFrequency.filter((word) => kept.has(word))].map((token, id) => [token, id]),
  );
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(specialTokens),
    normalizer,
    pre_tokenizer,
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: {
      type: 'WordPiece',
      unk_token: specialTokens[0],
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}
