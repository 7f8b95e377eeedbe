/**
 * The page's state in the address: `#/wordnet?q=deep+sadness&f.pos=noun&r.year=1900..&near=12` for a search,
 * `#!/points/wordnet/12?from=10` for the other pages. Reload and back work.
 *
 * @module
 */
import type { PointId } from '@fletch/search';
import { type ReadonlySignal, signal } from '@preact/signals';
import { type ChoiceValue, type Chosen, NOTHING_CHOSEN, type Range } from '../lib/filter.js';
import { readId } from '../lib/ids.js';

/** Pages with an address of their own, and whether they are about one collection. */
export const PAGES = {
  search: 'always',
  points: 'always',
  query: 'always',
  manage: 'may be',
  create: 'never',
  metrics: 'never',
  lab: 'never',
  episode: 'never',
  zoo: 'never',
  data: 'never',
  weights: 'never',
} as const;
export type PageName = keyof typeof PAGES;

/** Where the page is. Treated as immutable. */
export interface Route {
  readonly page: PageName;
  /** What is open on a page other than the search: a point's id, a system's. */
  readonly item: string;
  /** What such a page keeps in its address besides. */
  readonly more: Readonly<Record<string, string>>;
  /** Empty for the start page. */
  readonly collection: string;
  readonly text: string;
  /** Points whose neighbours were asked for, one after the other; the last is the current query. */
  readonly trail: readonly PointId[];
  readonly chosen: Chosen;
}

export const START: Route = {
  page: 'search',
  item: '',
  more: {},
  collection: '',
  text: '',
  trail: [],
  chosen: NOTHING_CHOSEN,
};

/** The route of a page, with nothing left over from another one. */
export const routeTo = (page: PageName, change: Partial<Route> = {}): Route => ({
  ...START,
  ...change,
  page,
});

/** Strings stand as they are, unless they would be read as something else. */
function encodeValue(value: ChoiceValue): string {
  return typeof value === 'string' && decodeValue(value) === value ? value : JSON.stringify(value);
}

function decodeValue(text: string): ChoiceValue {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  } catch {
    // Not JSON: a plain word.
  }
  return text;
}

const bound = (text: string | undefined): number | null => {
  const value = Number.parseFloat(text ?? '');
  return Number.isFinite(value) ? value : null;
};

/** `!/points/wordnet/12?from=10` */
function formatPage({ page, collection, item, more }: Route): string {
  const names = PAGES[page] === 'never' ? [item] : [collection, collection === '' ? '' : item];
  const path = [page, ...names].filter((name) => name !== '').map(encodeURIComponent);
  const rest = new URLSearchParams(more).toString();
  return `!/${path.join('/')}${rest === '' ? '' : `?${rest}`}`;
}

function parsePage(path: string, search: string): Route {
  const [name = '', ...names] = path.split('/').map(decodeURIComponent);
  if (!Object.hasOwn(PAGES, name) || name === 'search') return START;
  const page = name as PageName;
  const [collection = '', item = ''] = PAGES[page] === 'never' ? ['', ...names] : names;
  return routeTo(page, { collection, item, more: Object.fromEntries(new URLSearchParams(search)) });
}

/** The part of the address behind `#`. */
export function formatRoute(route: Route): string {
  if (route.page !== 'search') return formatPage(route);
  const { collection, text, trail, chosen } = route;
  if (collection === '') return '';
  const query = new URLSearchParams();
  if (text !== '') query.append('q', text);
  for (const [key, values] of Object.entries(chosen.any)) {
    for (const value of values) query.append(`f.${key}`, encodeValue(value));
  }
  for (const [key, { min, max }] of Object.entries(chosen.ranges)) {
    query.append(`r.${key}`, `${min ?? ''}..${max ?? ''}`);
  }
  for (const id of trail) query.append('near', String(id));
  const rest = query.toString();
  return `/${encodeURIComponent(collection)}${rest === '' ? '' : `?${rest}`}`;
}

/** Reads what {@link formatRoute} wrote; whatever cannot be read is left out. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  let collection: string;
  try {
    if (path.startsWith('!/')) return parsePage(path.slice(2), search);
    collection = decodeURIComponent(path.replace(/^\//, ''));
  } catch {
    return START;
  }
  if (collection === '') return START;
  const query = new URLSearchParams(search);
  const any: Record<string, ChoiceValue[]> = {};
  const ranges: Record<string, Range> = {};
  for (const [name, value] of query) {
    const key = name.slice(2);
    if (name.startsWith('f.') && key !== '') {
      any[key] = [...(any[key] ?? []), decodeValue(value)];
    } else if (name.startsWith('r.') && key !== '') {
      const [min, max] = value.split('..');
      const range = { min: bound(min), max: bound(max) };
      if (range.min !== null || range.max !== null) ranges[key] = range;
    }
  }
  const trail = query.getAll('near').map(readId);
  return { ...START, collection, text: query.get('q') ?? '', trail, chosen: { any, ranges } };
}

/** The part of the browser that the router needs. */
export interface Browser {
  readonly location: { readonly hash: string };
  readonly history: Pick<History, 'pushState' | 'replaceState'>;
  addEventListener(type: 'popstate' | 'hashchange', listener: () => void): void;
}

export interface Router {
  readonly route: ReadonlySignal<Route>;
  /** Changes parts of the route. `push` makes an entry to go back to; `replace` is for typing. */
  go(change: Partial<Route>, mode?: 'push' | 'replace'): void;
  /** The address of a route, for links. */
  href(route: Route): string;
}

export function createRouter(browser: Browser): Router {
  const route = signal(parseRoute(browser.location.hash));
  const read = () => {
    const next = parseRoute(browser.location.hash);
    if (formatRoute(next) !== formatRoute(route.value)) route.value = next;
  };
  browser.addEventListener('popstate', read);
  browser.addEventListener('hashchange', read);
  return {
    route,
    go(change, mode = 'push') {
      const next = { ...route.value, ...change };
      const hash = formatRoute(next);
      if (hash === formatRoute(route.value)) return;
      if (mode === 'push') browser.history.pushState(null, '', `#${hash}`);
      else browser.history.replaceState(null, '', `#${hash}`);
      route.value = next;
    },
    href: (next) => `#${formatRoute(next)}`,
  };
}
