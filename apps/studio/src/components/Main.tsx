import { ActiveFilters } from './ActiveFilters.js';
import { Breadcrumb } from './Breadcrumb.js';
import { usePage } from './context.js';
import { Hits } from './Hits.js';
import { SearchBox } from './SearchBox.js';
import { Start } from './Start.js';
import { Summary } from './Summary.js';

/** Search box, filters that are on, and what was found. */
export function Main() {
  const { asking, search } = usePage();
  return (
    <>
      <SearchBox />
      <ActiveFilters />
      <Breadcrumb />
      <Summary />
      {search.error.value !== null && (
        <p class="error" role="alert">
          {search.error.value}
        </p>
      )}
      {asking.value ? <Hits /> : <Start />}
    </>
  );
}
