import { useEffect, useRef } from 'preact/hooks';
import { focusHit } from '../lib/focus.js';
import { usePage } from './context.js';

/** The search box is an arrow: vanes, a shaft to write on, a point. While the server works, light runs along it. */
export function SearchBox() {
  const { router, search, card, ...page } = usePage();
  const input = useRef<HTMLInputElement>(null);
  const { text, trail, collection } = router.route.value;

  // The box opens ready to type, but a phone keeps its keyboard down.
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) input.current?.focus();
  }, [collection]);

  const keys = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' && focusHit(0)) event.preventDefault();
    else if (event.key === 'Escape' && (text !== '' || trail.length > 0)) page.ask('');
    else if (event.key === 'Enter' && trail.length > 0) page.ask(text);
  };
  return (
    <search class={`search ${search.pending.value ? 'pending' : ''}`}>
      <svg class="search-vanes" viewBox="0 0 44 28" width="44" height="28" aria-hidden="true">
        <path d="M2 2h15l13 12H15z" class="vane" />
        <path d="M2 26h15l13-12H15z" class="vane vane-index" />
        <path d="M15 14h29" stroke="currentColor" stroke-width="2" />
      </svg>
      <div class="search-shaft">
        <input
          id="search"
          ref={input}
          type="search"
          value={text}
          placeholder="Say what you mean"
          aria-label={`Search ${card.value?.name ?? ''} by meaning`}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          enterkeyhint="search"
          onInput={(event) => page.type(event.currentTarget.value)}
          onKeyDown={keys}
        />
        {text === '' ? (
          <span class="slash" aria-hidden="true">
            /
          </span>
        ) : (
          <button type="button" class="icon" aria-label="Clear the search" onClick={() => page.ask('')}>
            ×
          </button>
        )}
      </div>
      <svg class="search-point" viewBox="0 0 16 28" width="16" height="28" aria-hidden="true">
        <path d="M0 14h13M6 7l8 7-8 7" fill="none" stroke="currentColor" stroke-width="2" />
      </svg>
    </search>
  );
}
