import { examples } from '../lib/examples.js';
import { count } from '../lib/format.js';
import { mainVector } from '../state/collections.js';
import { usePage } from './context.js';

/** Before the first question: what is here and what could be asked. */
export function Start() {
  const { card, facets, hints, ask, router } = usePage();
  const { name, info } = card.value!;
  const vector = mainVector(info);
  const queries = examples(name, facets.sample.value, hints.value);
  const wander = () => {
    const sample = facets.sample.value;
    const point = sample[Math.floor(Math.random() * sample.length)];
    if (point !== undefined) router.go({ text: '', trail: [point.id] });
  };
  if (info.points_count === 0) return <p class="start-facts">This collection has no points yet.</p>;
  return (
    <section class="start" aria-label="Examples">
      <p class="start-lead">
        Describe it in your own words. What comes back is near in meaning, whether or not it shares a word
        with you.
      </p>
      <ul class="examples">
        {queries.map((query) => (
          <li key={query}>
            <button type="button" class="example" onClick={() => ask(query)}>
              {query}
            </button>
          </li>
        ))}
      </ul>
      <p class="start-facts">
        <span class="number">{count(info.points_count)}</span> points, {vector.size} dimensions,{' '}
        {vector.distance.toLowerCase()}.{' '}
        <button type="button" class="link" onClick={wander} disabled={facets.sample.value.length === 0}>
          Start from any point
        </button>
      </p>
    </section>
  );
}
