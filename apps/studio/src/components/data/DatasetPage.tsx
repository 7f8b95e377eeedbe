import type { DatasetDescription } from '@fletch/data';
import { bytes } from '../../lib/bytes.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { FactList } from '../FactList.js';
import { Sample } from './Sample.js';

/** One data set: what is known of it, and a sample when it is there. */
export function DatasetPage({ name }: { name: string }) {
  const { datasets, router } = usePage();
  const { value, missing, error } = datasets.detail;
  return (
    <article>
      <p class="links">
        <a href={router.href(routeTo('data'))}>← All data sets</a>
      </p>
      {missing.value && <p class="nothing">There is no data set called “{name}”.</p>}
      {error.value !== null && !missing.value && (
        <p class="error" role="alert">
          {error.value}
        </p>
      )}
      {value.value !== null && <Dataset dataset={value.value} />}
    </article>
  );
}

function Dataset({ dataset }: { dataset: DatasetDescription }) {
  const { name, title, about, source, license, size, split, loader, download, state, view } = dataset;
  const facts = [
    ['From', download > 0 ? `${source} (${bytes(download)})` : source],
    ['Licence', license],
    ['Size', size],
    ['Split', split],
  ] as const;
  return (
    <>
      <header class="page-head">
        <h1>{title}</h1>
      </header>
      <p class="lead">{about}</p>
      <dl class="said">
        {facts.map(([what, value]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div>
          <dt>In code</dt>
          <dd>
            <code>{loader}</code>
          </dd>
        </div>
      </dl>
      {view === null ? (
        <p class="quiet section">
          {state === 'own' ? 'It is read from files of yours: ' : 'It is not here yet: '}
          <code>
            {state === 'own' ? `fletch data describe ${name} --path <folder>` : `fletch data get ${name}`}
          </code>
        </p>
      ) : (
        <>
          <FactList
            facts={Object.entries(view.figures).map(
              ([what, value]) =>
                [what, typeof value === 'number' ? value.toLocaleString('en-US') : value] as const,
            )}
          />
          <section class="section" aria-labelledby="sample">
            <h2 id="sample">A sample</h2>
            <Sample sample={view.sample} />
          </section>
        </>
      )}
    </>
  );
}
