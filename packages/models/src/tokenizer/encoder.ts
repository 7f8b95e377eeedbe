/**
 * What is used of Hugging Face's tokenizers.
 *
 * @module
 */
import * as tokenizers from '@huggingface/tokenizers';
import type { TokenizerFile } from './file.js';

/** The part of their class that is used here. */
export interface Encoder {
  readonly normalizer: ((text: string) => string) | null;
  readonly pre_tokenizer: ((text: string) => string[]) | null;
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: number[] };
  decode(ids: readonly number[], options: { readonly skip_special_tokens: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_vocab(): Map<string, number>;
}

// Its declarations leave out file endings, which Node's resolution asks for: the class is described above instead.
const { Tokenizer } = tokenizers as unknown as {
  readonly Tokenizer: new (file: object, config: object) => Encoder;
};

/** Their tokenizer of a file. Texts are left as they are decoded. */
export function encoderOf(file: TokenizerFile): Encoder {
  return new Tokenizer(file, { clean_up_tokenization_spaces: false });
}

/** How a file with these parts cuts texts into words, before any vocabulary is known. */
export function splitterOf(
  parts: Pick<TokenizerFile, 'normalizer' | 'pre_tokenizer'>,
): (text: string) => string[] {
  const { normalizer, pre_tokenizer } = encoderOf({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    post_processor: null,
    decoder: null,
    model: { type: 'BPE', vocab: {}, merges: [] },
    ...parts,
  });
  return (text) => pre_tokenizer!(normalizer ? normalizer(text) : text);
}
