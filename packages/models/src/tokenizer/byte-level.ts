/**
 * Texts as words of bytes, as GPT-2 cuts them.
 *
 * @module
 */

/** The part of a `tokenizer.json` that says so. */
export const byteLevel = {
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: true,
} as const;

/** A word with the space before it, a number, a run of other marks, a run of spaces. */
const pattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** The words of a text: put together they are the text. Each is the only word of itself. */
export function byteLevelWords(text: string): string[] {
  return text.match(pattern) ?? [];
}

/** The characters that stand for the 256 bytes, by byte: printable Latin ones for themselves, others from U+0100 on. */
export function byteAlphabet(): string[] {
  const isPlain = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPlain(byte) ? byte : next++));
}
