/**
 * `{nested: {key, filter}}`: the filter holds for one and the same element of an array of objects.
 *
 * @module
 */
import { type Compiled, type ConditionKind, readObject, readPath } from './condition.js';
import { everyElementOf, isObject, pathOf, valuesAt } from './path.js';

/** Other than the elements of arrays, single objects are not looked into, as in Qdrant. */
export const nested: ConditionKind = {
  keys: ['nested'],
  compile(input, at, context, compile) {
    const { key, filter } = readObject(input.nested, `${at}.nested`, ['key', 'filter']);
    const path = everyElementOf(readPath(key, `${at}.nested.key`));
    const within = context.within ? pathOf([...context.within.steps, ...path.steps]) : path;
    const inner = compile(filter, `${at}.nested.filter`, { ...context, depth: context.depth + 1, within });
    const condition: Compiled = {
      paths: inner.paths,
      // What `inner` finds by columns may have its parts in several elements.
      rows(source) {
        const candidates = inner.rows(source);
        return context.within ? candidates : source.scan(condition, candidates);
      },
      matches: (payload, id) =>
        valuesAt(payload, path).some((element) => isObject(element) && inner.matches(element, id)),
    };
    return condition;
  },
};
