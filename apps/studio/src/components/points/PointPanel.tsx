import { useEffect, useRef } from 'preact/hooks';
import { focusPoint } from '../../lib/focus.js';
import { glances } from '../../lib/vectors.js';
import { usePage } from '../context.js';
import { Confirm } from '../form/Confirm.js';
import { JsonEditor } from '../form/JsonEditor.js';
import { Outcome } from '../form/Outcome.js';
import { Alike } from './Alike.js';

/** The open point: its payload to change, its vectors at a glance. */
export function PointPanel({ id }: { id: string }) {
  const { browser, neighbours } = usePage();
  const heading = useRef<HTMLHeadingElement>(null);
  // On a narrow screen the point stands far from the line that opened it.
  useEffect(() => heading.current?.focus(), [id]);
  const close = () => {
    focusPoint();
    browser.open(null);
  };
  const { point, payload, action, overtaken } = browser;
  const record = point.value.value;
  const { parsed, edited } = payload;
  const value = parsed.value.ok ? parsed.value.value : null;
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
  const vectors = record === null ? [] : glances(record);
  return (
    <section class="point-panel stick" aria-label={`Point ${id}`}>
      <div class="panel-head">
        <h2 class="number" ref={heading} tabIndex={-1}>
          Point {id}
        </h2>
        <button type="button" class="icon" aria-label="Close the point" onClick={close}>
          ×
        </button>
      </div>
      {point.missing.value && <p class="nothing">There is no point with this id.</p>}
      {point.error.value !== null && !point.missing.value && (
        <p class="error" role="alert">
          {point.error.value}
        </p>
      )}
      {record !== null && (
        <>
          <p class="links">
            <button type="button" class="link" onClick={() => neighbours(record)}>
              Points like this one
            </button>
            <button
              type="button"
              class="link"
              disabled={browser.alike.pending.value}
              onClick={() => void browser.findAlike()}
            >
              {browser.alike.pending.value ? 'Comparing…' : 'Records like this one'}
            </button>
            <Confirm label="Delete" about={`point ${id}`} act={() => void browser.remove()} />
          </p>
          <Alike browser={browser} />
          {vectors.length > 0 && (
            <dl class="vectors">
              {vectors.map(({ name, size, start }) => (
                <div key={name}>
                  <dt>
                    {name === '' ? 'Vector' : name}, {size}
                  </dt>
                  <dd>
                    <code>{start}</code>
                  </dd>
                </div>
              ))}
            </dl>
          )}
          <JsonEditor
            label="Payload"
            draft={payload}
            resetLabel="Undo my changes"
            submit={() => void browser.save()}
          />
          {parsed.value.ok && !isObject && <p class="mistake">A payload is an object: {'{ … }'}</p>}
          <div class="inline">
            <button
              type="button"
              class="button primary"
              disabled={!edited.value || !isObject || action.pending.value}
              onClick={() => void browser.save()}
            >
              {action.pending.value ? 'Saving…' : 'Save the payload'}
            </button>
            {overtaken.value && (
              <>
                <button type="button" class="button" onClick={() => void browser.reload()}>
                  Show what is there
                </button>
                <button type="button" class="button danger" onClick={() => void browser.save(true)}>
                  Overwrite it
                </button>
              </>
            )}
          </div>
        </>
      )}
      <Outcome action={action} />
    </section>
  );
}
