/**
 * The page starts here: browser on one side, state on the other.
 *
 * @module
 */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { createClient } from './api/client.js';
import { createHttp } from './api/http.js';
import { App } from './components/App.js';
import { PageContext } from './components/context.js';
import { listenToKeys } from './keys.js';
import { createRouter } from './state/route.js';
import { safeStorage } from './state/storage.js';
import { createStudio } from './state/studio.js';
import { createTheme } from './state/theme.js';

const API_KEY = 'fletch.api-key';

const tab = safeStorage(() => sessionStorage);
const theme = createTheme(
  safeStorage(() => localStorage),
  matchMedia('(prefers-color-scheme: dark)'),
);
const client = createClient(createHttp({ apiKey: () => tab.getItem(API_KEY) }));
const studio = createStudio(client, createRouter(window));

const unlock = (key: string) => {
  tab.setItem(API_KEY, key);
  void studio.collections.refresh();
};

effect(() => {
  document.documentElement.dataset.theme = theme.theme.value;
});
effect(() => {
  const { collection, text } = studio.router.route.value;
  document.title = [text, collection, 'Fletch'].filter((part) => part !== '').join(' · ');
});
listenToKeys();
studio.collections.watch(() => document.hidden);

render(
  <PageContext.Provider value={{ ...studio, theme, unlock }}>
    <App />
  </PageContext.Provider>,
  document.getElementById('page')!,
);
