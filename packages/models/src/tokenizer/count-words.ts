/**
 * The words of a corpus and how often they occur.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';

/** Documents between two looks at the signal. */
const CHECKED = 1000;

/**
 * Counts the words that `split` cuts texts into.
 *
 * @param texts - documents
 * @returns in the order of first occurrence
 * @throws FletchError `INVALID_ARGUMENT` when there is no word in any text, or a text is no string; `ABORTED`
 */
export function countWords(
  texts: Iterable<string>,
  split: (text: string) => readonly string[],
  { signal, onProgress }: LongWork = {},
): Map<string, number> {
  const counts = new Map<string, number>();
  let documents = 0;
  for (const text of texts) {
    if (typeof text !== 'string')
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Document ${documents} is ${text === null ? 'null' : typeof text}: a corpus consists of strings.`,
      );
    if (documents++ % CHECKED === 0) {
      throwIfAborted(signal);
      onProgress?.({ done: documents, stage: 'counting words' });
    }
    for (const word of split(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  if (counts.size === 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      documents === 0
        ? 'The corpus holds no documents: a tokenizer is trained on texts.'
        : `None of the ${documents} documents of the corpus holds any text: a tokenizer is trained on texts.`,
      { details: { documents } },
    );
  return counts;
}
