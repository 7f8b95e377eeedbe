/**
 * Keys that work everywhere on the page.
 *
 * @module
 */
import { helpOpen } from './components/Help.js';
import { focusSearch } from './lib/focus.js';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null;

/** `/` goes to the search, `?` opens the help; never while something is being typed. */
export function listenToKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '/') focusSearch();
    else if (event.key === '?') helpOpen(true);
    else return;
    event.preventDefault();
  });
}
