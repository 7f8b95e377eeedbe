import { useState } from 'preact/hooks';
import type { ChoiceValue } from '../lib/filter.js';
import { toggle } from '../lib/filter.js';
import { count, shorten } from '../lib/format.js';
import type { Facet } from '../state/facets.js';
import { usePage } from './context.js';

const FEW = 6;

/** The values of a field as chips; any of the pressed ones must hold. */
export function ChoiceFacet({ facet }: { facet: Facet }) {
  const { router } = usePage();
  const [all, setAll] = useState(false);
  const chosen = router.route.value.chosen;
  const pressed = chosen.any[facet.key] ?? [];
  // Pressed values stay in sight, also those that the other filters have emptied.
  const gone = pressed.filter((value) => !facet.values.some((hit) => hit.value === value));
  const values = [...facet.values, ...gone.map((value) => ({ value, count: 0 }))];
  const shown = all ? values : values.filter(({ value }, i) => i < FEW || pressed.includes(value));
  const press = (value: ChoiceValue) => router.go({ chosen: toggle(chosen, facet.key, value) });
  return (
    <fieldset class="facet">
      <legend class="eyebrow">{facet.key}</legend>
      <div class="chips">
        {shown.map(({ value, count: points }) => (
          <button
            key={String(value)}
            type="button"
            class="chip"
            aria-pressed={pressed.includes(value)}
            title={String(value)}
            onClick={() => press(value)}
          >
            {shorten(String(value), 26)} <span class="number">{count(points)}</span>
          </button>
        ))}
        {values.length > FEW && (
          <button type="button" class="link" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'fewer' : `${values.length - FEW} more`}
          </button>
        )}
      </div>
    </fieldset>
  );
}
