/**
 * Conditions on the point itself: `{has_id}`, `{has_vector}` and `{slice}`. None of them holds in the elements that a
 * `nested` condition looks at.
 *
 * @module
 */
import { Bitset } from '../index/bitset.js';
import { parseId } from '../store/ids.js';
import type { PointId } from '../types/index.js';
import {
  type Compiled,
  type ConditionKind,
  type Context,
  invalidFilter,
  readObject,
  shown,
} from './condition.js';
import { RowSet } from './row-set.js';
import { sliceOf } from './slice.js';

const MOST_SLICES = 2 ** 32 - 1;

export const hasId: ConditionKind = {
  keys: ['has_id'],
  compile(input, at, context) {
    if (!Array.isArray(input.has_id))
      throw invalidFilter(`${at}.has_id`, `expected a list of point ids, got ${shown(input.has_id)}`);
    const ids = new Set<PointId>();
    input.has_id.forEach((id: unknown, i) => {
      try {
        ids.add(parseId(id));
      } catch {
        throw invalidFilter(`${at}.has_id[${i}]`, `expected an unsigned integer or a UUID, got ${shown(id)}`);
      }
    });
    return ofPoint(context, {
      paths: [],
      rows(source) {
        const rows = new Bitset();
        for (const id of ids) {
          const row = source.row(id);
          if (row !== undefined) rows.add(row);
        }
        return rows;
      },
      matches: (_payload, id) => ids.has(id),
    });
  },
};

export const hasVector: ConditionKind = {
  keys: ['has_vector'],
  compile(input, at, context) {
    const { has_vector: name } = input;
    if (typeof name !== 'string')
      throw invalidFilter(`${at}.has_vector`, `expected the name of a vector, got ${shown(name)}`);
    return ofPoint(context, {
      paths: [],
      rows: (source) => source.withVector(name) ?? new Bitset(),
      matches: (_payload, _id, has) => has?.(name) ?? false,
    });
  },
};

export const slice: ConditionKind = {
  keys: ['slice'],
  compile(input, at, context) {
    const { total, index } = readObject(input.slice, `${at}.slice`, ['total', 'index']);
    if (!Number.isInteger(total) || (total as number) < 1 || (total as number) > MOST_SLICES)
      throw invalidFilter(
        `${at}.slice.total`,
        `expected an integer from 1 to ${MOST_SLICES}, got ${shown(total)}`,
      );
    if (!Number.isInteger(index) || (index as number) < 0 || (index as number) > MOST_SLICES)
      throw invalidFilter(`${at}.slice.index`, `expected an unsigned integer, got ${shown(index)}`);
    if ((index as number) >= (total as number))
      throw invalidFilter(
        `${at}.slice`,
        `the index of a slice must be less than their total number ${total}, got ${index}`,
        true,
      );
    const holds = (id: PointId) => sliceOf(id, total as number) === index;
    return ofPoint(context, {
      paths: [],
      rows(source) {
        const rows = new RowSet(source.live.words.length * 32);
        for (const row of source.live) if (holds(source.id(row)!)) rows.add(row);
        return rows.done();
      },
      matches: (_payload, id) => holds(id),
    });
  },
};

function ofPoint({ within }: Context, condition: Compiled): Compiled {
  return within ? { paths: [], rows: () => new Bitset(), matches: () => false } : condition;
}
