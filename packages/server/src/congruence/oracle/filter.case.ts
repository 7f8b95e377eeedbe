/**
 * Whether a point matches a filter, by Qdrant's condition checkers (lib/segment/src/payload_storage). What a condition
 * means does not depend on payload indexes, except for texts; where Qdrant's own answer does, the oracle has a doubt.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { Condition, FieldCondition, Filter, PointId } from '@fletch/search';
import type { Doubts } from './doubts.case.js';
import { canonicalId, inSlice } from './ids.case.js';
import { isObject, type JsonObject, list, opened } from './json.case.js';
import { parsePath, type Step, sameStep, valuesAt } from './path.case.js';
import type { TextIndex } from './value.case.js';
import { countInRange, matchesValue } from './value.case.js';

/** What a filter looks at: a point, or within `nested` an object of its payload. */
export interface Subject {
  readonly payload: JsonObject;
  /** Absent within `nested`, where these conditions never hold. */
  readonly point?: { readonly id: PointId; readonly vectors: ReadonlyMap<string, unknown> };
  readonly texts: readonly TextIndex[];
  readonly doubts: Doubts;
}

export function matches(filter: Filter, subject: Subject): boolean {
  const holds = (condition: Condition) => conditionHolds(condition, subject);
  const must = list(filter.must);
  const should = list(filter.should);
  const mustNot = list(filter.must_not);
  if (!must.every(holds)) return false;
  if (should.length > 0 && !should.some(holds)) return false;
  if (mustNot.some(holds)) return false;
  if (!filter.min_should) return true;
  const { conditions, min_count } = filter.min_should;
  return conditions.filter(holds).length >= min_count;
}

function conditionHolds(condition: Condition, subject: Subject): boolean {
  const { payload, point } = subject;
  if ('key' in condition) return fieldHolds(condition, subject);
  if ('has_id' in condition)
    return point !== undefined && condition.has_id.map(canonicalId).includes(point.id);
  if ('has_vector' in condition) return point?.vectors.has(condition.has_vector) ?? false;
  if ('slice' in condition) return point !== undefined && inSlice(point.id, condition.slice);
  if ('is_empty' in condition) return valuesAt(payload, parsePath(condition.is_empty.key)).every(isEmpty);
  if ('is_null' in condition) {
    const values = valuesAt(payload, parsePath(condition.is_null.key));
    const holds = values.includes(null);
    // With an index on the field Qdrant also looks into arrays.
    if (!holds && values.some(hasNull)) subject.doubts.note('is_null of an array with a null in it');
    return holds;
  }
  if ('nested' in condition) {
    const { key, filter } = condition.nested;
    const steps = parsePath(key);
    const path: Step[] = steps.at(-1) === '[]' ? steps : [...steps, '[]'];
    return valuesAt(payload, path)
      .filter(isObject)
      .some((element) =>
        matches(filter, {
          payload: element,
          texts: textsWithin(subject.texts, path),
          doubts: subject.doubts,
        }),
      );
  }
  return matches(condition, subject);
}

/** Text indexes below a path, by what remains of theirs; they see one value at a time. */
function textsWithin(texts: readonly TextIndex[], path: readonly Step[]): TextIndex[] {
  return texts
    .filter(({ path: own }) => own.length > path.length && path.every((step, i) => sameStep(step, own[i]!)))
    .map((index) => ({ ...index, path: index.path.slice(path.length), whole: false }));
}

function fieldHolds(condition: FieldCondition, subject: Subject): boolean {
  const path = parsePath(condition.key);
  const values = valuesAt(subject.payload, path);
  if (condition.values_count) return countHolds(condition, values);
  if (condition.is_empty != null) return emptyHolds(condition.is_empty, values, subject.doubts);
  if (condition.is_null != null) return nullHolds(condition.is_null, values, subject.doubts);
  return matchesValue(condition, path, values, subject.texts);
}

function countHolds({ values_count }: FieldCondition, values: readonly Json[]): boolean {
  const counts = values.map((value) => (value === null ? 0 : Array.isArray(value) ? value.length : 1));
  return (counts.length === 0 ? [0] : counts).some((count) => countInRange(count, values_count!));
}

/** `{key, is_empty}`: of a field that is there several times, one that is so is enough without an index, not with one. */
function emptyHolds(wanted: boolean, values: readonly Json[], doubts: Doubts): boolean {
  const indexed = values.every(isEmpty) === wanted;
  const plain = values.length === 0 ? wanted : values.some((value) => isEmpty(value) === wanted);
  if (indexed !== plain) doubts.note('is_empty of several values');
  return plain;
}

function nullHolds(wanted: boolean, values: readonly Json[], doubts: Doubts): boolean {
  const nullish = (value: Json) => value === null || hasNull(value);
  const indexed = values.some(nullish) === wanted;
  const plain = values.length === 0 ? !wanted : values.some((value) => nullish(value) === wanted);
  if (indexed !== plain) doubts.note('is_null of several values');
  return plain;
}

const isEmpty = (value: Json) => opened(value).length === 0 || value === null;
const hasNull = (value: Json) => Array.isArray(value) && value.includes(null);
