/**
 * Numbers and times as people read them.
 *
 * @module
 */

const whole = new Intl.NumberFormat('en');

/** `117659` → `117,659`. */
export const count = (value: number): string => whole.format(value);

/** `1 hit`, `20 hits`. */
export const plural = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** Milliseconds with as many digits as matter: `0.42 ms`, `8.3 ms`, `127 ms`, `2.4 s`. */
export function milliseconds(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  if (value >= 100) return `${value.toFixed(0)} ms`;
  return `${value.toFixed(value < 1 ? 2 : 1)} ms`;
}

/** A share between 0 and 1: `97 %`; never rounds up to 100 %. */
export function percent(share: number): string {
  const rounded = Math.round(share * 1000) / 10;
  const capped = share < 1 ? Math.min(rounded, 99.9) : rounded;
  return `${capped % 1 === 0 ? capped.toFixed(0) : capped.toFixed(1)} %`;
}

/** `text` cut to at most `length` characters, at a word's end where one is near. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const cut = text.slice(0, length - 1);
  const space = cut.lastIndexOf(' ');
  return `${(space > length * 0.6 ? cut.slice(0, space) : cut).replace(/[\s,;:.]+$/, '')}…`;
}
