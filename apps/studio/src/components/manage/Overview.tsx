import { count, percent } from '../../lib/format.js';
import { vectorNames } from '../../lib/vectors.js';
import { type Card, progress } from '../../state/collections.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { Outcome } from '../form/Outcome.js';
import { AllAliases } from './Aliases.js';
import { Snapshots } from './Snapshots.js';

/** Every collection in a table, and what belongs to the whole store. */
export function Overview() {
  const { collections, router, manage } = usePage();
  const cards = collections.cards.value ?? [];
  return (
    <>
      <header class="page-head">
        <h1>Collections</h1>
        <a class="button primary" href={router.href(routeTo('create'))}>
          New collection
        </a>
      </header>
      <Outcome action={manage.deletion} />
      {cards.length === 0 ? (
        <p class="quiet">There are none yet.</p>
      ) : (
        <div class="table-box">
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col" class="end">
                  Points
                </th>
                <th scope="col">Vectors</th>
                <th scope="col">State</th>
                <th scope="col">
                  <span class="hidden">Pages</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {cards.map((card) => (
                <Line key={card.name} card={card} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <AllAliases />
      <Snapshots />
    </>
  );
}

function Line({ card: { name, info } }: { card: Card }) {
  const { router } = usePage();
  return (
    <tr>
      <th scope="row">
        <a href={router.href(routeTo('manage', { collection: name }))}>{name}</a>
      </th>
      <td class="number end">{count(info.points_count)}</td>
      <td>
        {vectorNames(info)
          .map(({ name: vector, about }) => (vector === '' ? about : `${vector}: ${about}`))
          .join('; ')}
      </td>
      <td>{info.status === 'yellow' ? `indexing, ${percent(progress(info))}` : info.status}</td>
      <td class="end links">
        {(['search', 'query', 'points'] as const).map((page) => (
          <a
            key={page}
            href={router.href(routeTo(page, { collection: name }))}
            aria-label={`${page} ${name}`}
          >
            {page}
          </a>
        ))}
      </td>
    </tr>
  );
}
