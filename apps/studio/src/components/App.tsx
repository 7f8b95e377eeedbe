import type { ComponentType } from 'preact';
import { focusMain } from '../lib/focus.js';
import type { PageName } from '../state/route.js';
import { Banner } from './Banner.js';
import { usePage } from './context.js';
import { DataPage } from './data/DataPage.js';
import { Empty } from './Empty.js';
import { EpisodePage } from './episode/EpisodePage.js';
import { Help } from './Help.js';
import { Insights } from './Insights.js';
import { KeyForm } from './KeyForm.js';
import { LabPage } from './lab/LabPage.js';
import { Main } from './Main.js';
import { CreatePage } from './manage/CreatePage.js';
import { ManagePage } from './manage/ManagePage.js';
import { PointsPage } from './points/PointsPage.js';
import { QueryPage } from './query/QueryPage.js';
import { Sidebar } from './Sidebar.js';
import { Unknown } from './Unknown.js';
import { MetricsPage } from './vitals/MetricsPage.js';
import { WeightsPage } from './weights/WeightsPage.js';
import { ZooPage } from './zoo/ZooPage.js';

/** What each page shows, and whether it needs a collection that is there. */
const CONTENT: { readonly [P in PageName]: { readonly View: ComponentType; readonly inside: boolean } } = {
  search: { View: Main, inside: true },
  query: { View: QueryPage, inside: true },
  points: { View: PointsPage, inside: true },
  manage: { View: ManagePage, inside: false },
  create: { View: CreatePage, inside: false },
  metrics: { View: MetricsPage, inside: false },
  lab: { View: LabPage, inside: false },
  episode: { View: EpisodePage, inside: false },
  zoo: { View: ZooPage, inside: false },
  data: { View: DataPage, inside: false },
  weights: { View: WeightsPage, inside: false },
};

/** The whole page: side bar, content, insights; or what stands in the way of them. */
export function App() {
  const { card, asking, search, router, connection } = usePage();
  const searching = router.route.value.page === 'search';
  const locked = connection.state.value === 'locked';
  const insights =
    searching && !locked && card.value !== undefined && asking.value && search.outcome.value !== null;
  return (
    <>
      <button type="button" class="skip" onClick={focusMain}>
        {searching ? 'Skip to the search' : 'Skip to the content'}
      </button>
      <Banner />
      <div class={`layout ${searching ? '' : 'wide'}`}>
        <Sidebar />
        <main class="main" tabIndex={-1}>
          <Content />
        </main>
        {insights && <Insights />}
      </div>
      <Help />
    </>
  );
}

function Content() {
  const { collections, connection, card, router } = usePage();
  const { View, inside } = CONTENT[router.route.value.page];
  const cards = collections.cards.value;
  if (connection.state.value === 'locked') return <KeyForm />;
  if (cards === null) return <Waiting error={collections.error.value} />;
  if (!inside) return <View />;
  if (cards.length === 0) return <Empty />;
  return card.value === undefined ? <Unknown /> : <View />;
}

function Waiting({ error }: { error: string | null }) {
  return error === null ? (
    <p class="waiting" aria-live="polite">
      Looking for the collections…
    </p>
  ) : (
    <p class="error" role="alert">
      {error}
    </p>
  );
}
