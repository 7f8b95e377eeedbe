import { display } from '../lib/display.js';
import { milliseconds, percent } from '../lib/format.js';
import type { Comparison } from '../state/compare.js';
import { usePage } from './context.js';

/** Runs the same question exactly and shows what the index missed, and what it saved. */
export function ComparePanel() {
  const { compare, search } = usePage();
  const request = search.outcome.value?.request;
  if (request?.body.query === undefined) return null;
  const comparison = compare.comparison.value;
  return (
    <section class="panel" aria-labelledby="recall">
      <h2 class="eyebrow" id="recall">
        Recall
      </h2>
      <div aria-live="polite">{comparison !== null && <Verdict comparison={comparison} />}</div>
      {compare.error.value !== null && <p class="error">{compare.error.value}</p>}
      <button
        type="button"
        class="button"
        disabled={compare.pending.value}
        onClick={() => void compare.run(request)}
      >
        {compare.pending.value
          ? 'Comparing…'
          : comparison === null
            ? 'Compare with exact search'
            : 'Compare again'}
      </button>
    </section>
  );
}

function Verdict({ comparison }: { comparison: Comparison }) {
  const { hints } = usePage();
  const { recall, k, index, exact, missing } = comparison;
  const longest = Math.max(index, exact) || 1;
  const bar = (name: string, time: number) => (
    <div class="versus">
      <span>{name}</span>
      <span class="bar" aria-hidden="true">
        <span style={{ width: `${(time / longest) * 100}%` }} />
      </span>
      <span class="number">{milliseconds(time)}</span>
    </div>
  );
  return (
    <>
      <p class="verdict">
        <span class="number">{percent(recall)}</span> of the true top {k} found
      </p>
      {bar('index', index)}
      {bar('exact', exact)}
      {missing.length > 0 && (
        <>
          <p class="small">Missed by the index:</p>
          <ul class="missing">
            {missing.map((hit) => (
              <li key={String(hit.id)}>
                {display(hit, hints.value).title} <span class="number">{hit.score.toFixed(3)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
