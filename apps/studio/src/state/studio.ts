/**
 * Everything the page knows, wired: the route leads, searches, filters and the map follow.
 *
 * @module
 */
import type { PointId, PointRecord } from '@fletch/search';
import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from '@preact/signals';
import type { Client } from '../api/client.js';
import type { DisplayHints } from '../lib/display.js';
import { isEmpty } from '../lib/filter.js';
import {
  type Card,
  type Collections,
  createCollections,
  generation,
  mainVector,
  textFieldHint,
} from './collections.js';
import { type Compare, createCompare } from './compare.js';
import { type Connection, createConnection } from './connection.js';
import { createFacets, type Facets } from './facets.js';
import { createHitMap, type HitMap } from './map.js';
import { PAGES, type Router, routeTo } from './route.js';
import { createSearch, MOST_HITS, PAGE, requestOf, type Search } from './search.js';
import { createTrail, type Trail } from './trail.js';

const TYPING = 120;

export interface Studio {
  readonly router: Router;
  /** The collection of the route or, on pages that are about none, of the route before. */
  readonly lately: ReadonlySignal<string>;
  readonly connection: Connection;
  readonly collections: Collections;
  readonly search: Search;
  readonly facets: Facets;
  readonly compare: Compare;
  readonly map: HitMap;
  readonly trail: Trail;
  /** The collection of the route; undefined when there is none of that name (yet). */
  readonly card: ReadonlySignal<Card | undefined>;
  readonly hints: ReadonlySignal<DisplayHints>;
  /** Whether there is something to list: a query, a trail or a filter. */
  readonly asking: ReadonlySignal<boolean>;
  /** The hit under the pointer or the focus, in the list or on the map. */
  readonly pointed: Signal<PointId | null>;
  /** How many hits the list asks for. */
  readonly limit: ReadonlySignal<number>;
  more(atLeast?: number): void;
  /** Takes typed text as the query. */
  type(text: string): void;
  /** Leaves the trail and asks for `text`. */
  ask(text: string): void;
  neighbours(point: PointRecord): void;
}

export function createStudio(
  client: Client,
  router: Router,
  connection: Connection = createConnection(),
): Studio {
  const collections = createCollections(client, connection);
  const search = createSearch(client, connection);
  const facets = createFacets(client, connection);
  const compare = createCompare(client, connection);
  const map = createHitMap(client, connection);
  const trail = createTrail(client, connection);
  const pointed = signal<PointId | null>(null);
  const { route, go } = router;
  // Bound to its route: a new question starts with the first page again.
  const wanted = signal({ route: route.value, hits: PAGE });
  const limit = computed(() => (wanted.value.route === route.value ? wanted.value.hits : PAGE));

  const card = computed(() => collections.cards.value?.find(({ name }) => name === route.value.collection));
  const searching = computed(() => route.value.page === 'search');
  const asking = computed(() => {
    const { text, trail, chosen } = route.value;
    return text.trim() !== '' || trail.length > 0 || !isEmpty(chosen);
  });
  const hints = computed((): DisplayHints => {
    const info = card.value?.info;
    return {
      textField: info === undefined ? undefined : textFieldHint(info),
      tagFields: facets.facets.value.filter(({ kind }) => kind === 'choice').map(({ key }) => key),
    };
  });

  // Whenever one of these strings changes there is something new to ask.
  const fresh = computed(() => (card.value === undefined ? '' : generation(card.value)));
  const question = computed(() => {
    if (!searching.value || card.value === undefined || !asking.value) return '';
    return JSON.stringify(requestOf(route.value, mainVector(card.value.info), limit.value));
  });
  const narrowing = computed(() =>
    !searching.value || card.value === undefined ? '' : JSON.stringify([card.value.name, route.value.chosen]),
  );

  let typing = false;
  let lastTyped = 0;

  effect(() => {
    const request = question.value === '' ? null : JSON.parse(question.value);
    void fresh.value;
    void connection.epoch.value;
    untracked(() => {
      const delay = typing ? TYPING : 0;
      typing = false;
      if (request === null) search.clear();
      else void search.ask(request, delay);
    });
  });
  effect(() => {
    if (narrowing.value === '') return;
    void fresh.value;
    void connection.epoch.value;
    untracked(() => void facets.load(card.value!, route.value.chosen));
  });
  effect(() => {
    const outcome = search.outcome.value;
    untracked(() => {
      compare.clear();
      pointed.value = null;
      if (outcome === null || outcome.hits.length === 0) map.clear();
      else void map.draw(outcome.request);
    });
  });
  effect(() => {
    const { collection, trail: ids } = route.value;
    if (ids.length > 0) untracked(() => void trail.complete(collection, ids));
  });
  // Who comes without an address starts in the first collection that has points.
  effect(() => {
    const cards = collections.cards.value;
    if (cards === null || route.value.collection !== '' || PAGES[route.value.page] !== 'always') return;
    const first = cards.find(({ info }) => info.points_count > 0) ?? cards[0];
    if (first !== undefined) untracked(() => go({ collection: first.name }, 'replace'));
  });
  // The collection that was looked at last, for the way back from pages that are about none.
  const lately = signal('');
  effect(() => {
    if (route.value.collection !== '') lately.value = route.value.collection;
  });
  return {
    router,
    lately,
    connection,
    collections,
    search,
    facets,
    compare,
    map,
    trail,
    card,
    hints,
    asking,
    pointed,
    limit,
    more(atLeast = limit.value + PAGE) {
      const hits = Math.min(MOST_HITS, Math.max(limit.value, atLeast));
      wanted.value = { route: route.value, hits };
    },
    type(text) {
      typing = true;
      // A pause ends a query: what is typed after it can be left with the back button.
      const now = Date.now();
      const pause = now - lastTyped > 2500;
      lastTyped = now;
      go({ text, trail: [] }, pause ? 'push' : 'replace');
    },
    ask: (text) => go({ text, trail: [] }),
    neighbours(point) {
      trail.remember(route.value.collection, point);
      if (searching.value) go({ trail: [...route.value.trail, point.id] });
      else go(routeTo('search', { collection: route.value.collection, trail: [point.id] }));
    },
  };
}
