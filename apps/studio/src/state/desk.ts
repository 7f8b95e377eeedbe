/**
 * What all pages beside the search stand on.
 *
 * @module
 */
import type { Payload, PointRecord } from '@fletch/search';
import { computed, effect, type ReadonlySignal, untracked } from '@preact/signals';
import type { Client } from '../api/client.js';
import type { TypedField } from '../lib/conditions.js';
import type { DisplayHints } from '../lib/display.js';
import { typedFields } from '../lib/fields.js';
import { type VectorName, vectorNames } from '../lib/vectors.js';
import { generation } from './collections.js';
import { createResource } from './resource.js';
import type { Route } from './route.js';
import type { Studio } from './studio.js';

/** The studio, and what is known of the route's collection. */
export interface Desk extends Pick<Studio, 'router' | 'connection' | 'collections' | 'card' | 'hints'> {
  /** Fields that conditions, orders and indexes can be about. */
  readonly fields: ReadonlySignal<readonly TypedField[]>;
  readonly vectors: ReadonlySignal<readonly VectorName[]>;
  /** How points of this collection are shown. */
  readonly shown: ReadonlySignal<DisplayHints>;
}

const SAMPLE = 48;
const NEEDING: readonly Route['page'][] = ['points', 'query', 'manage'];

export function createDesk(client: Pick<Client, 'scroll'>, studio: Studio): Desk {
  const { router, connection, collections, card, hints } = studio;
  const sample = createResource<readonly PointRecord[]>(connection);

  const needed = computed(() =>
    card.value !== undefined && NEEDING.includes(router.route.value.page)
      ? `${card.value.name}\n${generation(card.value)}`
      : '',
  );
  let shownName = '';
  effect(() => {
    const [name = ''] = needed.value.split('\n');
    void connection.epoch.value;
    if (name === '') return;
    untracked(() => {
      if (name !== shownName) sample.clear();
      shownName = name;
      void sample.load((signal) => client.scroll(name, { limit: SAMPLE, with_payload: true }, signal));
    });
  });

  const fields = computed(() => {
    const payloads = (sample.value.value ?? []).flatMap(({ payload }): Payload[] =>
      payload ? [payload] : [],
    );
    return card.value === undefined ? [] : typedFields(card.value.info.payload_schema, payloads);
  });
  return {
    router,
    connection,
    collections,
    card,
    hints,
    fields,
    vectors: computed(() => (card.value === undefined ? [] : vectorNames(card.value.info))),
    shown: computed(() => ({
      textField: hints.value.textField,
      tagFields: fields.value
        .filter(({ indexed, type }) => indexed && (type === 'keyword' || type === 'bool'))
        .map(({ key }) => key),
    })),
  };
}
