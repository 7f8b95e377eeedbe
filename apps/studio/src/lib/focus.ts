/**
 * Moves the focus between hits and search box; the hits are found by their place in the list.
 *
 * @module
 */

/** Focuses the hit at `place`; whether there is one. */
export function focusHit(place: number): boolean {
  const hit = document.querySelector<HTMLElement>(`[data-place="${place}"]`);
  hit?.focus();
  return hit !== null;
}

export function focusSearch(): void {
  const input = document.querySelector<HTMLInputElement>('#search');
  input?.focus();
  input?.select();
}

/** Focuses what the page is about: the search where there is one, the content elsewhere. */
export function focusMain(): void {
  if (document.querySelector('#search') !== null) focusSearch();
  else document.querySelector<HTMLElement>('main')?.focus();
}

/** Focuses the line of the point that is open. */
export function focusPoint(): void {
  document.querySelector<HTMLElement>('.point[aria-current]')?.focus();
}
