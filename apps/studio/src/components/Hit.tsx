import type { ScoredPoint } from '@fletch/search';
import { useState } from 'preact/hooks';
import { display } from '../lib/display.js';
import { share } from '../lib/score.js';
import { mainVector } from '../state/collections.js';
import { usePage } from './context.js';

interface HitProps {
  readonly hit: ScoredPoint;
  /** Place in the list, from 0. */
  readonly place: number;
  /** Scores of the whole list, best first. */
  readonly scores: readonly number[];
  /** False for points that are only listed, not compared. */
  readonly ranked: boolean;
}

/** One hit: heading, text, tags, its score as an arrow's flight; opened, its whole payload. */
export function Hit({ hit, place, scores, ranked }: HitProps) {
  const { hints, pointed, neighbours, card } = usePage();
  const [open, setOpen] = useState(false);
  const { title, text, tags } = display(hit, hints.value);
  const distance = card.value === undefined ? 'Cosine' : mainVector(card.value.info).distance;
  const point = () => {
    pointed.value = hit.id;
  };
  const classes = `hit ${open ? 'open' : ''} ${pointed.value === hit.id ? 'pointed' : ''}`;
  return (
    <li class={classes} data-id={String(hit.id)} onMouseEnter={point} onFocusCapture={point}>
      <div class="hit-head">
        <button
          type="button"
          class="hit-title"
          data-place={place}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {title}
        </button>
        <button
          type="button"
          class="link hit-near"
          onClick={() => neighbours(hit)}
          aria-label={`Neighbours of ${title}`}
        >
          neighbours
        </button>
        {ranked && <span class="hit-score number">{hit.score.toFixed(3)}</span>}
      </div>
      <div class="hit-body">
        {text !== '' && <p class="hit-text">{text}</p>}
        {tags.length > 0 && (
          <ul class="tags">
            {tags.map(({ key, value }) => (
              <li key={key} title={key}>
                {value}
              </li>
            ))}
          </ul>
        )}
      </div>
      {ranked && (
        <div class="flight" aria-hidden="true">
          <span style={{ width: `${share(hit.score, distance, scores) * 100}%` }} />
        </div>
      )}
      {open && <pre class="payload">{JSON.stringify({ id: hit.id, ...hit.payload }, null, 2)}</pre>}
    </li>
  );
}
