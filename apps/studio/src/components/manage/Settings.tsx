import { count, percent } from '../../lib/format.js';
import { pretty } from '../../lib/json.js';
import { vectorNames } from '../../lib/vectors.js';
import { type Card, progress } from '../../state/collections.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { Aliases } from './Aliases.js';
import { Deletion } from './Deletion.js';
import { DimensionPanel } from './DimensionPanel.js';
import { Indexes } from './Indexes.js';
import { SettingsForm } from './SettingsForm.js';
import { Snapshots } from './Snapshots.js';

/** One collection: what it is, and all that can be changed about it. */
export function Settings({ card }: { card: Card }) {
  const { router } = usePage();
  const { name, info } = card;
  const links = [
    ['search', 'Search'],
    ['query', 'Query'],
    ['points', 'Browse points'],
  ] as const;
  return (
    <>
      <header class="page-head">
        <h1>{name}</h1>
        <span class="links">
          {links.map(([page, label]) => (
            <a key={page} href={router.href(routeTo(page, { collection: name }))}>
              {label}
            </a>
          ))}
        </span>
      </header>
      <dl class="facts">
        <Fact name="State">
          {info.status === 'yellow' ? `indexing, ${percent(progress(info))}` : info.status}
        </Fact>
        <Fact name="Points">{count(info.points_count)}</Fact>
        <Fact name="Indexed vectors">{count(info.indexed_vectors_count)}</Fact>
        <Fact name="Segments">{count(info.segments_count)}</Fact>
        {vectorNames(info).map((vector) => (
          <Fact key={vector.name} name={vector.name === '' ? 'Vector' : `Vector “${vector.name}”`}>
            {vector.about}
          </Fact>
        ))}
      </dl>
      {info.optimizer_status !== 'ok' && (
        <p class="error" role="alert">
          {info.optimizer_status.error}
        </p>
      )}
      <SettingsForm info={info} />
      <DimensionPanel info={info} />
      <Indexes info={info} />
      <Aliases name={name} />
      <Snapshots />
      <details class="section fold">
        <summary>Everything the server tells of it</summary>
        <pre class="payload">{pretty(info)}</pre>
      </details>
      <Deletion name={name} />
    </>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="number">{children}</dd>
    </div>
  );
}
