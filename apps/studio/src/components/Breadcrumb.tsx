import type { PointId } from '@fletch/search';
import { display } from '../lib/display.js';
import { shorten } from '../lib/format.js';
import { usePage } from './context.js';

/** The way from the question through neighbours of neighbours, each step a way back. */
export function Breadcrumb() {
  const { router, trail, hints } = usePage();
  const { text, trail: ids } = router.route.value;
  if (ids.length === 0) return null;
  const titleOf = (id: PointId) => {
    const point = trail.known.value[String(id)];
    return shorten(point === undefined ? `#${id}` : display(point, hints.value).title, 32);
  };
  return (
    <nav class="crumbs" aria-label="Breadcrumb">
      <ol>
        <li>
          <button type="button" class="link" onClick={() => router.go({ trail: [] })}>
            {text === '' ? 'start' : `“${shorten(text, 40)}”`}
          </button>
        </li>
        {ids.map((id, i) => (
          <li key={`${i}:${id}`}>
            {i === ids.length - 1 ? (
              <span aria-current="page">near {titleOf(id)}</span>
            ) : (
              <button type="button" class="link" onClick={() => router.go({ trail: ids.slice(0, i + 1) })}>
                near {titleOf(id)}
              </button>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
