import type { PointRecord } from '@fletch/search';
import { display } from '../../lib/display.js';
import { shorten } from '../../lib/format.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';

/** One page of points. */
export function PointList() {
  const { page } = usePage().browser;
  const points = page.value.value?.points;
  if (page.error.value !== null) {
    return (
      <p class="error" role="alert">
        {page.error.value}
      </p>
    );
  }
  if (points === undefined) return <p class="quiet">Reading…</p>;
  if (points.length === 0) return <p class="nothing">No points here.</p>;
  return (
    <ul class={`points ${page.pending.value ? 'stale' : ''}`}>
      {points.map((point) => (
        <PointLine key={String(point.id)} point={point} />
      ))}
    </ul>
  );
}

function PointLine({ point }: { point: PointRecord }) {
  const { router, desk } = usePage();
  const { title, text, tags } = display(point, desk.shown.value);
  const route = router.route.value;
  const item = String(point.id);
  const current = route.item === item;
  return (
    <li>
      <a
        class="point"
        href={router.href(routeTo('points', { collection: route.collection, item, more: route.more }))}
        aria-current={current ? 'true' : undefined}
      >
        <span class="point-id number">{item}</span>
        <span class="point-title">{title === `#${item}` ? shorten(text, 90) : shorten(title, 90)}</span>
        <span class="point-text">
          {[title === `#${item}` ? '' : shorten(text, 120), ...tags.map(({ value }) => value)]
            .filter((part) => part !== '')
            .join(' · ')}
        </span>
      </a>
    </li>
  );
}
