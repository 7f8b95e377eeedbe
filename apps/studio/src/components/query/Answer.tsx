import type { ScoredPoint } from '@fletch/search';
import { display } from '../../lib/display.js';
import { milliseconds, plural, shorten } from '../../lib/format.js';
import { pretty } from '../../lib/json.js';
import { glances } from '../../lib/vectors.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';

/** What came back: hits with their scores, and how long it took. */
export function Answer() {
  const { builder } = usePage();
  const { answer } = builder;
  const asked = answer.value.value;
  return (
    <section class={`section ${answer.pending.value ? 'stale' : ''}`} aria-label="Answer">
      {answer.error.value !== null && (
        <p class="error" role="alert">
          {answer.error.value}
        </p>
      )}
      <p class="summary" role="status" aria-live="polite">
        {asked !== null && (
          <>
            {asked.result.length === 0 ? 'No hits' : plural(asked.result.length, 'hit')} in{' '}
            <span class="number">{milliseconds(asked.serverMs)}</span>, with the way there and back{' '}
            <span class="number">{milliseconds(asked.roundTripMs)}</span>
          </>
        )}
      </p>
      {asked !== null && (
        <ol class="answers">
          {asked.result.map((hit) => (
            <AnswerLine key={String(hit.id)} hit={hit} collection={asked.collection} />
          ))}
        </ol>
      )}
    </section>
  );
}

function AnswerLine({ hit, collection }: { hit: ScoredPoint; collection: string }) {
  const { desk, router } = usePage();
  const { title, text } = display(hit, desk.shown.value);
  const { id, score, payload } = hit;
  return (
    <li>
      <details class="answer">
        <summary>
          <span class="number score">{Number(score.toPrecision(5))}</span>
          <span class="answer-title">{title}</span>
          <span class="answer-text">{shorten(text, 140)}</span>
        </summary>
        <p class="links">
          <a href={router.href(routeTo('points', { collection, item: String(id) }))}>Point {id}</a>
        </p>
        {payload != null && <pre class="payload">{pretty(payload)}</pre>}
        <ul class="vectors">
          {glances(hit).map(({ name, size, start }) => (
            <li key={name}>
              {name} {size} <code>{start}</code>
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}
