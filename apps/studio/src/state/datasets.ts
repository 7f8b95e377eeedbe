/**
 * The data sets that the server knows, and what is in those that are there.
 *
 * @module
 */
import type { DatasetDescription, DatasetView } from '@fletch/data';
import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import type { DatasetRoutes, ListedDataset } from '../api/data.js';
import type { Desk } from './desk.js';
import { createResource, type Resource } from './resource.js';

export interface Datasets {
  readonly list: Resource<readonly ListedDataset[]>;
  /** What is in those that are there, by name; it arrives one after the other. */
  readonly views: ReadonlySignal<ReadonlyMap<string, DatasetView>>;
  /** The data set whose page is open. */
  readonly detail: Resource<DatasetDescription>;
}

export function createDatasets(routes: DatasetRoutes, { router, connection }: Desk): Datasets {
  const list = createResource<readonly ListedDataset[]>(connection);
  const detail = createResource<DatasetDescription>(connection);
  const views = signal<ReadonlyMap<string, DatasetView>>(new Map());

  const open = computed(() => router.route.value.page === 'data');
  const item = computed(() => (open.value ? router.route.value.item : ''));

  async function loadList(): Promise<void> {
    await list.load((signal) => routes.list(signal));
    for (const { name, state } of list.value.value ?? []) {
      if (state !== 'ready' || views.value.has(name)) continue;
      try {
        const { view } = await routes.one(name);
        if (view !== null) views.value = new Map(views.value).set(name, view);
      } catch (failure) {
        // The card stands without its sample; a lost server is told of on top of the page.
        connection.failed(failure);
        return;
      }
    }
  }

  effect(() => {
    void connection.epoch.value;
    if (open.value) untracked(() => void loadList());
  });
  effect(() => {
    void connection.epoch.value;
    const name = item.value;
    untracked(() => {
      if (detail.value.value?.name !== name) detail.clear();
      if (name !== '') void detail.load((signal) => routes.one(name, signal));
    });
  });
  return { list, views, detail };
}
