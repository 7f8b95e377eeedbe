import { useState } from 'preact/hooks';
import { count } from '../../lib/format.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { Conditions } from '../form/Conditions.js';
import { TextField } from '../form/Field.js';
import { PointList } from './PointList.js';
import { PointPanel } from './PointPanel.js';

/** The points of a collection, page by page, and the one that is open. */
export function PointsPage() {
  const { browser, router, card, desk } = usePage();
  const { collection, item } = router.route.value;
  const { matching, rows } = browser;
  const all = count(card.value!.info.points_count);
  return (
    <>
      <header class="page-head">
        <h1>Points of “{collection}”</h1>
        <span class="links">
          <a href={router.href(routeTo('query', { collection }))}>Query</a>
          <a href={router.href(routeTo('manage', { collection }))}>Settings</a>
        </span>
      </header>
      <Conditions rows={rows.value} fields={desk.fields.value} change={browser.filter} />
      <p class="summary" role="status" aria-live="polite">
        {matching.value.value === null
          ? `${all} points, in order of their ids`
          : `${count(matching.value.value)} of ${all} points pass`}
      </p>
      <div class={item === '' ? '' : 'columns'}>
        <div>
          <PointList />
          <Pager />
        </div>
        {item !== '' && <PointPanel id={item} />}
      </div>
    </>
  );
}

function Pager() {
  const { browser, router } = usePage();
  const [id, setId] = useState('');
  const { page, before } = browser;
  const first = router.route.value.more.from === undefined;
  const go = (event: SubmitEvent) => {
    event.preventDefault();
    browser.goTo(id);
  };
  return (
    <div class="pager">
      <span class="inline">
        <button
          type="button"
          class="button"
          disabled={first}
          onClick={() => (before.value.length > 0 ? browser.previous() : browser.goTo(''))}
        >
          {before.value.length > 0 || first ? 'Previous' : 'First page'}
        </button>
        <button
          type="button"
          class="button"
          disabled={page.value.value?.next_page_offset == null}
          onClick={browser.next}
        >
          Next
        </button>
      </span>
      <form class="inline" onSubmit={go}>
        <TextField label="From id" class="narrow" value={id} change={setId} />
        <button type="submit" class="button">
          Go
        </button>
      </form>
    </div>
  );
}
