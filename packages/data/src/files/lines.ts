/**
 * Text files line by line.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { readText } from './utf8.js';

/** A line without its end, numbered from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/** A file whose line breaks are missing should fail early, not fill the memory. */
const MAX_LINE = 16 * 2 ** 20;

/**
 * The file's lines; they end with `\n` or `\r\n`.
 *
 * @param text - its text in pieces, when that is not what stands in the file
 *
 * @throws FletchError what {@link readText} throws; `INVALID_INPUT_FILE` for a line over 16 Mi characters
 */
export async function* readLines(path: string, text = readText(path)): AsyncGenerator<Line> {
  let rest = '';
  let number = 0;
  for await (const piece of text) {
    const parts = (rest + piece).split('\n');
    rest = parts.pop()!;
    for (const part of parts)
      yield { text: part.endsWith('\r') ? part.slice(0, -1) : part, number: ++number };
    if (rest.length > MAX_LINE)
      throw new FletchError(
        'INVALID_INPUT_FILE',
        `Line ${number + 1} of ${path} is longer than ${MAX_LINE} characters: break it into lines.`,
        { details: { file: path, line: number + 1 } },
      );
  }
  if (rest !== '') yield { text: rest, number: ++number };
}
