/**
 * The local dimension of the collection that is open, measured when people ask for it.
 *
 * @module
 */
import { computed, effect, untracked } from '@preact/signals';
import type { LocalDimension, Points } from '../api/points.js';
import type { Desk } from './desk.js';
import { createResource, type Resource } from './resource.js';

export interface Dimension {
  readonly found: Resource<LocalDimension>;
  /** @param using - name of the vector */
  measure(using: string): Promise<void>;
}

export function createDimension(
  points: Pick<Points, 'localDimension'>,
  { router, connection }: Desk,
): Dimension {
  const found = createResource<LocalDimension>(connection);
  const collection = computed(() => router.route.value.collection);
  effect(() => {
    void collection.value;
    untracked(() => found.clear());
  });
  return {
    found,
    measure: (using) => found.load((signal) => points.localDimension(collection.peek(), using, signal)),
  };
}
