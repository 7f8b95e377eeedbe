import { clearField, isEmpty, NOTHING_CHOSEN, type Range, toggle } from '../lib/filter.js';
import { usePage } from './context.js';

/** The filters that are on, each with a way to take it off. */
export function ActiveFilters() {
  const { router } = usePage();
  const { chosen } = router.route.value;
  if (isEmpty(chosen)) return null;
  return (
    <section class="active" aria-label="Active filters">
      {Object.entries(chosen.any).flatMap(([key, values]) =>
        values.map((value) => (
          <Off
            key={`${key}:${value}`}
            label={`${key}: ${value}`}
            off={() => router.go({ chosen: toggle(chosen, key, value) })}
          />
        )),
      )}
      {Object.entries(chosen.ranges).map(([key, range]) => (
        <Off
          key={key}
          label={`${key} ${written(range)}`}
          off={() => router.go({ chosen: clearField(chosen, key) })}
        />
      ))}
      <button type="button" class="link" onClick={() => router.go({ chosen: NOTHING_CHOSEN })}>
        clear all
      </button>
    </section>
  );
}

function written({ min, max }: Range): string {
  if (min === null) return `≤ ${max}`;
  return max === null ? `≥ ${min}` : `${min} – ${max}`;
}

function Off({ label, off }: { label: string; off: () => void }) {
  return (
    <button type="button" class="chip on" aria-label={`Remove the filter ${label}`} onClick={off}>
      {label} <span aria-hidden="true">×</span>
    </button>
  );
}
