/**
 * Checkpoints: which there are, the open one, what it is compared with, and the tensor that is looked at.
 *
 * @module
 */
import type { CompareReport, InspectReport, TensorDetail, TensorReport } from '@fletch/weights';
import { computed, effect, type ReadonlySignal, untracked } from '@preact/signals';
import type { Checkpoints, WeightRoutes } from '../api/weights.js';
import type { Desk } from './desk.js';
import { createResource, type Resource } from './resource.js';

export interface WeightsState {
  readonly models: Resource<Checkpoints>;
  readonly report: Resource<InspectReport>;
  readonly comparison: Resource<CompareReport>;
  readonly tensor: Resource<TensorReport>;
  readonly detail: Resource<TensorDetail>;
  /** What the open one is compared with; empty when with nothing. */
  readonly other: ReadonlySignal<string>;
  /** The tensor that is looked at; empty for none. */
  readonly chosen: ReadonlySignal<string>;
  compareWith(id: string): void;
  choose(tensor: string): void;
}

export function createWeightsState(routes: WeightRoutes, { router, connection }: Desk): WeightsState {
  const models = createResource<Checkpoints>(connection);
  const report = createResource<InspectReport>(connection);
  const comparison = createResource<CompareReport>(connection);
  const tensor = createResource<TensorReport>(connection);
  const detail = createResource<TensorDetail>(connection);

  const open = computed(() => router.route.value.page === 'weights');
  const item = computed(() => (open.value ? router.route.value.item : ''));
  const part = (name: string) => computed(() => (open.value ? (router.route.value.more[name] ?? '') : ''));
  const [other, chosen] = [part('with'), part('tensor')];

  /** Loads what the signals say, and forgets what was loaded for others. */
  function follow<T>(
    resource: Resource<T>,
    wanted: () => readonly string[],
    load: (parts: readonly string[], signal: AbortSignal) => Promise<T>,
  ): void {
    const key = computed(() => JSON.stringify(wanted()));
    effect(() => {
      void connection.epoch.value;
      const parts = JSON.parse(key.value) as string[];
      untracked(() => {
        resource.clear();
        if (!parts.includes('')) void resource.load((signal) => load(parts, signal));
      });
    });
  }

  effect(() => {
    void connection.epoch.value;
    if (open.value) untracked(() => void models.load((signal) => routes.list(signal)));
  });
  follow(
    report,
    () => [item.value],
    ([id], signal) => routes.report(id!, signal),
  );
  follow(
    comparison,
    () => [item.value, other.value],
    ([id, with_], signal) => routes.compare(id!, with_!, signal),
  );
  follow(
    tensor,
    () => [item.value, chosen.value],
    ([id, name], signal) => routes.tensor(id!, name!, signal),
  );
  follow(
    detail,
    () => [item.value, other.value, chosen.value],
    ([id, with_, name], signal) => routes.compareTensor(id!, with_!, name!, signal),
  );

  const change = (name: 'with' | 'tensor', value: string) => {
    const { [name]: _, ...rest } = router.route.value.more;
    router.go({ more: value === '' ? rest : { ...rest, [name]: value } });
  };
  return {
    ...{ models, report, comparison, tensor, detail, other, chosen },
    compareWith: (id) => change('with', id),
    choose: (name) => change('tensor', name === chosen.value ? '' : name),
  };
}
