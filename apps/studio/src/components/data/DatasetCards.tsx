import { useState } from 'preact/hooks';
import type { ListedDataset } from '../../api/data.js';
import { bytes } from '../../lib/bytes.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { ChoiceField, TextField } from '../form/Field.js';
import { Sample } from './Sample.js';

/** Kinds, in the order in which they are shown. */
const KINDS = {
  images: 'Images',
  texts: 'Texts',
  packages: 'Packages',
  vectors: 'Vectors',
  ratings: 'Ratings',
  table: 'Tables',
} as const;

const SHOWN = {
  all: 'all',
  ready: 'that are here',
  absent: 'that can be fetched',
  own: 'of your own',
} as const;

const STATES = { ready: 'here', absent: 'not fetched', own: 'your files' } as const;

/** The data sets as cards, by kind, with a few of each. */
export function DatasetCards() {
  const { datasets } = usePage();
  const [text, setText] = useState('');
  const [state, setState] = useState<keyof typeof SHOWN>('all');
  const all = datasets.list.value.value;
  if (all === null) return datasets.list.pending.value ? <p class="waiting">Looking for data sets…</p> : null;
  const words = text.toLowerCase().split(/\s+/);
  const wanted = all.filter((dataset) => {
    const said = `${dataset.name} ${dataset.title} ${dataset.about}`.toLowerCase();
    return (state === 'all' || dataset.state === state) && words.every((word) => said.includes(word));
  });
  return (
    <>
      <header class="page-head">
        <h1>Data</h1>
        <span class="quiet">
          {all.length} data sets; {all.filter((one) => one.state === 'ready').length} here
        </span>
      </header>
      <p class="lead">
        Each is fetched on first use, through npm or apt, and checked. <code>fletch data get</code> fetches
        one.
      </p>
      <div class="row">
        <TextField label="Find" type="search" value={text} change={setText} placeholder="digits" />
        <ChoiceField label="Data sets" value={state} options={SHOWN} change={setState} />
      </div>
      {wanted.length === 0 && <p class="nothing">None of them.</p>}
      {Object.entries(KINDS).map(([kind, title]) => {
        const some = wanted.filter((dataset) => dataset.kind === kind);
        if (some.length === 0) return null;
        return (
          <section key={kind} class="section" aria-label={title}>
            <h2>
              {title} <span class="quiet number">{some.length}</span>
            </h2>
            <ul class="cards">
              {some.map((dataset) => (
                <DatasetCard key={dataset.name} dataset={dataset} />
              ))}
            </ul>
          </section>
        );
      })}
    </>
  );
}

function DatasetCard({ dataset }: { dataset: ListedDataset }) {
  const { router, datasets } = usePage();
  const { name, title, about, size, download, license, state } = dataset;
  const view = datasets.views.value.get(name);
  return (
    <li class={`card dataset ${state === 'ready' ? '' : 'planned'}`}>
      <p class="card-head">
        <code>{name}</code>
        <span class={`verdict-mark ${state === 'ready' ? 'holds' : ''}`}>{STATES[state]}</span>
      </p>
      <h3>
        <a href={router.href(routeTo('data', { item: name }))}>{title}</a>
      </h3>
      <p>{about}</p>
      {view !== undefined && <Sample sample={view.sample} brief />}
      <p class="claim">
        {size}
        {download > 0 && `, ${bytes(download)} to fetch`}. <span class="eyebrow">Licence</span> {license}
      </p>
    </li>
  );
}
