import { useEffect, useRef } from 'preact/hooks';
import { PAGES, type PageName, type Route, routeTo } from '../state/route.js';
import { usePage } from './context.js';

/** Names of the pages, as links and titles have them. */
export const TITLES: { readonly [P in PageName]: string } = {
  search: 'Search',
  points: 'Points',
  query: 'Query',
  manage: 'Collections',
  create: 'New collection',
  metrics: 'Metrics',
  lab: 'Laboratory',
  episode: 'Episodes',
  zoo: 'Zoo',
  data: 'Data',
  weights: 'Weights',
};

const LISTED: readonly PageName[] = [
  'search',
  'query',
  'points',
  'manage',
  'metrics',
  'lab',
  'episode',
  'zoo',
  'data',
  'weights',
];

/** The same page about another collection; the search for pages that are about none. */
export function aboutCollection(route: Route, collection: string): Route {
  return routeTo(PAGES[route.page] === 'never' ? 'search' : route.page, { collection });
}

/** The pages of the studio. */
export function Nav() {
  const { router, lately } = usePage();
  const current = router.route.value.page;
  const list = useRef<HTMLUListElement>(null);
  // On a narrow screen the list scrolls sideways: the page that is open stays in sight.
  useEffect(() => {
    const link = list.current?.querySelector<HTMLElement>('[aria-current]');
    if (link != null) list.current!.scrollLeft = link.offsetLeft - list.current!.clientWidth / 3;
  }, [current]);
  return (
    <nav aria-label="Pages">
      <ul class="pages" ref={list}>
        {LISTED.map((page) => (
          <li key={page}>
            <a
              class="page-link"
              href={router.href(routeTo(page, PAGES[page] === 'always' ? { collection: lately.value } : {}))}
              aria-current={
                current === page || (page === 'manage' && current === 'create') ? 'page' : undefined
              }
            >
              {TITLES[page]}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
