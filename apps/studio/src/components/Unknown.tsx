import { plural } from '../lib/format.js';
import { usePage } from './context.js';
import { aboutCollection } from './Nav.js';

/** The route names a collection that is not there. */
export function Unknown() {
  const { collections, router } = usePage();
  const cards = collections.cards.value ?? [];
  const route = router.route.value;
  return (
    <section class="notice">
      <h1>There is no collection “{route.collection}”</h1>
      <p>It may have been deleted or renamed. These are here:</p>
      <div class="chips">
        {cards.map(({ name, info }) => (
          <button
            key={name}
            type="button"
            class="chip"
            onClick={() => router.go(aboutCollection(route, name))}
          >
            {name} <span class="number">{plural(info.points_count, 'point')}</span>
          </button>
        ))}
      </div>
    </section>
  );
}
