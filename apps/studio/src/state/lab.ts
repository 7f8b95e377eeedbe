/**
 * The laboratory: systems, the open one, and the run that is under way.
 *
 * @module
 */
import type { Profile, Result } from '@fletch/lab';
import { computed, effect, type ReadonlySignal, untracked } from '@preact/signals';
import type { Lab, LabDetail, LabSystem } from '../api/lab.js';
import { type Action, createAction } from './action.js';
import type { Desk } from './desk.js';
import { createResource, type Resource } from './resource.js';
import { routeTo } from './route.js';
import { type Followed, followRuns } from './run.js';
import type { Keep } from './storage.js';

/** What was started. */
interface LabStarted {
  readonly run: string;
  readonly id: string;
  readonly profile: Profile;
}

/** A run that this page started, or found again after a reload. */
export type LabRun = LabStarted & Followed<Result>;

export interface Laboratory {
  readonly systems: Resource<readonly LabSystem[]>;
  /** The system whose page is open. */
  readonly detail: Resource<LabDetail>;
  /** The latest run of this visit. */
  readonly run: ReadonlySignal<LabRun | null>;
  readonly action: Action;
  open(id: string | null): void;
  start(id: string, profile: Profile): Promise<boolean>;
  stop(): Promise<boolean>;
  /** Forgets a run that has ended. */
  dismiss(): void;
}

const LOST = 'The server has forgotten this run: it was restarted. Nothing was kept of it.';

export function createLaboratory(lab: Lab, desk: Desk, tab: Keep, retry = 2000): Laboratory {
  const { router, connection } = desk;
  const systems = createResource<readonly LabSystem[]>(connection);
  const detail = createResource<LabDetail>(connection);
  const action = createAction(connection);

  const open = computed(() => router.route.value.page === 'lab');
  const item = computed(() => (open.value ? router.route.value.item : ''));

  const loadSystems = () => systems.load((signal) => lab.systems(signal));

  const { run, begin, stop, dismiss } = followRuns<LabStarted, Result>({
    routes: lab,
    connection,
    tab,
    key: 'fletch.lab-run',
    lost: LOST,
    retry,
    // The result of a full run is kept by the server.
    ended: ({ state, profile }) => (state === 'done' && profile === 'full' ? loadSystems() : undefined),
  });

  effect(() => {
    void connection.epoch.value;
    if (open.value) untracked(() => void loadSystems());
  });
  effect(() => {
    void connection.epoch.value;
    const id = item.value;
    untracked(() => {
      if (detail.value.value?.id !== id) detail.clear();
      if (id !== '') void detail.load((signal) => lab.system(id, signal));
    });
  });

  return {
    systems,
    detail,
    run,
    action,
    open: (id) => router.go(routeTo('lab', { item: id ?? '' })),
    start: (id, profile) => action.run(async () => begin({ run: await lab.start(id, profile), id, profile })),
    stop: () => action.run(stop),
    dismiss,
  };
}
