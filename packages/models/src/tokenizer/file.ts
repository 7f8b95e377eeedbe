/**
 * The file `tokenizer.json`, as Hugging Face's tokenizers read and write it: the parts of it that are written here.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** A token that is never the outcome of merges. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** The content of a `tokenizer.json`. */
export interface TokenizerFile {
  readonly version: string;
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: { readonly type: string; readonly [key: string]: unknown } | null;
  readonly pre_tokenizer: { readonly type: string; readonly [key: string]: unknown } | null;
  readonly post_processor: { readonly type: string; readonly [key: string]: unknown } | null;
  readonly decoder: { readonly type: string; readonly [key: string]: unknown } | null;
  readonly model: {
    readonly type: string;
    readonly vocab: Readonly<Record<string, number>>;
    readonly [key: string]: unknown;
  };
}

/** Special tokens as a file lists them; their ids are their positions. */
export function addedTokens(contents: readonly string[]): AddedToken[] {
  return contents.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
}

/**
 * Checks sizes and special tokens before anything is counted.
 *
 * @param least - tokens that are there before the first merge, special ones included
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function checkVocabulary(size: number, least: number, special: readonly string[]): void {
  if (!Number.isSafeInteger(size) || size < least)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A vocabulary of ${size} is too small: special tokens and single characters alone are ${least}.`,
      { details: { size, least } },
    );
  const bad = special.find((token, i) => token === '' || special.indexOf(token) !== i);
  if (bad !== undefined)
    throw new FletchError(
      'INVALID_ARGUMENT',
      bad === '' ? 'A special token must not be empty.' : `The special token "${bad}" is given twice.`,
    );
}
