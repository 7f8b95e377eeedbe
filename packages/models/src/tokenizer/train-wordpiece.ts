/**
 * Trains WordPiece tokenizers, as BERT has one.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import { countWords } from './count-words.js';
import { splitterOf } from './encoder.js';
import { addedTokens, checkVocabulary, type TokenizerFile } from './file.js';
import { learnMerges } from './merges.js';

export interface TrainWordPieceOptions extends LongWork {
  /** Tokens, special ones and single characters included. */
  readonly vocabularySize: number;
  /** A pair that occurs less often is not merged. Default 2. */
  readonly minimum?: number;
  /** Single characters that are kept, the most frequent ones; words with others become `[UNK]`. Default 200. */
  readonly alphabet?: number;
}

/** BERT's special tokens; their ids are their positions here. */
export const bertTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;

const prefix = '##';

/** The characters of words as WordPiece writes them: all but the first with a prefix. */
const piecesOf = (word: string) =>
  Array.from(word, (character, i) => (i === 0 ? character : prefix + character));

/** The characters that occur most often, with and without prefix. */
function alphabetOf(counts: ReadonlyMap<string, number>, size: number): Set<string> {
  const occurrences = new Map<string, number>();
  for (const [word, count] of counts)
    for (const character of word) occurrences.set(character, (occurrences.get(character) ?? 0) + count);
  const ranked = [...occurrences].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return new Set(ranked.slice(0, size).map(([character]) => character));
}

/**
 * Trains an uncased WordPiece tokenizer: lower case, no accents, words cut at spaces and punctuation, `[CLS]` before and
 * `[SEP]` after each text. Its vocabulary is learned by merges, as Hugging Face's trainer does. The same texts in
 * any order give the same tokenizer.
 *
 * @param texts - documents
 * @returns the content of a `tokenizer.json`
 * @throws FletchError `INVALID_ARGUMENT` when the vocabulary is too small or there is no text, `ABORTED`
 */
export function trainWordPiece(texts: Iterable<string>, options: TrainWordPieceOptions): TokenizerFile {
  const { vocabularySize, minimum = 2, alphabet = 200, signal, onProgress } = options;
  const work: LongWork = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  checkVocabulary(vocabularySize, bertTokens.length + 1, []);
  const normalizer = {
    type: 'Sequence',
    normalizers: [{ type: 'NFD' }, { type: 'Lowercase' }, { type: 'StripAccents' }],
  };
  const pre_tokenizer = { type: 'BertPreTokenizer' };
  const counts = countWords(texts, splitterOf({ normalizer, pre_tokenizer }), work);
  const kept = alphabetOf(counts, alphabet);
  const known = [...counts].filter(([word]) => Array.from(word).every((character) => kept.has(character)));
  const symbols = [...new Set(known.flatMap(([word]) => piecesOf(word)))].sort();
  checkVocabulary(vocabularySize, bertTokens.length + symbols.length, []);
  const at = new Map(symbols.map((symbol, i) => [symbol, i]));
  const words = known.map(([word, count]) => ({
    symbols: piecesOf(word).map((piece) => at.get(piece)!),
    count,
  }));
  learnMerges(words, symbols, {
    size: vocabularySize - bertTokens.length,
    minimum,
    join: (left, right) => left + (right.startsWith(prefix) ? right.slice(prefix.length) : right),
    ...work,
  });
  const vocab = Object.fromEntries([...bertTokens, ...symbols].map((token, id) => [token, id]));
  const part = (id: 'A' | 'B', type_id: number) => ({ Sequence: { id, type_id } });
  const mark = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(bertTokens),
    normalizer,
    pre_tokenizer,
    post_processor: {
      type: 'TemplateProcessing',
      single: [mark('[CLS]', 0), part('A', 0), mark('[SEP]', 0)],
      pair: [mark('[CLS]', 0), part('A', 0), mark('[SEP]', 0), part('B', 1), mark('[SEP]', 1)],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((token) => [token, { id: token, ids: [vocab[token]!], tokens: [token] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix, cleanup: false },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: prefix,
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}
