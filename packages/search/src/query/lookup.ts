/**
 * Points of another collection beside the groups that are named after them.
 *
 * @module
 */
import { isPointId, parseId } from '../store/ids.js';
import type { PointGroup, QueryGroupsRequest } from '../types/index.js';
import { Recorder, type Selectors } from './record.js';
import { readObject, refuse, shown } from './refuse.js';
import type { Views } from './source.js';

/** Adds to each group the point whose id is the group's, where there is one. */
export function addLookups(
  groups: readonly PointGroup[],
  input: QueryGroupsRequest['with_lookup'],
  views: Views,
): PointGroup[] {
  if (input === undefined || input === null) return [...groups];
  const lookup = typeof input === 'string' ? { collection: input } : readObject(input, 'with_lookup');
  const { collection, with_payload, with_vectors } = lookup as {
    collection: unknown;
    [key: string]: unknown;
  };
  if (typeof collection !== 'string')
    throw refuse('with_lookup.collection', `expected a name, got ${shown(collection)}.`);
  const view = views.of(collection);
  const recorder = new Recorder(view, { with_payload, with_vector: with_vectors } as Selectors, true);
  return groups.map((group) => {
    const row = isPointId(group.id) ? view.row(parseId(group.id)) : undefined;
    return row === undefined ? group : { ...group, lookup: recorder.record(row) };
  });
}
