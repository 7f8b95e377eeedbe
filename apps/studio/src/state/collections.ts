/**
 * The collections of the server and how far each is, kept fresh.
 *
 * @module
 */
import type { CollectionInfo, Distance } from '@fletch/search';
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { Client } from '../api/client.js';
import type { Connection } from './connection.js';

/** A collection as the side bar shows it. */
export interface Card {
  readonly name: string;
  readonly info: CollectionInfo;
  /** Whether the number of points has changed since the look before. */
  readonly growing: boolean;
}

/** The vector that searches use: the only one, or the first of the named ones. */
export interface MainVector {
  /** Absent for an unnamed vector. */
  readonly using?: string;
  readonly size: number;
  readonly distance: Distance;
}

export function mainVector({ config }: CollectionInfo): MainVector {
  const { vectors } = config.params;
  if (typeof vectors.size === 'number') return vectors as MainVector;
  const [using, params] = Object.entries(vectors)[0] ?? ['', { size: 0, distance: 'Cosine' as const }];
  return { using, size: params.size, distance: params.distance };
}

/** Share of the points that are linked into the index, 0 to 1. */
export function progress({ indexed_vectors_count, points_count }: CollectionInfo): number {
  return points_count === 0 ? 1 : Math.min(1, indexed_vectors_count / points_count);
}

/**
 * Changes whenever a collection has changed enough for its searches to be worth repeating: with each quarter that
 * it grows, and when it has come to rest.
 */
export function generation({ info, growing }: Card): string {
  const points = info.points_count;
  return growing ? `growing:${Math.floor(Math.log(points + 1) / Math.log(1.25))}` : `resting:${points}`;
}

/** What the encoder of the collection read, as the indexer noted in the metadata. */
export function textFieldHint({ config }: CollectionInfo): string | undefined {
  const noted = config.metadata?.fletch;
  if (noted === null || typeof noted !== 'object' || Array.isArray(noted)) return undefined;
  return typeof noted?.text_field === 'string' ? noted.text_field : undefined;
}

/** Milliseconds until the next look: soon while something is growing, seldom when all is quiet. */
export function nextLook(cards: readonly Card[] | null, failures: number): number {
  if (failures > 0) return Math.min(8000, 500 * 2 ** failures);
  return cards?.some(({ info, growing }) => growing || info.status !== 'green') ? 1000 : 4000;
}

export interface Collections {
  /** Null until the server has answered once. */
  readonly cards: ReadonlySignal<readonly Card[] | null>;
  /** Why the last look failed, where neither the banner nor the key form says it. */
  readonly error: ReadonlySignal<string | null>;
  refresh(): Promise<void>;
  /** Looks again and again until the returned function is called. `idle` says when nobody is watching. */
  watch(idle: () => boolean): () => void;
}

export function createCollections(client: Client, connection: Connection): Collections {
  const cards = signal<readonly Card[] | null>(null);
  const trouble = signal<string | null>(null);
  let failures = 0;

  async function refresh(): Promise<void> {
    try {
      const names = await client.collections();
      const infos = await Promise.allSettled(names.map((name) => client.info(name)));
      failures = 0;
      const before = new Map(cards.value?.map(({ name, info }) => [name, info.points_count]));
      batch(() => {
        // A collection deleted between the two questions has no info: it is left out.
        cards.value = names.flatMap((name, i) => {
          const answer = infos[i]!;
          if (answer.status !== 'fulfilled') return [];
          const info = answer.value;
          // At the first look, an index that is behind tells of growth.
          const growing = (before.get(name) ?? info.points_count) !== info.points_count;
          return [{ name, info, growing: growing || (!before.has(name) && info.status === 'yellow') }];
        });
        trouble.value = null;
        connection.succeeded();
      });
    } catch (error) {
      failures++;
      trouble.value = connection.failed(error);
    }
  }

  return {
    cards,
    error: trouble,
    refresh,
    watch(idle) {
      let timer: ReturnType<typeof setTimeout>;
      let stopped = false;
      const look = async () => {
        if (!idle() || cards.value === null) await refresh();
        if (!stopped) timer = setTimeout(look, nextLook(cards.value, failures));
      };
      void look();
      return () => {
        stopped = true;
        clearTimeout(timer);
      };
    },
  };
}
