/**
 * The table of condition kinds. A new kind is a new entry here, with its own file when it is long.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { Bitset } from '../index/bitset.js';
import { parseId } from '../store/ids.js';
import type { PointId } from '../types/index.js';
import { isFilled } from './column.js';
import { type Compiled, type ConditionKind, invalidFilter, keysSet, readObject, shown } from './condition.js';
import { anyHolds, compileMatch } from './match.js';
import { type Path, parsePath, valuesAt } from './path.js';
import { compileRange } from './range.js';

/** What can stand beside `key`. */
const fieldTests: {
  readonly [name: string]: (
    input: unknown,
    at: string,
    path: Path,
  ) => { rows: Compiled['rows']; holds: (value: Json) => boolean };
} = { match: compileMatch, range: compileRange };

const field: ConditionKind = {
  keys: ['key', ...Object.keys(fieldTests)],
  compile(input, at) {
    const path = readPath(input.key, `${at}.key`);
    const names = keysSet(input).filter((name) => name !== 'key');
    if (names.length !== 1)
      throw invalidFilter(at, `expected exactly one of ${Object.keys(fieldTests).join(', ')} beside key`);
    const name = names[0]!;
    const { rows, holds } = fieldTests[name]!(input[name], `${at}.${name}`, path);
    return onField(path, rows, (payload) => anyHolds(valuesAt(payload, path), holds));
  },
};

const hasId: ConditionKind = {
  keys: ['has_id'],
  compile(input, at) {
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
    return {
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
    };
  },
};

const isEmpty: ConditionKind = {
  keys: ['is_empty'],
  compile(input, at) {
    const path = readField(input.is_empty, `${at}.is_empty`);
    return onField(
      path,
      (source) => source.live.andNot(source.column(path)!.filled()),
      (payload) => !valuesAt(payload, path).some(isFilled),
    );
  },
};

const isNull: ConditionKind = {
  keys: ['is_null'],
  compile(input, at) {
    const path = readField(input.is_null, `${at}.is_null`);
    return onField(
      path,
      (source) => source.column(path)!.nulls(),
      (payload) => valuesAt(payload, path).includes(null),
    );
  },
};

const nestedFilter: ConditionKind = {
  keys: ['must', 'should', 'must_not'],
  compile: (input, at, compile, depth) => compile(input, at, depth),
};

/** All kinds; a condition is of the kind that has one of its keys. */
export const conditionKinds: readonly ConditionKind[] = [field, hasId, isEmpty, isNull, nestedFilter];

/** A condition on one field, by its column where there is room for one, else by looking at every payload. */
function onField(path: Path, byColumn: Compiled['rows'], matches: Compiled['matches']): Compiled {
  const condition: Compiled = {
    paths: [path],
    rows: (source) => (source.column(path) ? byColumn(source) : source.scan(condition)),
    matches,
  };
  return condition;
}

function readField(input: unknown, at: string): Path {
  return readPath(readObject(input, at, ['key']).key, `${at}.key`);
}

function readPath(input: unknown, at: string): Path {
  if (typeof input !== 'string') throw invalidFilter(at, `expected a payload path, got ${shown(input)}`);
  try {
    return parsePath(input);
  } catch {
    throw invalidFilter(at, `${shown(input)} is not a payload path`);
  }
}
