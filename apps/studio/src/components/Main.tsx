import { plural } from '../lib/format.js';
import { ActiveFilters } from './ActiveFilters.js';
import { Breadcrumb } from './Breadcrumb.js';
import { usePage } from './context.js';
import { Hits } from './Hits.js';
import { SearchBox } from './SearchBox.js';
import { Start } from './Start.js';
import { Summary } from './Summary.js';

/** Search box, filters that are on, and what was found. */
export function Main() {
  const { card, asking, search, router } = usePage();
  if (card.value === undefined) return <Unknown name={router.route.value.collection} />;
  return (
    <>
      <SearchBox />
      <ActiveFilters />
      <Breadcrumb />
      <Summary />
      {search.error.value !== null && (
        <p class="error" role="alert">
          {search.error.value}
        </p>
      )}
      {asking.value ? <Hits /> : <Start />}
    </>
  );
}

function Unknown({ name }: { name: string }) {
  const { collections, router } = usePage();
  const cards = collections.cards.value ?? [];
  return (
    <section class="notice">
      <h1>There is no collection “{name}”</h1>
      <p>It may have been deleted or renamed. These are here:</p>
      <div class="chips">
        {cards.map(({ name, info }) => (
          <button key={name} type="button" class="chip" onClick={() => router.go({ collection: name })}>
            {name} <span class="number">{plural(info.points_count, 'point')}</span>
          </button>
        ))}
      </div>
    </section>
  );
}
