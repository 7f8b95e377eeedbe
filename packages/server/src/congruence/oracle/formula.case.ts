/**
 * Formulas over scores and payloads (lib/segment/src/index/query_optimization/rescore_formula).
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { Condition, Expression, Payload } from '@fletch/search';
import { readDate } from './dates.case.js';
import { type Doubts, Refused } from './doubts.case.js';
import { distanceOf, readPlace } from './geo.case.js';
import { parsePath, type Step, valuesAt } from './path.case.js';

/** What a formula sees of one point. */
export interface FormulaSubject {
  readonly payload: Payload;
  /** Its score in each prefetch that found it. */
  readonly scores: readonly (number | undefined)[];
  readonly defaults: { readonly [variable: string]: Json };
  readonly holds: (condition: Condition) => boolean;
  /** The type of the payload index on a field. */
  readonly indexType: (path: string) => string | undefined;
  readonly doubts: Doubts;
}

type Decay = { x: Expression; target?: Expression | null; scale?: number | null; midpoint?: number | null };

/** The score of a point; refused when it is no finite 32-bit number. */
export function formulaScore(formula: Expression, subject: FormulaSubject): number {
  return finite(Math.fround(evaluate(formula, subject)));
}

function evaluate(expression: Expression, subject: FormulaSubject): number {
  const inner = (part: Expression) => evaluate(part, subject);
  if (typeof expression === 'number') return Math.fround(expression);
  if (typeof expression === 'string') return variable(expression, subject);
  if ('mult' in expression) {
    let product = 1;
    for (const factor of expression.mult) {
      const value = inner(factor);
      if (value === 0) return 0;
      product *= value;
    }
    return product;
  }
  if ('sum' in expression) return expression.sum.reduce<number>((sum, part) => sum + inner(part), 0);
  if ('neg' in expression) return -inner(expression.neg);
  if ('abs' in expression) return Math.abs(inner(expression.abs));
  if ('div' in expression) {
    const { left, right, by_zero_default } = expression.div;
    const numerator = inner(left);
    if (numerator === 0) return 0;
    const denominator = inner(right);
    if (denominator === 0 && by_zero_default != null) return Math.fround(by_zero_default);
    return finite(numerator / denominator);
  }
  if ('sqrt' in expression) return finite(Math.sqrt(inner(expression.sqrt)));
  if ('pow' in expression) return finite(inner(expression.pow.base) ** inner(expression.pow.exponent));
  if ('exp' in expression) return finite(Math.exp(inner(expression.exp)));
  if ('log10' in expression) return finite(Math.log10(inner(expression.log10)));
  if ('ln' in expression) return finite(Math.log(inner(expression.ln)));
  if ('lin_decay' in expression) {
    const { distance, scale, midpoint } = decay(expression.lin_decay, subject);
    return Math.max(0, 1 - ((1 - midpoint) / scale) * distance);
  }
  if ('exp_decay' in expression) {
    const { distance, scale, midpoint } = decay(expression.exp_decay, subject);
    return Math.exp((Math.log(midpoint) / scale) * distance);
  }
  if ('gauss_decay' in expression) {
    const { distance, scale, midpoint } = decay(expression.gauss_decay, subject);
    return Math.exp((Math.log(midpoint) / scale ** 2) * distance ** 2);
  }
  if ('geo_distance' in expression) {
    const { origin, to } = expression.geo_distance;
    const place = readPlace(payloadValue(to, subject));
    if (!place || Math.abs(place.lon) > 180 || Math.abs(place.lat) > 90)
      throw new Refused(400, `${to} is no place`);
    return distanceOf(origin, place);
  }
  if ('datetime' in expression) return seconds(expression.datetime);
  if ('datetime_key' in expression) {
    const value = payloadValue(expression.datetime_key, subject);
    if (typeof value !== 'string') throw new Refused(400, `${expression.datetime_key} is no date`);
    return seconds(value);
  }
  return subject.holds(expression as Condition) ? 1 : 0;
}

/** `$score`, `$score[1]` or a payload path. */
function variable(name: string, subject: FormulaSubject): number {
  if (!name.startsWith('$')) {
    const value = payloadValue(name, subject);
    if (typeof value !== 'number') throw new Refused(400, `${name} is no number`);
    return value;
  }
  const source = sourceOf(name);
  const score = subject.scores[source];
  if (score !== undefined) return score;
  const given = Object.entries(subject.defaults).find(
    ([key]) => key.startsWith('$') && sourceOf(key) === source,
  );
  return typeof given?.[1] === 'number' ? given[1] : 0;
}

function sourceOf(name: string): number {
  const step: Step | undefined = parsePath(name.slice(1))[1];
  return typeof step === 'object' && 'index' in step ? step.index : 0;
}

/** What an index of each type has: of an indexed field nothing else is seen. */
const indexed: { readonly [type: string]: (value: Json) => boolean } = {
  keyword: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value),
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  geo: (value) => readPlace(value) !== undefined,
  datetime: (value) => typeof value === 'string' && readDate(value) !== undefined,
  uuid: (value) => typeof value === 'string' && /^[0-9a-f-]{36}$/.test(value),
};

/** The one value at a path, all of them as an array when there are several, or the default. */
function payloadValue(path: string, { payload, defaults, indexType, doubts }: FormulaSubject): Json {
  const steps = parsePath(path);
  let values = valuesAt(payload, steps);
  if (steps.at(-1) !== '[]') values = values.flatMap((value) => (Array.isArray(value) ? value : [value]));
  const holds = indexed[indexType(path) ?? ''];
  if (holds) values = values.filter(holds);
  if (holds && new Set(values.map((value) => JSON.stringify(value))).size < values.length)
    doubts.note('a value that stands twice in an index');
  if (values.length === 1) return values[0]!;
  if (values.length > 1) return values;
  if (!Object.hasOwn(defaults, path))
    throw new Refused(400, `${path} is neither in a payload nor in the defaults`);
  return defaults[path]!;
}

function decay({ x, target, scale, midpoint }: Decay, subject: FormulaSubject) {
  const value = evaluate(x, subject);
  const middle = target == null ? 0 : evaluate(target, subject);
  return {
    distance: Math.abs(value - middle),
    scale: Math.fround(scale ?? 1),
    midpoint: Math.fround(midpoint ?? 0.5),
  };
}

function seconds(text: string): number {
  const micros = readDate(text);
  if (micros === undefined) throw new Refused(400, `${text} is no date`);
  return micros / 1e6;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Refused(400, 'the formula gives no finite number');
  return value;
}
