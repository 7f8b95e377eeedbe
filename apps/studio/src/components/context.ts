import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Builder } from '../state/builder.js';
import type { Create } from '../state/create.js';
import type { Datasets } from '../state/datasets.js';
import type { Desk } from '../state/desk.js';
import type { Dimension } from '../state/dimension.js';
import type { Episodes } from '../state/episodes.js';
import type { Laboratory } from '../state/lab.js';
import type { Manage } from '../state/manage.js';
import type { PointBrowser } from '../state/point-browser.js';
import type { Studio } from '../state/studio.js';
import type { ThemeSwitch } from '../state/theme.js';
import type { VitalSigns } from '../state/vitals.js';
import type { WeightsState } from '../state/weights.js';
import type { ZooState } from '../state/zoo.js';

/** What every component may reach for. */
export interface Page extends Studio {
  readonly theme: ThemeSwitch;
  readonly desk: Desk;
  readonly create: Create;
  readonly manage: Manage;
  readonly builder: Builder;
  readonly browser: PointBrowser;
  readonly dimension: Dimension;
  readonly vitals: VitalSigns;
  readonly lab: Laboratory;
  readonly zoo: ZooState;
  readonly datasets: Datasets;
  readonly weights: WeightsState;
  readonly episodes: Episodes;
  /** Whether requests carry a key, which links and images cannot. */
  keyed(): boolean;
  /** A file of the server, fetched with the key. */
  file(path: string, signal?: AbortSignal): Promise<Blob>;
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
