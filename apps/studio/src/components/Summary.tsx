import { count, milliseconds, plural } from '../lib/format.js';
import { usePage } from './context.js';

/** How many hits and how fast; read out when it changes. */
export function Summary() {
  const { search, asking, facets, card } = usePage();
  const matching = facets.matching.value;
  const outcome = search.outcome.value;
  const shown = asking.value && outcome !== null;
  return (
    <p class="summary" role="status" aria-live="polite">
      {shown && (
        <>
          {outcome.hits.length === 0 ? 'No hits' : plural(outcome.hits.length, 'hit')} in{' '}
          <span class="number">{milliseconds(outcome.latency.server)}</span>
          {matching !== null && (
            <>
              , among the {count(matching)} of {count(card.value?.info.points_count ?? 0)} points that pass
            </>
          )}
        </>
      )}
    </p>
  );
}
