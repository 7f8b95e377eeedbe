/**
 * The table of condition kinds. A new kind is a new entry here, with its own file when it is long.
 *
 * @module
 */
import type { ConditionKind } from './condition.js';
import { field, isEmpty, isNull } from './field.js';
import { hasId, hasVector, slice } from './ids.js';
import { nested } from './nested.js';

/** The clauses of a filter. */
export const clauses = ['must', 'should', 'must_not', 'min_should'];

const filter: ConditionKind = {
  keys: clauses,
  compile: (input, at, context, compile) => compile(input, at, { ...context, depth: context.depth + 1 }),
};

/** All kinds; a condition is of the kind that has one of its keys. */
export const conditionKinds: readonly ConditionKind[] = [
  field,
  hasId,
  hasVector,
  isEmpty,
  isNull,
  nested,
  slice,
  filter,
];

/** The kind of conditions without any key: an empty filter, which always holds. */
export const emptyKind = filter;
