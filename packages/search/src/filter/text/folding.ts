/**
 * Accented letters made plain.
 *
 * @module
 */

/** Letters that Unicode does not take apart. */
const letters: { readonly [letter: string]: string } = {
  Æ: 'AE',
  Ð: 'D',
  Ø: 'O',
  Þ: 'TH',
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  ð: 'd',
  ø: 'o',
  þ: 'th',
  Đ: 'D',
  đ: 'd',
  Ħ: 'H',
  ħ: 'h',
  ı: 'i',
  ĸ: 'q',
  Ł: 'L',
  ł: 'l',
  Ŋ: 'N',
  ŋ: 'n',
  Œ: 'OE',
  œ: 'oe',
  Ŧ: 'T',
  ŧ: 't',
  ƒ: 'f',
  Ə: 'A',
  ə: 'a',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
};

const MARKS = /\p{Mn}+/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
const ASCII = /^[\x00-\x7f]*$/;

/** `ação` → `acao`. Letters of other scripts stay as they are. */
export function foldToAscii(text: string): string {
  if (ASCII.test(text)) return text;
  let folded = '';
  for (const letter of text.normalize('NFC')) folded += fold(letter);
  return folded;
}

function fold(letter: string): string {
  if (letter <= '\x7f') return letter;
  if (Object.hasOwn(letters, letter)) return letters[letter]!;
  const plain = letter.normalize('NFKD').replace(MARKS, '');
  return plain !== '' && ASCII.test(plain) ? plain : letter;
}
