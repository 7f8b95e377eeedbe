/**
 * The settings of a collection: configuration, payload indexes, aliases, snapshots, and its end.
 *
 * @module
 */
import type { AliasAction, AliasDescription, PayloadFieldSchema, SnapshotDescription } from '@fletch/search';
import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from '@preact/signals';
import type { Admin, Priority, SnapshotOwner } from '../api/admin.js';
import { NO_HNSW, type SettingsForm, settingsOf, updateBody } from '../lib/collection-form.js';
import { type Action, createAction } from './action.js';
import type { Desk } from './desk.js';
import { createDraft, type Draft } from './draft.js';
import { createResource, type Resource } from './resource.js';
import { routeTo } from './route.js';

export interface Manage {
  readonly settings: {
    /** Follows the collection until people change it. */
    readonly form: ReadonlySignal<SettingsForm>;
    readonly draft: Draft;
    readonly action: Action;
    change(part: Partial<SettingsForm>): void;
    save(): Promise<boolean>;
  };
  readonly indexes: {
    readonly action: Action;
    create(field: string, schema: PayloadFieldSchema): Promise<boolean>;
    remove(field: string): Promise<boolean>;
  };
  readonly aliases: {
    /** Of all collections. */
    readonly all: Resource<readonly AliasDescription[]>;
    readonly action: Action;
    change(action: AliasAction, success: string): Promise<boolean>;
  };
  readonly snapshots: {
    readonly all: Resource<readonly SnapshotDescription[]>;
    /** Of the collection, or null for the whole store's. */
    readonly owner: ReadonlySignal<SnapshotOwner>;
    readonly action: Action;
    create(): Promise<boolean>;
    remove(name: string): Promise<boolean>;
    upload(collection: string, file: File, priority: Priority): Promise<boolean>;
    recover(collection: string, location: string, priority: Priority): Promise<boolean>;
  };
  /** Deletes the collection of the route. */
  readonly deletion: Action;
  remove(): Promise<boolean>;
  /** What was typed to confirm that. */
  readonly typedName: Signal<string>;
}

const NO_SETTINGS: SettingsForm = { hnsw: NO_HNSW, encoder: '', textField: '' };

export function createManage(admin: Admin, desk: Desk): Manage {
  const { router, connection, collections, card } = desk;
  const name = computed(() => router.route.value.collection);
  const owner = computed(() => (name.value === '' ? null : name.value));
  const open = computed(() => router.route.value.page === 'manage');

  const settings = createAction(connection);
  const indexes = createAction(connection);
  const aliasing = createAction(connection);
  const snapshotting = createAction(connection);
  const deletion = createAction(connection);
  const typedName = signal('');
  const aliases = createResource<readonly AliasDescription[]>(connection);
  const snapshots = createResource<readonly SnapshotDescription[]>(connection);

  const changed = signal<SettingsForm | null>(null);
  const form = computed(
    () => changed.value ?? (card.value === undefined ? NO_SETTINGS : settingsOf(card.value.info)),
  );
  const draft = createDraft(
    computed(() => (card.value === undefined ? {} : updateBody(form.value, card.value.info))),
  );

  const loadAliases = () => aliases.load((signal) => admin.aliases(signal));
  const loadSnapshots = () => snapshots.load((signal) => admin.snapshots(owner.value, signal));
  const startAnew = () => {
    changed.value = null;
    draft.reset();
  };

  let shown: string | null = null;
  effect(() => {
    const collection = name.value;
    void connection.epoch.value;
    if (!open.value) return;
    untracked(() => {
      if (collection !== shown) {
        for (const action of [settings, indexes, aliasing, snapshotting]) action.clear();
        // That a collection was deleted is told where people come out, on the overview.
        if (collection !== '') deletion.clear();
        startAnew();
        typedName.value = '';
        snapshots.clear();
      }
      shown = collection;
      void loadAliases();
      void loadSnapshots();
    });
  });

  /** Does something and, when it is done, looks at the collections again. */
  async function act(action: Action, task: () => Promise<unknown>, success: string): Promise<boolean> {
    const succeeded = await action.run(task, success);
    if (succeeded) await collections.refresh();
    return succeeded;
  }

  return {
    settings: {
      form,
      draft,
      action: settings,
      change(part) {
        changed.value = { ...form.value, ...part };
      },
      async save() {
        const { parsed } = draft;
        if (!parsed.value.ok) return false;
        const { value } = parsed.value;
        const saved = await act(settings, () => admin.update(name.value, value), 'Saved.');
        if (saved) startAnew();
        return saved;
      },
    },
    indexes: {
      action: indexes,
      create: (field, schema) =>
        act(indexes, () => admin.createIndex(name.value, field, schema), `“${field}” is indexed.`),
      remove: (field) =>
        act(indexes, () => admin.deleteIndex(name.value, field), `The index of “${field}” is gone.`),
    },
    aliases: {
      all: aliases,
      action: aliasing,
      async change(action, success) {
        const succeeded = await aliasing.run(() => admin.changeAliases([action]), success);
        if (succeeded) await loadAliases();
        return succeeded;
      },
    },
    snapshots: {
      all: snapshots,
      owner,
      action: snapshotting,
      async create() {
        const made = await snapshotting.run(() => admin.createSnapshot(owner.value), 'The snapshot is made.');
        if (made) await loadSnapshots();
        return made;
      },
      async remove(snapshot) {
        const task = () => admin.deleteSnapshot(owner.value, snapshot);
        const removed = await snapshotting.run(task, `The snapshot “${snapshot}” is deleted.`);
        if (removed) await loadSnapshots();
        return removed;
      },
      upload: (collection, file, priority) =>
        act(
          snapshotting,
          () => admin.upload(collection, file, file.name, priority),
          `“${collection}” is recovered from ${file.name}.`,
        ),
      recover: (collection, location, priority) =>
        act(
          snapshotting,
          () => admin.recover(collection, location, priority),
          `“${collection}” is recovered.`,
        ),
    },
    deletion,
    typedName,
    async remove() {
      const gone = name.value;
      if (typedName.value !== gone) return false;
      const removed = await act(deletion, () => admin.remove(gone), `“${gone}” is deleted.`);
      if (removed) router.go(routeTo('manage'));
      return removed;
    },
  };
}
