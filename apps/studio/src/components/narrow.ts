import { signal } from '@preact/signals';

const query = matchMedia('(max-width: 760px)');

/** Whether the page is one column; the same width as in the style sheets. */
export const narrow = signal(query.matches);

query.addEventListener('change', ({ matches }) => {
  narrow.value = matches;
});
