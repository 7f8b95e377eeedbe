import { setRange } from '../lib/filter.js';
import type { Facet } from '../state/facets.js';
import { usePage } from './context.js';

/** Bounds of a number field. */
export function RangeFacet({ facet }: { facet: Facet }) {
  const { router } = usePage();
  const chosen = router.route.value.chosen;
  const range = chosen.ranges[facet.key] ?? { min: null, max: null };
  const change = (side: 'min' | 'max') => (event: Event) => {
    const value = (event.currentTarget as HTMLInputElement).valueAsNumber;
    const next = { ...range, [side]: Number.isFinite(value) ? value : null };
    router.go({ chosen: setRange(chosen, facet.key, next) });
  };
  const bound = (side: 'min' | 'max', name: string) => (
    <input
      type="number"
      step="any"
      aria-label={`${facet.key} ${name}`}
      placeholder={facet.seen === null ? name : String(facet.seen[side])}
      value={range[side] ?? ''}
      onChange={change(side)}
    />
  );
  return (
    <fieldset class="facet">
      <legend class="eyebrow">{facet.key}</legend>
      <div class="range">
        {bound('min', 'at least')}
        <span aria-hidden="true">to</span>
        {bound('max', 'at most')}
      </div>
    </fieldset>
  );
}
