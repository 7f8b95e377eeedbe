/**
 * The filters that a collection offers: fields, values and how often each occurs under the other filters.
 *
 * @module
 */
import type { FacetHit, Payload, PointRecord } from '@fletch/search';
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { Client } from '../api/client.js';
import { ApiError } from '../api/errors.js';
import { valueAt } from '../lib/display.js';
import { type Field, filterableFields } from '../lib/fields.js';
import { type Chosen, clearField, isEmpty, NOTHING_CHOSEN, toFilter } from '../lib/filter.js';
import { type Card, generation } from './collections.js';
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

/** A field whose values hardly repeat, or whose ten most frequent ones cover next to nothing, holds names. */
export function isChoice(values: readonly FacetHit[], points: number): boolean {
  if (values.length < 2) return false;
  const frequent = values.slice(0, 10);
  const covered = frequent.reduce((sum, { count }) => sum + count, 0);
  return covered >= frequent.length * 1.5 && (points <= 100 || covered >= points * 0.05);
}

function bounds(sample: readonly PointRecord[], key: string): Facet['seen'] {
  const values = sample
    .flatMap(({ payload }) => valueAt(payload, key) ?? [])
    .filter((value): value is number => typeof value === 'number');
  return values.length === 0 ? null : { min: Math.min(...values), max: Math.max(...values) };
}

/** What is known of a collection before anything is chosen. */
interface Basis {
  readonly key: string;
  readonly facets: readonly Facet[];
  readonly sample: readonly PointRecord[];
}

export function createFacets(client: Client, connection: Connection): Facets {
  const facets = signal<readonly Facet[]>([]);
  const sample = signal<readonly PointRecord[]>([]);
  const matching = signal<number | null>(null);
  const latest = createLatest();
  let basis: Basis = { key: '', facets: [], sample: [] };
  let shown = '';

  /** Values of `key` under the filters of the other fields; none where the server cannot count them. */
  async function values(collection: string, key: string, chosen: Chosen, abort: AbortSignal) {
    const filter = toFilter(clearField(chosen, key));
    const body = { key, limit: VALUES, ...(filter === undefined ? {} : { filter }) };
    try {
      return await client.facet(collection, body, abort);
    } catch (error) {
      if (error instanceof ApiError && error.status === 400) return [];
      throw error;
    }
  }

  async function basisOf({ name, info }: Card, key: string, abort: AbortSignal): Promise<Basis> {
    const points = await client.scroll(name, { limit: SAMPLE, with_payload: true }, abort);
    const payloads = points.flatMap(({ payload }): Payload[] => (payload ? [payload] : []));
    const found = await Promise.all(
      filterableFields(info.payload_schema, payloads).map(async (field): Promise<Facet[]> => {
        if (field.kind === 'number') return [{ ...field, values: [], seen: bounds(points, field.key) }];
        const all = await values(name, field.key, NOTHING_CHOSEN, abort);
        return isChoice(all, info.points_count) ? [{ ...field, values: all, seen: null }] : [];
      }),
    );
    return { key, facets: found.flat(), sample: points };
  }

  async function narrowed({ name }: Card, { facets }: Basis, chosen: Chosen, abort: AbortSignal) {
    const filter = toFilter(chosen);
    if (filter === undefined) return { facets, count: null };
    const counted = facets.map(async (facet) =>
      facet.kind === 'choice' ? { ...facet, values: await values(name, facet.key, chosen, abort) } : facet,
    );
    return { facets: await Promise.all(counted), count: await client.count(name, filter, abort) };
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
      const key = `${card.name}:${generation(card)}`;
      try {
        const answer = await latest.run(async (abort) => {
          const known = basis.key === key ? basis : await basisOf(card, key, abort);
          return { known, ...(await narrowed(card, known, chosen, abort)) };
        });
        if (answer === undefined) return;
        basis = answer.known;
        batch(() => {
          facets.value = answer.facets;
          sample.value = answer.known.sample;
          matching.value = answer.count;
        });
      } catch (error) {
        // A collection that cannot be faceted is searched without filters; the search itself tells what is wrong.
        connection.failed(error);
      }
    },
  };
}
