/**
 * Texts to numbers and back.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { FletchError, replaceFile } from '@fletch/base';
import { byteLevelWords } from './byte-level.js';
import { type Encoder, encoderOf } from './encoder.js';
import type { TokenizerFile } from './file.js';

export interface EncodeOptions {
  /** Whether what the file says stands around a text (`[CLS]`, `[SEP]`) is added. Default false. */
  readonly special?: boolean;
}

export interface DecodeOptions {
  /** Whether special tokens are written out. Default false. */
  readonly special?: boolean;
}

/** Words remembered with their tokens. */
const WORDS = 200_000;

/** Normalizers that leave what they have normalized as it is. */
const settled = new Set(['NFD', 'Lowercase', 'StripAccents']);

/** How a text is cut into words that can be encoded one by one; undefined where a word's tokens depend on others. */
function wordsOf({ normalizer, pre_tokenizer }: TokenizerFile, encoder: Encoder) {
  if (pre_tokenizer?.type === 'ByteLevel' && !normalizer) {
    const { add_prefix_space, use_regex } = pre_tokenizer;
    return add_prefix_space === false && use_regex !== false ? byteLevelWords : undefined;
  }
  const isByLetter =
    pre_tokenizer?.type === 'Split' &&
    (pre_tokenizer.pattern as { readonly Regex?: string } | undefined)?.Regex === '[\\s\\S]';
  if (pre_tokenizer?.type !== 'BertPreTokenizer' && !isByLetter) return undefined;
  const steps = (normalizer?.normalizers ?? (normalizer ? [normalizer] : [])) as readonly { type: string }[];
  if (!steps.every(({ type }) => settled.has(type))) return undefined;
  return (text: string) => encoder.pre_tokenizer!(encoder.normalizer ? encoder.normalizer(text) : text);
}

/** A tokenizer, from the content of a `tokenizer.json`: one of ours or any that Hugging Face's tokenizers read. */
export class Tokenizer {
  /** What it was made of. */
  readonly file: TokenizerFile;
  /** One more than the largest id. */
  readonly vocabularySize: number;
  readonly #encoder: Encoder;
  readonly #split: ((text: string) => readonly string[]) | undefined;
  /** Words that were seen, with their tokens. */
  readonly #words = new Map<string, readonly number[]>();

  /** @throws FletchError `INVALID_INPUT_FILE` when it is no such content */
  constructor(file: TokenizerFile) {
    try {
      this.#encoder = encoderOf(file);
    } catch (cause) {
      throw new FletchError(
        'INVALID_INPUT_FILE',
        `This is not the content of a tokenizer.json: ${cause instanceof Error ? cause.message : cause}.`,
        { cause },
      );
    }
    this.file = file;
    this.#split = wordsOf(file, this.#encoder);
    this.vocabularySize = Math.max(-1, ...this.#encoder.get_vocab().values()) + 1;
  }

  /** The tokens of a text. A text without any gives none. */
  encode(text: string, { special = false }: EncodeOptions = {}): Int32Array {
    const surrounded = special && this.file.post_processor?.type !== 'ByteLevel';
    if (this.#split && !surrounded && !this.file.added_tokens.some(({ content }) => text.includes(content)))
      return this.#encodeWords(this.#split(text));
    return Int32Array.from(this.#encoder.encode(text, { add_special_tokens: special }).ids);
  }

  /** Word by word, each looked up when it comes again: ten times as fast. */
  #encodeWords(list: readonly string[]): Int32Array {
    const ids: number[] = [];
    const words = this.#words;
    for (const word of list) {
      let own = words.get(word);
      if (own === undefined) {
        own = this.#encoder.encode(word, { add_special_tokens: false }).ids;
        if (words.size >= WORDS) words.clear();
        words.set(word, own);
      }
      for (const id of own) ids.push(id);
    }
    return Int32Array.from(ids);
  }

  /**
   * The text of tokens.
   *
   * @throws FletchError `INVALID_ARGUMENT` for an id that is no token
   */
  decode(ids: ArrayLike<number>, { special = false }: DecodeOptions = {}): string {
    if (ids.length === 0) return '';
    const list = Array.from(ids);
    const bad = list.findIndex((id) => this.tokenOf(id) === undefined);
    if (bad >= 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${list[bad]} at position ${bad} is no token: ids are 0 to ${this.vocabularySize - 1}.`,
        { details: { position: bad, id: list[bad] } },
      );
    return this.#encoder.decode(list, { skip_special_tokens: !special });
  }

  /** How a token is written, or undefined. */
  tokenOf(id: number): string | undefined {
    return this.#encoder.id_to_token(id);
  }

  /**
   * The id of a token.
   *
   * @throws FletchError `NOT_FOUND`
   */
  idOf(token: string): number {
    const id = this.#encoder.token_to_id(token);
    if (id === undefined)
      throw new FletchError('NOT_FOUND', `"${token}" is none of the ${this.vocabularySize} tokens.`, {
        details: { token },
      });
    return id;
  }

  /**
   * Writes a `tokenizer.json`; a crash leaves the old file whole.
   *
   * @throws FletchError `IO` or `DISK_FULL`
   */
  async save(path: string): Promise<void> {
    await replaceFile(path, (file) => file.writeFile(`${JSON.stringify(this.file, null, 2)}\n`));
  }

  /**
   * Reads a `tokenizer.json`.
   *
   * @throws FletchError `NOT_FOUND` when there is no such file, `INVALID_INPUT_FILE` when it is none
   */
  static async load(path: string): Promise<Tokenizer> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (cause) {
      throw new FletchError('NOT_FOUND', `${path} cannot be read.`, { cause });
    }
    try {
      return new Tokenizer(JSON.parse(text) as TokenizerFile);
    } catch (cause) {
      throw new FletchError(
        'INVALID_INPUT_FILE',
        `${path} is no tokenizer.json: ${(cause as Error).message}`,
        {
          cause,
        },
      );
    }
  }
}
