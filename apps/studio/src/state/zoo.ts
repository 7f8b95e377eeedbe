/**
 * The zoo: its models, the open one, and the training that is under way.
 *
 * @module
 */
import type { TrainingRecord, ZooEntry } from '@fletch/models';
import { computed, effect, type ReadonlySignal, untracked } from '@preact/signals';
import type { Running, Zoo, ZooModels } from '../api/zoo.js';
import { type Action, createAction } from './action.js';
import type { Desk } from './desk.js';
import { createResource, type Resource } from './resource.js';
import { type Followed, followRuns } from './run.js';
import type { Keep } from './storage.js';

/** A training that this page follows. */
export type Training = Running & Followed<TrainingRecord>;

export interface ZooState {
  readonly models: Resource<ZooModels>;
  /** The model whose page is open; undefined when there is none of that name (yet). */
  readonly open: ReadonlySignal<ZooEntry | undefined>;
  readonly training: ReadonlySignal<Training | null>;
  readonly action: Action;
  train(name: string): Promise<boolean>;
  stop(): Promise<boolean>;
  /** Forgets a training that has ended. */
  dismiss(): void;
}

const LOST =
  'The server has forgotten this training: it was restarted. Train again: it goes on where it was.';

export function createZooState(zoo: Zoo, desk: Desk, tab: Keep, retry = 2000): ZooState {
  const { router, connection } = desk;
  const models = createResource<ZooModels>(connection);
  const action = createAction(connection);
  const isOpen = computed(() => router.route.value.page === 'zoo');
  const load = () => models.load((signal) => zoo.models(signal));

  const { run, begin, stop, dismiss } = followRuns<Running, TrainingRecord>({
    routes: zoo,
    connection,
    tab,
    key: 'fletch.zoo-run',
    lost: LOST,
    retry,
    ended: () => load(),
  });

  effect(() => {
    void connection.epoch.value;
    if (isOpen.value) untracked(() => void load());
  });
  // A training that somebody else started is followed too.
  effect(() => {
    const running = models.value.value?.running ?? null;
    untracked(() => {
      if (running !== null && run.value?.state !== 'running') begin({ run: running.run, id: running.id });
    });
  });

  return {
    models,
    open: computed(() => models.value.value?.models.find(({ name }) => name === router.route.value.item)),
    training: run,
    action,
    train: (name) => action.run(async () => begin({ run: await zoo.train(name), id: name })),
    stop: () => action.run(stop),
    dismiss,
  };
}
