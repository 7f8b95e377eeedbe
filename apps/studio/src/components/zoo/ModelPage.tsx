import type { ZooEntry } from '@fletch/models';
import { bytes, figure, moment } from '../../lib/bytes.js';
import { factsOf, stateOf } from '../../lib/zoo.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { FactList } from '../FactList.js';
import { Curves } from './Curves.js';
import { Figures } from './Figures.js';
import { Samples } from './Samples.js';
import { TrainButton } from './TrainButton.js';

/** One model: its recipe, and what was trained of it. */
export function ModelPage({ name }: { name: string }) {
  const { zoo, router } = usePage();
  const model = zoo.open.value;
  return (
    <article>
      <p class="links">
        <a href={router.href(routeTo('zoo'))}>← All models</a>
      </p>
      {model === undefined ? (
        zoo.models.value.value !== null && <p class="nothing">There is no recipe called “{name}”.</p>
      ) : (
        <Model model={model} />
      )}
    </article>
  );
}

function Model({ model }: { model: ZooEntry }) {
  const { name, title, summary, hash, folder, plan, record } = model;
  return (
    <>
      <header class="page-head">
        <h1>{title}</h1>
        <span class="verdict-mark">{stateOf(model)}</span>
      </header>
      <p class="lead">{summary}</p>
      <p class="small">
        <code>await zooModel('{name}')</code> from @fletch/models, or <code>fletch zoo train {name}</code>
      </p>
      <TrainButton model={model} />
      {record !== null && (
        <>
          <section class="section" aria-labelledby="quality">
            <h2 id="quality">Held-out quality</h2>
            <p class="small">{record.quality.data}</p>
            <Figures figures={record.quality.figures} />
          </section>
          <section class="section" aria-labelledby="curves">
            <h2 id="curves">Training</h2>
            <p class="small">
              {moment(record.date)}, {figure(record.seconds)} s ({figure(record.cpuSeconds)} s of processor
              time) on {record.machine.cores} × {record.machine.cpu};{' '}
              {record.parameters.toLocaleString('en-US')} parameters, {bytes(4 * record.parameters)}.
            </p>
            <Curves curves={record.curves} />
          </section>
          {record.samples.length > 0 && (
            <section class="section" aria-labelledby="samples">
              <h2 id="samples">What it makes</h2>
              <Samples name={name} samples={record.samples} />
            </section>
          )}
        </>
      )}
      <section class="section" aria-labelledby="recipe">
        <h2 id="recipe">Recipe</h2>
        <Facts title={`Model: ${plan.family}`} facts={factsOf(plan.config)} />
        <Facts title="Data" facts={[...factsOf(plan.data), ...factsOf(record?.facts ?? {})]} />
        <Facts title="Training" facts={factsOf(plan.training)} />
        <p class="small">
          Hash <code>{hash}</code>, version {plan.version}, kept in <code>{folder}</code>
        </p>
      </section>
    </>
  );
}

function Facts({ title, facts }: { title: string; facts: ReturnType<typeof factsOf> }) {
  return (
    <>
      <h3>{title}</h3>
      <FactList facts={facts} />
    </>
  );
}
