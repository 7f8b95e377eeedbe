/**
 * Cutting text into words.
 *
 * @module
 */
import type { TextIndexParams } from '../../types/index.js';

export type TokenizerName = NonNullable<TextIndexParams['tokenizer']>;

/** Runs of what is neither a letter nor a number. */
const BETWEEN_WORDS = /[^\p{Alphabetic}\p{N}]+/u;
const SPACES = /\p{White_Space}+/u;
const LETTER = /\p{Alphabetic}/u;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** Marks on letters of scripts that are read without them. */
const MARKED =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Thai}]/u;
const MARKS = /\p{Mn}+/gu;

let segmenter: Intl.Segmenter | undefined;

/** How each tokenizer cuts; empty words may be among them. `prefix` cuts its words further. */
export const cutters: { readonly [name in TokenizerName]: (text: string) => string[] } = {
  word: (text) => text.split(BETWEEN_WORDS),
  prefix: (text) => text.split(BETWEEN_WORDS),
  whitespace: (text) => text.split(SPACES),
  multilingual: cutByDictionary,
};

/**
 * Words also of languages that are written without spaces, as Unicode's dictionaries know them, in lower case and
 * without marks. Words of digits only are left out. Japanese words stay as they are written.
 */
function cutByDictionary(text: string): string[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'word' });
  const asWritten = KANA.test(text);
  const words: string[] = [];
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    if (!isWordLike) continue;
    for (const word of segment.split(BETWEEN_WORDS))
      if (LETTER.test(word)) words.push(asWritten ? word : plain(word));
  }
  return words;
}

function plain(word: string): string {
  const lower = word.normalize('NFKC').toLowerCase();
  return MARKED.test(lower) ? lower.normalize('NFD').replace(MARKS, '').normalize('NFC') : lower;
}
