/**
 * Cuts long texts where it hurts least.
 *
 * @module
 */

/**
 * Pieces of `text` of at most `maxLength` characters: cut after a sentence, else between words, else anywhere
 * (but never inside a character).
 */
export function cutText(text: string, maxLength: number): string[] {
  const pieces: string[] = [];
  let rest = text.trim();
  while (rest.length > maxLength) {
    const end = cutPosition(rest, maxLength);
    pieces.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  if (rest !== '') pieces.push(rest);
  return pieces;
}

function cutPosition(text: string, maxLength: number): number {
  const window = text.slice(0, maxLength + 1);
  const sentence = lastEnd(window, /[.!?…]["'”’)\]]*\s/g);
  // A sentence that ends very early would leave a piece too short to mean much.
  if (sentence > maxLength / 4) return sentence;
  const word = lastEnd(window, /\s+/g);
  if (word > 0) return word;
  const code = text.charCodeAt(maxLength - 1);
  const splitsPair = code >= 0xd800 && code < 0xdc00;
  return splitsPair && maxLength > 1 ? maxLength - 1 : maxLength;
}

function lastEnd(text: string, pattern: RegExp): number {
  let end = 0;
  for (const match of text.matchAll(pattern)) end = match.index + match[0].length;
  return end;
}
