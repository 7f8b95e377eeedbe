import { count, percent } from '../lib/format.js';
import { type Card, progress } from '../state/collections.js';
import { usePage } from './context.js';
import { aboutCollection } from './Nav.js';

/** All collections with their sizes and how far each is indexed. */
export function Collections() {
  const { collections } = usePage();
  const cards = collections.cards.value;
  if (cards === null || cards.length === 0) return null;
  return (
    <nav aria-label="Collections">
      <h2 class="eyebrow">Collections</h2>
      <ul class="collections">
        {cards.map((card) => (
          <Item key={card.name} card={card} />
        ))}
      </ul>
    </nav>
  );
}

function Item({ card: { name, info, growing } }: { card: Card }) {
  const { router } = usePage();
  const current = router.route.value.collection === name;
  const enter = () => {
    // A question goes along to the other collection.
    const { text } = router.route.value;
    if (!current) router.go({ ...aboutCollection(router.route.value, name), text });
  };
  return (
    <li>
      <button type="button" class="collection" aria-current={current ? 'page' : undefined} onClick={enter}>
        <span class="collection-name">{name}</span>
        <span class="collection-facts">
          <span class="number">{count(info.points_count)}</span> <Status info={info} growing={growing} />
        </span>
        {info.status === 'yellow' && (
          <span class="bar" aria-hidden="true">
            <span style={{ width: `${progress(info) * 100}%` }} />
          </span>
        )}
      </button>
    </li>
  );
}

function Status({ info, growing }: Omit<Card, 'name'>) {
  if (info.status === 'green') {
    return growing ? <span class="status yellow">growing</span> : <span class="status green">ready</span>;
  }
  if (info.status === 'red') return <span class="status red">needs repair</span>;
  return <span class="status yellow">indexing, {percent(progress(info))}</span>;
}
