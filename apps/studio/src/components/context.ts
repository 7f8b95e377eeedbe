import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Studio } from '../state/studio.js';
import type { ThemeSwitch } from '../state/theme.js';

/** What every component may reach for. */
export interface Page extends Studio {
  readonly theme: ThemeSwitch;
  /** Keeps the key for this tab and asks the server again. */
  unlock(key: string): void;
}

export const PageContext = createContext<Page | null>(null);

/** The page's state. Throws outside of the page. */
export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === null) throw new Error('No page around this component.');
  return page;
}
