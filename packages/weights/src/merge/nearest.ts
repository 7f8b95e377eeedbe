/**
 * The name that somebody may have meant.
 *
 * @module
 */

/** Changes of one letter from one word to the other (Levenshtein 1966). */
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++)
      row.push(Math.min(before[j]! + 1, row[j - 1]! + 1, before[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    before = row;
  }
  return before[b.length]!;
}

/** `Did you mean "ties"? There are …`: the nearest name, then all of them. */
export function suggestion(given: string, names: readonly string[]): string {
  const ranked = names
    .map((name) => ({ name, far: distance(given.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const nearest = ranked[0];
  const meant =
    nearest && nearest.far <= Math.max(2, given.length / 2) ? `Did you mean "${nearest.name}"? ` : '';
  return `${meant}There are: ${[...names].sort().join(', ')}.`;
}
