/**
 * The form of a new collection.
 *
 * @module
 */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Admin } from '../api/admin.js';
import {
  type CollectionForm,
  createBody,
  formProblem,
  NEW_COLLECTION,
  type VectorForm,
} from '../lib/collection-form.js';
import { type Action, createAction } from './action.js';
import type { Desk } from './desk.js';
import { createDraft, type Draft } from './draft.js';
import { routeTo } from './route.js';

export interface Create {
  readonly name: Signal<string>;
  readonly form: ReadonlySignal<CollectionForm>;
  readonly draft: Draft;
  readonly action: Action;
  /** Why it cannot be sent yet; null when it can. */
  readonly problem: ReadonlySignal<string | null>;
  change(part: Partial<CollectionForm>): void;
  changeVector(place: number, part: Partial<VectorForm>): void;
  /** Makes the collection and goes to its settings. */
  submit(): Promise<boolean>;
}

export function createCreate(admin: Admin, { router, connection, collections }: Desk): Create {
  const name = signal('');
  const form = signal(NEW_COLLECTION);
  const action = createAction(connection);
  const draft = createDraft(computed(() => createBody(form.value)));
  const problem = computed(() => {
    const { parsed, edited } = draft;
    if (edited.value) return parsed.value.ok && name.value.trim() !== '' ? null : 'incomplete';
    return formProblem(name.value, form.value) ?? null;
  });
  return {
    name,
    form,
    draft,
    action,
    problem,
    change(part) {
      form.value = { ...form.value, ...part };
    },
    changeVector(place, part) {
      const vectors = form.value.vectors.map((vector, i) => (i === place ? { ...vector, ...part } : vector));
      form.value = { ...form.value, vectors };
    },
    async submit() {
      const { parsed } = draft;
      if (problem.value !== null || !parsed.value.ok) return false;
      const collection = name.value.trim();
      const { value } = parsed.value;
      if (!(await action.run(() => admin.create(collection, value)))) return false;
      await collections.refresh();
      router.go(routeTo('manage', { collection }));
      name.value = '';
      form.value = NEW_COLLECTION;
      draft.reset();
      return true;
    },
  };
}
