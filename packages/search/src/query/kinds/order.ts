/**
 * Points in the order of a payload field.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';
import type { Scalar } from '../../filter/column.js';
import { type Path, parsePath, valuesAt } from '../../filter/path.js';
import { elements } from '../../filter/values.js';
import type { Bitset } from '../../index/bitset.js';
import { payloadOf } from '../../store/environment.js';
import { compareIds } from '../../store/ids.js';
import type { OrderBy, PayloadFieldSchema } from '../../types/index.js';
import { parseDatetime } from '../datetime.js';
import type { Hits } from '../hits.js';
import type { QueryKind } from '../kind.js';
import { readObject, readWord, refuse, shown } from '../refuse.js';
import type { Scope } from '../scope.js';

/** The number that a payload value is ordered by, for every type of index that has an order. */
const orders: { readonly [type: string]: (value: Json) => number | undefined } = {
  integer: (value) => (Number.isInteger(value) ? (value as number) : undefined),
  float: (value) => (typeof value === 'number' ? value : undefined),
  datetime: (value) => (typeof value === 'string' ? parseDatetime(value) : undefined),
};

/** Up to this share of all points, payloads are looked at one by one. */
const FEW_SHARE = 16;

/**
 * Reads `order_by`. The field needs a payload index of integers (for ranges), floats or dates.
 *
 * @param schema - the declared payload indexes
 */
export function readOrderBy(
  input: string | OrderBy | unknown,
  at: string,
  schema: { readonly [field: string]: PayloadFieldSchema },
): QueryKind {
  const order = typeof input === 'string' ? { key: input } : readObject(input, at, 'a field or {key, …}');
  if (typeof order.key !== 'string') throw refuse(`${at}.key`, `expected a field, got ${shown(order.key)}.`);
  const path = parsePath(order.key);
  const { direction, start_from } = order as Partial<OrderBy>;
  const numberOf = orderOf(Object.hasOwn(schema, order.key) ? schema[order.key] : undefined);
  if (!numberOf)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `No range index for \`order_by\` key: \`${order.key}\`. Please create one to use \`order_by\`.`,
      { details: { at, field: order.key } },
    );
  const descending = readWord(direction, `${at}.direction`, ['asc', 'desc'], 'asc') === 'desc';
  return new Ordered(path, numberOf, descending, readStart(start_from, `${at}.start_from`));
}

function orderOf(field: PayloadFieldSchema | undefined): ((value: Json) => number | undefined) | undefined {
  const type = typeof field === 'object' ? field.type : field;
  if (typeof field === 'object' && (field as { range?: boolean | null }).range === false) return undefined;
  return type !== undefined && Object.hasOwn(orders, type) ? orders[type] : undefined;
}

function readStart(input: unknown, at: string): number | undefined {
  if (input === undefined || input === null) return undefined;
  const start = typeof input === 'string' ? parseDatetime(input) : input;
  if (typeof start !== 'number' || Number.isNaN(start))
    throw refuse(at, `expected a number or a date, got ${shown(input)}.`);
  return start;
}

/** A point appears once for every value it has; points of equal value come in order of their ids. */
class Ordered implements QueryKind {
  readonly #path: Path;
  readonly #numberOf: (value: Json) => number | undefined;
  readonly #descending: boolean;
  readonly #start: number | undefined;

  constructor(
    path: Path,
    numberOf: (value: Json) => number | undefined,
    descending: boolean,
    start: number | undefined,
  ) {
    this.#path = path;
    this.#numberOf = numberOf;
    this.#descending = descending;
    this.#start = start;
  }

  get order(): 'larger' | 'smaller' {
    return this.#descending ? 'larger' : 'smaller';
  }

  async search(scope: Scope, count: number): Promise<Hits> {
    const rows = await scope.rows();
    const hits =
      rows.count * FEW_SHARE <= scope.view.count ? undefined : await this.#byColumn(rows, scope, count);
    return hits ?? this.#byPayload(scope, count);
  }

  /** Walks the field's values in order; undefined when the field takes too much memory. */
  async #byColumn(within: Bitset, scope: Scope, count: number): Promise<Hits | undefined> {
    const column = await scope.view.column(this.#path);
    if (!column) return undefined;
    const written = new Map<number, Scalar[]>();
    for (const [value] of column.counts()) {
      const number = this.#numberOf(value);
      if (number === undefined || !this.#begun(number)) continue;
      const same = written.get(number);
      if (same) same.push(value);
      else written.set(number, [value]);
    }
    const numbers = Float64Array.from(written.keys()).sort();
    if (this.#descending) numbers.reverse();
    const rows: number[] = [];
    const values: number[] = [];
    for (const number of numbers) {
      if (rows.length >= count) break;
      const found = new Set<number>();
      for (const value of written.get(number)!)
        for (const row of column.rowsOf(value))
          if (within.has(row) && !scope.excluded.has(row)) found.add(row);
      const sorted = found.size > 1 ? [...found].sort((a, b) => this.#compareIds(scope, a, b)) : found;
      for (const row of sorted) {
        rows.push(row);
        values.push(number);
      }
    }
    return this.#hits(rows.slice(0, count), values);
  }

  async #byPayload(scope: Scope, count: number): Promise<Hits> {
    const found: { row: number; value: number }[] = [];
    for (const row of await scope.candidates()) {
      const values = new Set<number>();
      for (const value of elements(valuesAt(payloadOf(scope.view.point(row)), this.#path))) {
        const number = this.#numberOf(value);
        if (number !== undefined && this.#begun(number)) values.add(number);
      }
      for (const value of values) found.push({ row, value });
      if (scope.turns.over) await scope.turns.pause();
    }
    const sign = this.#descending ? -1 : 1;
    found.sort((a, b) => sign * (a.value - b.value) || this.#compareIds(scope, a.row, b.row));
    const first = found.slice(0, count);
    return this.#hits(
      first.map(({ row }) => row),
      first.map(({ value }) => value),
    );
  }

  #begun(value: number): boolean {
    if (this.#start === undefined) return true;
    return this.#descending ? value <= this.#start : value >= this.#start;
  }

  #compareIds({ view }: Scope, a: number, b: number): number {
    const order = compareIds(view.id(a), view.id(b));
    return this.#descending ? -order : order;
  }

  #hits(rows: readonly number[], values: readonly number[]): Hits {
    return {
      rows: Uint32Array.from(rows),
      scores: new Float32Array(rows.length).fill(1),
      values: Float64Array.from(rows, (_, i) => values[i]!),
    };
  }
}
