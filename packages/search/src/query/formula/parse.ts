/**
 * Formulas: expressions over scores, payload values and conditions, made into functions.
 *
 * @module
 */
import type { Condition, FormulaQuery } from '../../types/index.js';
import { parseDatetime } from '../datetime.js';
import { readFloat, readObject, refuse, shown } from '../refuse.js';
import { readDecay } from './decay.js';
import { geoPoint, haversine } from './geo.js';
import { type Evaluate, finite, numeral } from './point.js';
import { Defaults, readPath, readVariable } from './variables.js';

/** How deep expressions may be nested. */
const MOST_DEPTH = 128;

/** A formula that was read. */
export interface Formula {
  readonly evaluate: Evaluate;
  /** Its conditions, in the order of their numbers, and where they stood. */
  readonly conditions: readonly { readonly condition: Condition; readonly at: string }[];
}

/** What an operator's reader gets beside its operand. */
interface Parser {
  parse(input: unknown, at: string): Evaluate;
  list(input: unknown, at: string): Evaluate[];
  readonly defaults: Defaults;
}

type Operator = (input: unknown, at: string, parser: Parser) => Evaluate;

/** An operator on one number whose result must be finite. */
function unary(show: (value: string) => string, apply: (value: number) => number): Operator {
  return (input, at, { parse }) => {
    const operand = parse(input, at);
    return (point) => {
      const value = operand(point);
      return finite(apply(value), () => show(numeral(value)));
    };
  };
}

const operators: { readonly [name: string]: Operator } = {
  geo_distance(input, at, { defaults }) {
    const { origin, to } = readObject(input, at, '{origin, to}');
    const from = geoPoint(origin as never);
    if (!from) throw refuse(`${at}.origin`, `expected {lon, lat}, got ${shown(origin)}.`);
    const path = readPath(to, `${at}.to`);
    return (point) =>
      haversine(from, defaults.value(point, path, 'geo point', geoPoint, 'Value is not a geo point'));
  },
  datetime(input, at) {
    const micros = typeof input === 'string' ? parseDatetime(input) : undefined;
    if (micros === undefined) throw refuse(at, `failed to parse date-time ${shown(input)}.`);
    return () => micros / 1_000_000;
  },
  datetime_key(input, at, { defaults }) {
    const path = readPath(input, at);
    return (point) =>
      defaults.value(
        point,
        path,
        'datetime',
        (value) => (typeof value === 'string' ? parseDatetime(value) : undefined),
        'Value is not a date',
      ) / 1_000_000;
  },
  mult(input, at, { list }) {
    const factors = list(input, at);
    return (point) => {
      let product = 1;
      for (const factor of factors) {
        const value = factor(point);
        // What follows is not looked at, and may be missing.
        if (value === 0) return 0;
        product *= value;
      }
      return product;
    };
  },
  sum(input, at, { list }) {
    const terms = list(input, at);
    return (point) => terms.reduce((sum, term) => sum + term(point), 0);
  },
  neg(input, at, { parse }) {
    const operand = parse(input, at);
    return (point) => -operand(point);
  },
  abs(input, at, { parse }) {
    const operand = parse(input, at);
    return (point) => Math.abs(operand(point));
  },
  div(input, at, { parse }) {
    const { left, right, by_zero_default } = readObject(input, at, '{left, right}');
    const numerator = parse(left, `${at}.left`);
    const denominator = parse(right, `${at}.right`);
    const byZero = readFloat(by_zero_default, `${at}.by_zero_default`, undefined);
    return (point) => {
      const dividend = numerator(point);
      if (dividend === 0) return 0;
      const divisor = denominator(point);
      if (divisor === 0 && byZero !== undefined) return byZero;
      return finite(dividend / divisor, () => `${numeral(dividend)}/${numeral(divisor)}`);
    };
  },
  sqrt: unary((value) => `√${value}`, Math.sqrt),
  pow(input, at, { parse }) {
    const { base, exponent } = readObject(input, at, '{base, exponent}');
    const below = parse(base, `${at}.base`);
    const above = parse(exponent, `${at}.exponent`);
    return (point) => {
      const [b, e] = [below(point), above(point)];
      return finite(b ** e, () => `${numeral(b)}^${numeral(e)}`);
    };
  },
  exp: unary((value) => `exp(${value})`, Math.exp),
  log10: unary((value) => `log10(${value})`, Math.log10),
  ln: unary((value) => `ln(${value})`, Math.log),
  lin_decay: (input, at, { parse }) => readDecay('lin_decay', input, at, parse),
  exp_decay: (input, at, { parse }) => readDecay('exp_decay', input, at, parse),
  gauss_decay: (input, at, { parse }) => readDecay('gauss_decay', input, at, parse),
};

/**
 * Reads a formula.
 *
 * @throws FletchError `INVALID_ARGUMENT` naming the place in it
 */
export function readFormula({ formula, defaults }: FormulaQuery, at: string, defaultsAt: string): Formula {
  const conditions: { condition: Condition; at: string }[] = [];
  const known = new Defaults(defaults, defaultsAt);
  const parse = (input: unknown, place: string, depth: number): Evaluate => {
    if (depth > MOST_DEPTH) throw refuse(at, `expressions may be nested ${MOST_DEPTH} deep.`);
    if (typeof input === 'number') {
      const constant = readFloat(input, place, 0);
      return () => constant;
    }
    if (typeof input === 'string') {
      const variable = readVariable(input, place);
      if ('prefetch' in variable) return (point) => known.score(point, variable.prefetch);
      return (point) => known.value(point, variable.path, 'number', number, 'Value is not a number');
    }
    const object = readObject(input, place, 'a number, a variable, a condition or an operation');
    const name = Object.keys(object).find((key) => Object.hasOwn(operators, key));
    if (name === undefined) {
      const condition = conditions.push({ condition: object as unknown as Condition, at: place }) - 1;
      return (point) => (point.holds(condition) ? 1 : 0);
    }
    const within = (operand: unknown, where: string) => parse(operand, where, depth + 1);
    return operators[name]!(object[name], `${place}.${name}`, {
      parse: within,
      list(operands, where) {
        if (!Array.isArray(operands)) throw refuse(where, `expected a list, got ${shown(operands)}.`);
        return operands.map((operand, i) => within(operand, `${where}[${i}]`));
      },
      defaults: known,
    });
  };
  return { evaluate: parse(formula, at, 1), conditions };
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
