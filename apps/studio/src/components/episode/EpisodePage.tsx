import { usePage } from '../context.js';
import { Apartment } from './Apartment.js';
import { Chooser } from './Chooser.js';
import { Moment } from './Moment.js';
import { Steps } from './Steps.js';

/** Episodes of the household of system 8, step by step. */
export function EpisodePage() {
  const { episodes } = usePage();
  const { value, error, pending } = episodes.episode;
  const frame = value.value?.frames[episodes.step.value];
  return (
    <article>
      <header class="page-head">
        <h1>Episodes</h1>
        <span class="quiet">the household in which language models become policies</span>
      </header>
      <Chooser />
      {error.value !== null && (
        <p class="error" role="alert">
          {error.value}
        </p>
      )}
      {value.value === null && pending.value && <p class="waiting">Playing…</p>}
      {value.value !== null && frame && (
        <>
          <Steps episode={value.value} />
          <div class="episode">
            <Apartment episode={value.value} frame={frame} />
            <Moment frame={frame} />
          </div>
        </>
      )}
    </article>
  );
}
