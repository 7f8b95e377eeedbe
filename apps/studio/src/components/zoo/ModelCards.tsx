import type { ZooEntry } from '@fletch/models';
import { stateOf } from '../../lib/zoo.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { Curves } from './Curves.js';
import { Figures } from './Figures.js';
import { Samples } from './Samples.js';
import { TrainButton } from './TrainButton.js';

/** The models as cards. */
export function ModelCards() {
  const { zoo } = usePage();
  const all = zoo.models.value.value?.models;
  if (all === undefined) return zoo.models.pending.value ? <p class="waiting">Reading the recipes…</p> : null;
  const trained = all.filter(({ record }) => record !== null).length;
  return (
    <>
      <header class="page-head">
        <h1>Zoo</h1>
        <span class="quiet">
          {all.length} recipes; {trained} trained here
        </span>
      </header>
      <p class="lead">
        Small models with Hugging Face’s layouts, made from data that everyone can fetch. Training one takes
        some minutes; it is kept, and comes out the same again.
      </p>
      <ul class="cards">
        {all.map((model) => (
          <ModelCard key={model.name} model={model} />
        ))}
      </ul>
    </>
  );
}

function ModelCard({ model }: { model: ZooEntry }) {
  const { router } = usePage();
  const { name, title, state, record } = model;
  return (
    <li class={`card ${record === null ? 'planned' : ''}`}>
      <p class="card-head">
        <code>{name}</code>
        <span class={`verdict-mark ${state === 'trained' ? 'holds' : state === 'damaged' ? 'fails' : ''}`}>
          {stateOf(model)}
        </span>
      </p>
      <h3>
        <a href={router.href(routeTo('zoo', { item: name }))}>{title}</a>
      </h3>
      {record === null ? (
        <p>{model.summary}</p>
      ) : (
        <>
          <Figures figures={record.quality.figures} />
          <Curves curves={record.curves} />
          <Samples name={name} samples={record.samples} most={record.samples[0]?.kind === 'text' ? 1 : 10} />
        </>
      )}
      <TrainButton model={model} />
    </li>
  );
}
