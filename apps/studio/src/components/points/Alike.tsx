import type { AlikeRecord } from '../../api/points.js';
import { display } from '../../lib/display.js';
import type { PointBrowser } from '../../state/point-browser.js';
import { usePage } from '../context.js';

/** Paths in words; what different paths happen to have in common is no reason. */
const reasons = ({ why }: AlikeRecord) =>
  why
    .filter(({ path }) => !path.startsWith('('))
    .map(({ path }) => (path.endsWith('{…}') ? 'its fields' : path))
    .join(', ');

/** Records whose payloads are like that of the open point, and which paths make them so. */
export function Alike({ browser }: { browser: PointBrowser }) {
  const { hints } = usePage();
  const { value, error } = browser.alike;
  const found = value.value;
  if (error.value !== null)
    return (
      <p class="error" role="alert">
        {error.value}
      </p>
    );
  if (found === null) return null;
  return (
    <section class="alike" aria-label="Records like this one">
      <p class="quiet">
        By their payloads, of {found.compared.toLocaleString('en-US')} records
        {found.more ? ' (the first; there are more)' : ''}
      </p>
      <ol>
        {found.records.map((record) => {
          const { title, text } = display(record, hints.value);
          return (
            <li key={String(record.id)}>
              <button type="button" class="link" onClick={() => browser.open(record.id)}>
                {title}
              </button>{' '}
              <span class="number">{record.score.toFixed(3)}</span> {text}
              <p class="quiet">alike in {reasons(record)}</p>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
