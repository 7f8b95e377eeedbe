/**
 * The filters that a collection offers: fields, values and how often each occurs under the other filters.
 *
 * @module
 */
import type { FacetHit, Payload, PointRecord } from '@fletch/search';
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { Client } from '../api/client.js';
import { valueAt } from '../lib/display.js';
import { type Field, filterableFields } from '../lib/fields.js';
import { type Chosen, clearField, isEmpty, toFilter } from '../lib/filter.js';
import type { Card } from './collections.js';
import type { Connection } from './connection.js';
import { createLatest } from './latest.js';

/** A field with its values (most frequent first) or, for numbers, bounds seen in a few points. */
export interface Facet extends Field {
  readonly values: readonly FacetHit[];
  readonly seen: { readonly min: number; readonly max: number } | null;
}

export interface Facets {
  readonly facets: ReadonlySignal<readonly Facet[]>;
  /** A few points of the collection. */
  readonly sample: ReadonlySignal<readonly PointRecord[]>;
  /** How many points pass the chosen filters; null when none is chosen. */
  readonly matching: ReadonlySignal<number | null>;
  load(card: Card, chosen: Chosen): Promise<void>;
}

const SAMPLE = 64;
const VALUES = 60;

/** A field whose ten most frequent values cover next to nothing holds names, not choices. */
export function isChoice(values: readonly FacetHit[], points: number): boolean {
  if (values.length < 2) return false;
  const covered = values.slice(0, 10).reduce((sum, { count }) => sum + count, 0);
  return points <= 100 || covered >= points * 0.02;
}

function bounds(sample: readonly PointRecord[], key: string): Facet['seen'] {
  const values = sample
    .flatMap(({ payload }) => valueAt(payload, key) ?? [])
    .filter((value): value is number => typeof value === 'number');
  return values.length === 0 ? null : { min: Math.min(...values), max: Math.max(...values) };
}

export function createFacets(client: Client, connection: Connection): Facets {
  const facets = signal<readonly Facet[]>([]);
  const sample = signal<readonly PointRecord[]>([]);
  const matching = signal<number | null>(null);
  const latest = createLatest();
  let shown = '';

  async function ask(card: Card, chosen: Chosen, abort: AbortSignal) {
    const { name, info } = card;
    const points = await client.scroll(name, { limit: SAMPLE, with_payload: true }, abort);
    const payloads = points.flatMap(({ payload }): Payload[] => (payload ? [payload] : []));
    const filter = toFilter(chosen);
    const found = await Promise.all(
      filterableFields(info.payload_schema, payloads).map(async (field): Promise<Facet[]> => {
        if (field.kind === 'number') return [{ ...field, values: [], seen: bounds(points, field.key) }];
        const others = toFilter(clearField(chosen, field.key));
        const body = { key: field.key, limit: VALUES, ...(others === undefined ? {} : { filter: others }) };
        const values = await client.facet(name, body, abort);
        const offered = (chosen.any[field.key] ?? []).length > 0 || isChoice(values, info.points_count);
        return offered || others !== undefined ? [{ ...field, values, seen: null }] : [];
      }),
    );
    const count = filter === undefined ? null : await client.count(name, filter, abort);
    return { points, facets: found.flat(), count };
  }

  return {
    facets,
    sample,
    matching,
    async load(card, chosen) {
      if (shown !== card.name) {
        shown = card.name;
        batch(() => {
          facets.value = [];
          sample.value = [];
          matching.value = null;
        });
      }
      if (isEmpty(chosen)) matching.value = null;
      try {
        const answer = await latest.run((abort) => ask(card, chosen, abort));
        if (answer === undefined) return;
        batch(() => {
          facets.value = answer.facets;
          sample.value = answer.points;
          matching.value = answer.count;
        });
      } catch (error) {
        // A collection that cannot be faceted is searched without filters; the search itself tells what is wrong.
        connection.failed(error);
      }
    },
  };
}
