import type { LegendEntry } from '../lib/colours.js';
import { toggle } from '../lib/filter.js';
import { usePage } from './context.js';

/** What the colours mean; a press on one filters by it. */
export function Legend({ field, entries }: { field: string; entries: readonly LegendEntry[] }) {
  const { router, facets } = usePage();
  const { chosen } = router.route.value;
  const values = facets.facets.value.find(({ key }) => key === field)?.values ?? [];
  return (
    <ul class="legend">
      {entries.map(({ value, count, colour }) => {
        const facet = values.find((hit) => String(hit.value) === value);
        const press = () => router.go({ chosen: toggle(chosen, field, facet?.value ?? value) });
        return (
          <li key={value}>
            <button type="button" class="legend-entry" title={`Filter by ${field}: ${value}`} onClick={press}>
              <span class={`swatch colour-${colour}`} aria-hidden="true" />
              {value} <span class="number">{count}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
