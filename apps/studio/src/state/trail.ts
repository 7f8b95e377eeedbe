/**
 * The points whose neighbours were asked for, so that the breadcrumb can name them also after a reload.
 *
 * @module
 */
import type { PointId, PointRecord } from '@fletch/search';
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Client } from '../api/client.js';
import type { Connection } from './connection.js';

export interface Trail {
  /** Known points by id, written as text. */
  readonly known: ReadonlySignal<Readonly<Record<string, PointRecord>>>;
  remember(collection: string, point: PointRecord): void;
  /** Fetches the points that are not known yet. */
  complete(collection: string, ids: readonly PointId[]): Promise<void>;
}

export function createTrail(client: Client, connection: Connection): Trail {
  const known = signal<Readonly<Record<string, PointRecord>>>({});
  let current = '';
  const enter = (collection: string) => {
    if (collection === current) return;
    current = collection;
    known.value = {};
  };
  const add = (points: readonly PointRecord[]) => {
    known.value = { ...known.value, ...Object.fromEntries(points.map((point) => [String(point.id), point])) };
  };
  return {
    known,
    remember(collection, point) {
      enter(collection);
      add([point]);
    },
    async complete(collection, ids) {
      enter(collection);
      const missing = ids.filter((id) => known.value[String(id)] === undefined);
      if (missing.length === 0) return;
      try {
        const points = await client.retrieve(collection, missing);
        if (collection === current) add(points);
      } catch (error) {
        // Nameless breadcrumbs show the id.
        connection.failed(error);
      }
    },
  };
}
