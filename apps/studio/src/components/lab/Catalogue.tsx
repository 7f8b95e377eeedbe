import { useState } from 'preact/hooks';
import type { LabSystem } from '../../api/lab.js';
import { byField, matchesText, verdictOf } from '../../lib/systems.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { ChoiceField, TextField } from '../form/Field.js';
import { ClaimLine } from './Claims.js';
import { Plot } from './Plot.js';
import { RunButton } from './RunButton.js';
import { Verdict } from './Verdict.js';

const SHOWN = { all: 'all', built: 'that can be run', planned: 'that are planned' } as const;

/** The systems as cards, by field. */
export function Catalogue() {
  const { lab } = usePage();
  const [text, setText] = useState('');
  const [status, setStatus] = useState<keyof typeof SHOWN>('all');
  const all = lab.systems.value.value;
  if (all === null) return lab.systems.pending.value ? <p class="waiting">Reading the catalogue…</p> : null;
  const wanted = all.filter(
    (system) => (status === 'all' || system.status === status) && matchesText(system, text),
  );
  const held = all.filter((system) => verdictOf(system) === 'holds').length;
  const measured = all.filter(({ result }) => result !== null).length;
  return (
    <>
      <header class="page-head">
        <h1>Laboratory</h1>
        <span class="quiet">
          {all.length} published systems; {measured} measured, {held} reproduced
        </span>
      </header>
      <p class="lead">
        Each is built from its paper, and its claim is measured again here. The quick profile takes about a
        minute.
      </p>
      <div class="row">
        <TextField label="Find" type="search" value={text} change={setText} placeholder="quantization" />
        <ChoiceField label="Systems" value={status} options={SHOWN} change={setStatus} />
      </div>
      {wanted.length === 0 && <p class="nothing">None of them.</p>}
      {byField(wanted).map(({ field, about, systems }) => (
        <section key={field} class="section" aria-label={about}>
          <h2>
            {about} <span class="quiet number">{systems.length}</span>
          </h2>
          <ul class="cards">
            {systems.map((system) => (
              <SystemCard key={system.id} system={system} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function SystemCard({ system }: { system: LabSystem }) {
  const { router } = usePage();
  const { id, number, title, summary, claim, result, status } = system;
  return (
    <li class={`card ${status}`}>
      <p class="card-head">
        <span class="number quiet">{number}</span>
        <Verdict system={system} />
      </p>
      <h3>
        <a href={router.href(routeTo('lab', { item: id }))}>{title}</a>
      </h3>
      <p>{summary}</p>
      <p class="claim">
        <span class="eyebrow">Claim</span> {claim}
      </p>
      {result !== null && (
        <>
          <ul class="claims">
            {result.claims.slice(0, 3).map((one) => (
              <ClaimLine key={one.id} claim={one} />
            ))}
          </ul>
          <Plot id={id} title={title} />
        </>
      )}
      <RunButton system={system} />
    </li>
  );
}
