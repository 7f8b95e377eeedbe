/**
 * The point browser: pages of points in order of their ids, and the one that is open.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { Filter, Payload, PointId, PointRecord, ScrollResult } from '@fletch/search';
import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import type { Client } from '../api/client.js';
import { ApiError } from '../api/errors.js';
import type { AlikeRecords, Points } from '../api/points.js';
import { type ConditionRow, filterOf, readRows } from '../lib/conditions.js';
import { readId } from '../lib/ids.js';
import { parseJson, sameJson } from '../lib/json.js';
import { type Action, createAction } from './action.js';
import type { Desk } from './desk.js';
import { createDraft, type Draft } from './draft.js';
import { createResource, type Resource } from './resource.js';

export interface PointBrowser {
  readonly rows: ReadonlySignal<readonly ConditionRow[]>;
  readonly page: Resource<ScrollResult>;
  /** How many points pass the filter; null without one. */
  readonly matching: Resource<number>;
  /** First ids of the pages before this one, as far as they were seen. */
  readonly before: ReadonlySignal<readonly string[]>;
  readonly point: Resource<PointRecord>;
  /** Records like the open point; null until they are asked for. */
  readonly alike: Resource<AlikeRecords>;
  readonly payload: Draft;
  readonly action: Action;
  /** Whether the payload was changed by someone else since it was opened. */
  readonly overtaken: ReadonlySignal<boolean>;
  filter(rows: readonly ConditionRow[]): void;
  next(): void;
  previous(): void;
  /** Starts the page at this id. */
  goTo(id: string): void;
  open(id: PointId | null): void;
  /** Looks for records like the open point. */
  findAlike(): Promise<void>;
  /** Writes the payload. What someone else wrote meanwhile is only overwritten when `force` is set. */
  save(force?: boolean): Promise<boolean>;
  /** Shows the open point as it is now. */
  reload(): Promise<void>;
  remove(): Promise<boolean>;
}

export const PAGE = 20;
const MEANWHILE =
  'The payload was changed by someone else since you opened it. Nothing was written: look at it again, or overwrite it.';

export function createPointBrowser(points: Points, client: Pick<Client, 'count'>, desk: Desk): PointBrowser {
  const { router, connection, fields, card, collections } = desk;
  const { route } = router;
  const page = createResource<ScrollResult>(connection);
  const matching = createResource<number>(connection);
  const point = createResource<PointRecord>(connection);
  const alike = createResource<AlikeRecords>(connection);
  const action = createAction(connection);
  const overtaken = signal(false);
  const before = signal<readonly string[]>([]);
  const payload = createDraft(computed(() => point.value.value?.payload ?? {}));

  const here = computed(() => route.value.page === 'points' && card.value !== undefined);
  const rows = computed(() => {
    const given = parseJson(route.value.more.where ?? '[]');
    return readRows(given.ok ? given.value : []);
  });
  const filter = computed(() => filterOf(rows.value, fields.value));
  /** Changes when another page is to be shown. */
  const wanted = computed(() => {
    if (!here.value) return '';
    return JSON.stringify([route.value.collection, route.value.more.from ?? '', filter.value ?? null]);
  });

  const load = () => {
    const [collection, from, where] = JSON.parse(wanted.value) as [string, string, Filter | null];
    const body = {
      limit: PAGE,
      with_payload: true,
      ...(from === '' ? {} : { offset: readId(from) }),
      ...(where === null ? {} : { filter: where }),
    };
    if (where === null) matching.clear();
    else void matching.load((signal) => client.count(collection, where, signal));
    return page.load((signal) => points.page(collection, body, signal));
  };

  let shown = '';
  effect(() => {
    void connection.epoch.value;
    if (wanted.value === '') return;
    untracked(() => {
      if (shown !== route.value.collection) page.clear();
      shown = route.value.collection;
      void load();
    });
  });

  /** The payload that the open point had when people began to change it. */
  let base: Json = {};
  /** Changes that were left without being saved, by the point they belong to. */
  const left = new Map<string, { readonly text: string; readonly base: Json }>();
  const opened = computed(() =>
    here.value ? JSON.stringify([route.value.collection, route.value.item]) : '',
  );
  const showPoint = async () => {
    const { collection, item } = route.value;
    await point.load((signal) => points.point(collection, readId(item), signal));
    base = left.get(opened.value)?.base ?? point.value.value?.payload ?? {};
  };
  const reload = async () => {
    left.delete(opened.value);
    payload.reset();
    overtaken.value = false;
    await showPoint();
  };
  let last = '';
  effect(() => {
    const now = opened.value;
    if (now === '' || now === last) return;
    untracked(() => {
      if (payload.edited.value) left.set(last, { text: payload.text.value, base });
      last = now;
      point.clear();
      alike.clear();
      action.clear();
      payload.reset();
      overtaken.value = false;
      const own = left.get(now);
      if (own !== undefined) payload.edit(own.text);
      if (route.value.item !== '') void showPoint();
    });
  });
  // What failed to load while the server was gone is asked again; what is being edited stays.
  effect(() => {
    void connection.epoch.value;
    untracked(() => {
      if (opened.value !== '' && route.value.item !== '' && point.value.value === null && last !== '')
        void showPoint();
    });
  });

  const turn = (change: Record<string, string | undefined>, mode?: 'replace') => {
    const more = Object.entries({ ...route.value.more, ...change }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    );
    router.go({ more: Object.fromEntries(more) }, mode);
  };

  return {
    rows,
    page,
    matching,
    before,
    point,
    alike,
    payload,
    action,
    overtaken,
    filter(next) {
      before.value = [];
      turn({ where: next.length === 0 ? undefined : JSON.stringify(next), from: undefined }, 'replace');
    },
    next() {
      const next = page.value.value?.next_page_offset;
      if (next == null) return;
      before.value = [...before.value, route.value.more.from ?? ''];
      turn({ from: String(next) });
    },
    previous() {
      const from = before.value.at(-1);
      before.value = before.value.slice(0, -1);
      turn({ from });
    },
    goTo(id) {
      before.value = [];
      turn({ from: id.trim() });
    },
    open: (id) => router.go({ item: id === null ? '' : String(id) }),
    findAlike() {
      const { collection, item } = route.value;
      return alike.load((signal) => points.alike(collection, readId(item), signal));
    },
    async save(force = false) {
      const { parsed } = payload;
      const { collection, item } = route.value;
      if (!parsed.value.ok) return false;
      const value = parsed.value.value;
      const id = readId(item);
      const saved = await action.run(async () => {
        const now = (await points.point(collection, id)).payload ?? {};
        overtaken.value = !sameJson(now, base);
        if (overtaken.value && !force) throw new ApiError(MEANWHILE, 409);
        await points.overwritePayload(collection, id, value as Payload);
      }, 'The payload is saved.');
      if (saved) await Promise.all([reload(), load()]);
      return saved;
    },
    reload,
    async remove() {
      const { collection, item } = route.value;
      const removed = await action.run(() => points.remove(collection, readId(item)));
      if (!removed) return false;
      router.go({ item: '' });
      await Promise.all([load(), collections.refresh()]);
      return true;
    },
  };
}
