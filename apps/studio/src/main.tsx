/**
 * The page starts here: browser on one side, state on the other.
 *
 * @module
 */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { createAdmin } from './api/admin.js';
import { createClient } from './api/client.js';
import { createDatasetRoutes } from './api/data.js';
import { createEpisodeRoutes } from './api/episodes.js';
import { createHttp } from './api/http.js';
import { createLab } from './api/lab.js';
import { createPoints } from './api/points.js';
import { createRaw } from './api/raw.js';
import { createVitals } from './api/vitals.js';
import { createWeightRoutes } from './api/weights.js';
import { createZoo } from './api/zoo.js';
import { App } from './components/App.js';
import { type Page, PageContext } from './components/context.js';
import { TITLES } from './components/Nav.js';
import { listenToKeys } from './keys.js';
import { createBuilder } from './state/builder.js';
import { createCreate } from './state/create.js';
import { createDatasets } from './state/datasets.js';
import { createDesk } from './state/desk.js';
import { createDimension } from './state/dimension.js';
import { createEpisodes } from './state/episodes.js';
import { createLaboratory } from './state/lab.js';
import { createManage } from './state/manage.js';
import { createPointBrowser } from './state/point-browser.js';
import { createRouter } from './state/route.js';
import { safeStorage } from './state/storage.js';
import { createStudio } from './state/studio.js';
import { createTheme } from './state/theme.js';
import { createVitalSigns } from './state/vitals.js';
import { createWeightsState } from './state/weights.js';
import { createZooState } from './state/zoo.js';

const API_KEY = 'fletch.api-key';

const tab = safeStorage(() => sessionStorage);
const theme = createTheme(
  safeStorage(() => localStorage),
  matchMedia('(prefers-color-scheme: dark)'),
);
const apiKey = () => tab.getItem(API_KEY);
const raw = createRaw({ apiKey });
const http = createHttp({ apiKey }, raw);
const client = createClient(http);
const points = createPoints(http);
const admin = createAdmin(http);
const studio = createStudio(client, createRouter(window));
const desk = createDesk(client, studio);
const vitals = createVitalSigns(createVitals(http, raw), desk);

const page: Page = {
  ...studio,
  theme,
  desk,
  vitals,
  create: createCreate(admin, desk),
  manage: createManage(admin, desk),
  builder: createBuilder(points, desk),
  browser: createPointBrowser(points, client, desk),
  dimension: createDimension(points, desk),
  lab: createLaboratory(createLab(http, raw), desk, tab),
  zoo: createZooState(createZoo(http, raw), desk, tab),
  datasets: createDatasets(createDatasetRoutes(http), desk),
  weights: createWeightsState(createWeightRoutes(http), desk),
  episodes: createEpisodes(createEpisodeRoutes(http), desk),
  keyed: () => apiKey() !== null,
  file: async (path, signal) => (await raw(path, { signal })).blob(),
  unlock(key) {
    tab.setItem(API_KEY, key);
    void studio.collections.refresh();
  },
};

effect(() => {
  document.documentElement.dataset.theme = theme.theme.value;
});
effect(() => {
  const { page, collection, item, text } = studio.router.route.value;
  const title = page === 'search' ? '' : TITLES[page];
  document.title = [text, item, collection, title, 'Fletch'].filter((part) => part !== '').join(' · ');
});
listenToKeys();
studio.collections.watch(() => document.hidden);
vitals.watch(() => document.hidden);

render(
  <PageContext.Provider value={page}>
    <App />
  </PageContext.Provider>,
  document.getElementById('page')!,
);
