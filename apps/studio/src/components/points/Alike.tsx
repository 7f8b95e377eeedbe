import { asLine } from '../../lib/display.js';
import type { PointBrowser } from '../../state/point-browser.js';

/** Records whose payloads are like that of the open point, and which paths make them so. */
export function Alike({ browser }: { browser: PointBrowser }) {
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
        {found.records.map(({ id, score, payload, why }) => (
          <li key={String(id)}>
            <button type="button" class="link" onClick={() => browser.open(id)}>
              {String(id)}
            </button>{' '}
            <span class="number">{score.toFixed(3)}</span>
            <span class="alike-payload"> {asLine(payload)}</span>
            <span class="quiet"> {why.map(({ path }) => path).join(', ')}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
