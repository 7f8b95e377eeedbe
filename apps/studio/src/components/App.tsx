import { focusSearch } from '../lib/focus.js';
import { Banner } from './Banner.js';
import { usePage } from './context.js';
import { Empty } from './Empty.js';
import { Help } from './Help.js';
import { Insights } from './Insights.js';
import { KeyForm } from './KeyForm.js';
import { Main } from './Main.js';
import { Sidebar } from './Sidebar.js';

/** The whole page: side bar, search, insights; or what stands in the way of them. */
export function App() {
  const { collections, connection, card, asking, search } = usePage();
  const cards = collections.cards.value;
  const locked = connection.state.value === 'locked';
  const insights = !locked && card.value !== undefined && asking.value && search.outcome.value !== null;
  return (
    <>
      <button type="button" class="skip" onClick={focusSearch}>
        Skip to the search
      </button>
      <Banner />
      <div class="layout">
        <Sidebar />
        <main class="main">
          {locked ? <KeyForm /> : cards?.length === 0 ? <Empty /> : cards === null ? <Waiting /> : <Main />}
        </main>
        {insights && <Insights />}
      </div>
      <Help />
    </>
  );
}

function Waiting() {
  return (
    <p class="waiting" aria-live="polite">
      Looking for the collections…
    </p>
  );
}
