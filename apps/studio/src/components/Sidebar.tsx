import { Collections } from './Collections.js';
import { usePage } from './context.js';
import { Filters } from './Filters.js';
import { helpOpen } from './Help.js';
import { Logo } from './Logo.js';
import { ThemeToggle } from './ThemeToggle.js';

/** Logo, collections, filters, and the two small switches. */
export function Sidebar() {
  const { card, connection } = usePage();
  return (
    <aside class="sidebar" aria-label="Collections and filters">
      <header class="sidebar-head">
        <Logo />
        <span class="sidebar-tools">
          <button type="button" class="icon" aria-label="Keyboard and help" onClick={() => helpOpen(true)}>
            ?
          </button>
          <ThemeToggle />
        </span>
      </header>
      <Collections />
      {connection.state.value !== 'locked' && card.value !== undefined && <Filters />}
    </aside>
  );
}
