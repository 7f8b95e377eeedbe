import { Collections } from './Collections.js';
import { usePage } from './context.js';
import { Filters } from './Filters.js';
import { helpOpen } from './Help.js';
import { Logo } from './Logo.js';
import { Nav } from './Nav.js';
import { ThemeToggle } from './ThemeToggle.js';

/** Logo, pages, collections, filters, and the two small switches. */
export function Sidebar() {
  const { card, connection, router } = usePage();
  const filters = router.route.value.page === 'search' && connection.state.value !== 'locked';
  return (
    <aside class="sidebar" aria-label="Pages, collections and filters">
      <header class="sidebar-head">
        <Logo />
        <span class="sidebar-tools">
          <button type="button" class="icon" aria-label="Keyboard and help" onClick={() => helpOpen(true)}>
            ?
          </button>
          <ThemeToggle />
        </span>
      </header>
      <Nav />
      <Collections />
      {filters && card.value !== undefined && <Filters />}
    </aside>
  );
}
