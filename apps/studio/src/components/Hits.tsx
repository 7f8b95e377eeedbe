import { isEmpty } from '../lib/filter.js';
import { focusHit, focusSearch } from '../lib/focus.js';
import { MOST_HITS } from '../state/search.js';
import { usePage } from './context.js';
import { Hit } from './Hit.js';

/** The hits, walked with the arrow keys. */
export function Hits() {
  const { search, limit, ...page } = usePage();
  const outcome = search.outcome.value;
  if (outcome === null) return null;
  const { hits } = outcome;
  if (hits.length === 0) return <Nothing />;

  const keys = (event: KeyboardEvent) => {
    const at = (event.target as HTMLElement).closest<HTMLElement>('[data-place]')?.dataset.place;
    if (at === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const place = Number(at);
    if (event.key === 'ArrowDown') focusHit(place + 1);
    else if (event.key === 'ArrowUp') place === 0 ? focusSearch() : focusHit(place - 1);
    else if (event.key === 'Home') focusHit(0);
    else if (event.key === 'End') focusHit(hits.length - 1);
    else if (event.key === 'n') page.neighbours(hits[place]!);
    else if (event.key === 'Escape') focusSearch();
    else return;
    event.preventDefault();
  };
  const scores = hits.map(({ score }) => score);
  const full = hits.length >= limit.value && limit.value < MOST_HITS;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears the keys of the buttons inside
    <div class={`hits ${search.pending.value ? 'stale' : ''}`} onKeyDown={keys}>
      <ol>
        {hits.map((hit, place) => (
          <Hit
            key={String(hit.id)}
            hit={hit}
            place={place}
            scores={scores}
            ranked={outcome.request.body.query !== undefined}
          />
        ))}
      </ol>
      {full && (
        <button type="button" class="button" onClick={() => page.more()}>
          More hits
        </button>
      )}
    </div>
  );
}

function Nothing() {
  const { router } = usePage();
  return (
    <p class="nothing">
      {!isEmpty(router.route.value.chosen)
        ? 'No point passes these filters.'
        : 'This collection has nothing to show.'}
    </p>
  );
}
