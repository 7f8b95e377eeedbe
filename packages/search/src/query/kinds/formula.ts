/**
 * Prefetched points scored by a formula.
 *
 * @module
 */
import { FletchError, isFletchError, type Json } from '@fletch/base';
import { EVERY, type Path, valuesAt } from '../../filter/path.js';
import type { Bitset } from '../../index/bitset.js';
import { payloadOf } from '../../store/environment.js';
import { parseUuid } from '../../store/ids.js';
import type { FormulaQuery, Payload, PayloadFieldSchema } from '../../types/index.js';
import { parseDatetime } from '../datetime.js';
import { geoPoint } from '../formula/geo.js';
import { type Formula, readFormula } from '../formula/parse.js';
import { type FormulaPoint, finite, numeral } from '../formula/point.js';
import type { Hits } from '../hits.js';
import type { QueryKind } from '../kind.js';
import { refuse } from '../refuse.js';
import type { Scope } from '../scope.js';
import { Top } from '../top.js';

type Schema = { readonly [field: string]: PayloadFieldSchema };

/** What an index of each type holds: a formula sees no other values of an indexed field. */
const indexed: { readonly [type: string]: (value: Json) => boolean } = {
  keyword: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value),
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  geo: (value) => geoPoint(value) !== undefined,
  datetime: (value) => typeof value === 'string' && parseDatetime(value) !== undefined,
  uuid: (value) => typeof value === 'string' && parseUuid(value) !== undefined,
};

/** Reads `formula`. */
export function readFormulaQuery(query: FormulaQuery, at: string, node: string, schema: Schema): QueryKind {
  return new Scored(readFormula(query, at, `${node}.defaults`), at, schema);
}

class Scored implements QueryKind {
  readonly #formula: Formula;
  readonly #at: string;
  readonly #schema: Schema;

  constructor(formula: Formula, at: string, schema: Schema) {
    this.#formula = formula;
    this.#at = at;
    this.#schema = schema;
  }

  async search(): Promise<Hits> {
    throw refuse(this.#at, 'cannot apply Formula without prefetches.');
  }

  async fuse(lists: readonly Hits[], scope: Scope, count: number): Promise<Hits> {
    const { evaluate, conditions } = this.#formula;
    const holding: Bitset[] = [];
    for (const { condition, at } of conditions)
      holding.push(await scope.view.matching({ must: [condition] }).catch((error) => placed(error, at)));
    const scores = lists.map(({ rows, scores }) => new Map(Array.from(rows, (row, i) => [row, scores[i]!])));
    const top = new Top(count);
    for (const row of await scope.candidates()) {
      let payload: Payload | undefined;
      const score = evaluate({
        score: (prefetch) => scores[prefetch]?.get(row),
        holds: (condition) => holding[condition]!.has(row),
        value: (path) => {
          payload ??= payloadOf(scope.view.point(row));
          return this.#value(payload, path);
        },
      } satisfies FormulaPoint);
      const rounded = Math.fround(score);
      finite(rounded, () => `${numeral(score)} as f32`);
      if (scope.threshold === undefined || rounded >= scope.threshold) top.offer(row, rounded);
      if (scope.turns.over) await scope.turns.pause();
    }
    return top.hits();
  }

  /** The one value at a path, or a list of several; arrays are opened. */
  #value(payload: Payload, path: Path): Json | undefined {
    const opened = path.steps.at(-1) === EVERY;
    let values = valuesAt(payload, path);
    if (!opened) values = values.flatMap((value) => (Array.isArray(value) ? value : [value]));
    const type = typeOf(Object.hasOwn(this.#schema, path.text) ? this.#schema[path.text] : undefined);
    if (type !== undefined && Object.hasOwn(indexed, type)) values = values.filter(indexed[type]!);
    return values.length > 1 ? values : values[0];
  }
}

function typeOf(field: PayloadFieldSchema | undefined): string | undefined {
  return typeof field === 'object' ? field.type : field;
}

/** An error of a condition's filter, with the condition's place in the formula. */
function placed(error: unknown, at: string): never {
  if (!isFletchError(error, 'INVALID_FILTER')) throw error;
  throw new FletchError('INVALID_FILTER', `${at}: ${error.message}`, { details: { at }, cause: error });
}
