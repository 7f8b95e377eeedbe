/**
 * Point ids as people write them.
 *
 * @module
 */
import type { PointId } from '@fletch/search';

/** Digits are a number, anything else stays as it is. */
export const readId = (text: string): PointId => (/^\d+$/.test(text.trim()) ? Number(text) : text.trim());

/** Ids between commas, spaces or line ends. */
export const readIds = (text: string): PointId[] =>
  text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(readId);
