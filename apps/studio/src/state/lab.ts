/**
 * The laboratory: systems, the open one, and the run that is under way.
 *
 * @module
 */
import type { Progress } from '@fletch/base';
import type { Profile, Result } from '@fletch/lab';
import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';

import { ApiError, isAbort, UnreachableError } from '../api/errors.js';
import type { Lab, LabDetail, LabSystem } from '../api/lab.js';
import { type Action, createAction } from './action.js';
import type { Desk } from './desk.js';
import { createResource, type Resource } from './resource.js';
import { routeTo } from './route.js';
import type { Keep } from './storage.js';

/** A run that this page started, or found again after a reload. */
export interface LabRun {
  readonly run: string;
  readonly id: string;
  readonly profile: Profile;
  readonly state: 'running' | 'done' | 'failed';
  readonly progress: Progress | null;
  readonly result: Result | null;
  readonly message: string | null;
}

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

const KEY = 'fletch.lab-run';
const LOST = 'The server has forgotten this run: it was restarted. Nothing was kept of it.';
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function createLaboratory(lab: Lab, desk: Desk, tab: Keep, retry = 2000): Laboratory {
  const { router, connection } = desk;
  const systems = createResource<readonly LabSystem[]>(connection);
  const detail = createResource<LabDetail>(connection);
  const action = createAction(connection);
  const run = signal<LabRun | null>(null);

  const open = computed(() => router.route.value.page === 'lab');
  const item = computed(() => (open.value ? router.route.value.item : ''));

  const loadSystems = () => systems.load((signal) => lab.systems(signal));

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

  /** Changes the run, unless another one has taken its place. */
  const tell = (id: string, change: Partial<LabRun>) => {
    if (run.value?.run === id) run.value = { ...run.value, ...change };
  };

  /** Listens until the run ends, also over a broken line. */
  async function follow(id: string): Promise<void> {
    while (run.value?.run === id && run.value.state === 'running') {
      try {
        for await (const { event, data } of lab.events(id)) {
          if (event === 'progress') tell(id, { progress: data });
          else if (event === 'done') tell(id, { state: 'done', result: data });
          else tell(id, { state: 'failed', message: data.message });
        }
        connection.succeeded();
      } catch (error) {
        if (error instanceof ApiError) {
          connection.failed(error);
          const message = error.status === 404 ? LOST : error.message;
          if (error.status !== 401) tell(id, { state: 'failed', message });
        } else if (error instanceof UnreachableError) connection.failed(error);
        else if (isAbort(error)) return;
      }
      if (run.value?.run === id && run.value.state === 'running') await pause(retry);
    }
    tab.removeItem(KEY);
    // The result of a full run is kept by the server.
    if (run.value?.state === 'done' && run.value.profile === 'full') await loadSystems();
  }

  function begin(started: Pick<LabRun, 'run' | 'id' | 'profile'>): void {
    run.value = { ...started, state: 'running', progress: null, result: null, message: null };
    tab.setItem(KEY, JSON.stringify(started));
    void follow(started.run);
  }

  try {
    const kept = JSON.parse(tab.getItem(KEY) ?? 'null') as LabRun | null;
    if (typeof kept?.run === 'string' && typeof kept.id === 'string') begin(kept);
  } catch {
    tab.removeItem(KEY);
  }

  return {
    systems,
    detail,
    run,
    action,
    open: (id) => router.go(routeTo('lab', { item: id ?? '' })),
    start: (id, profile) => action.run(async () => begin({ run: await lab.start(id, profile), id, profile })),
    stop: () =>
      action.run(async () => {
        if (run.value !== null) await lab.stop(run.value.run);
      }),
    dismiss() {
      if (run.value?.state !== 'running') run.value = null;
    },
  };
}
