import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Command } from './Command.js';

const open = signal(false);

/** Opens or closes the help. */
export function helpOpen(value: boolean): void {
  open.value = value;
}

const KEYS = [
  ['/', 'to the search'],
  ['↓ ↑', 'from hit to hit'],
  ['Enter', 'open or close a hit'],
  ['n', 'neighbours of the hit'],
  ['Esc', 'back to the search, then clear it'],
  ['Ctrl Enter', 'send the JSON you are writing'],
  ['?', 'this page'],
] as const;

/** Keys, and how to bring one's own files. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const shown = open.value;
  useEffect(() => {
    if (shown) dialog.current?.showModal();
    else dialog.current?.close();
  }, [shown]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help" onClose={() => helpOpen(false)}>
      <h2 id="help">Without the mouse</h2>
      <dl class="keys">
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <h2>Your own files</h2>
      <Command>npm run -s fletch -- index notes/*.md --collection notes</Command>
      <p>
        The same searches over HTTP, in Qdrant’s dialect: <a href="/openapi.json">the API’s description</a>.
      </p>
      <button type="button" class="button" onClick={() => helpOpen(false)}>
        Close
      </button>
    </dialog>
  );
}
