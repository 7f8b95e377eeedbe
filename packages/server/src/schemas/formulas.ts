/**
 * Formulas that score prefetched points.
 *
 * @module
 */
import type { Expression } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { filterComponents } from './filters.js';
import { branch, isObject, kind, ref } from './shape.js';

const ExpressionSchema: z.ZodType<Expression> = branch<Expression>((value) => {
  if (typeof value === 'number') return z.number();
  if (typeof value === 'string') return z.string();
  if (!isObject(value))
    return `expected a number, a variable, a condition or an operation, got ${kind(value)}`;
  const operator = Object.keys(value).find((name) => Object.hasOwn(operators, name));
  return (operator ? operators[operator] : filterComponents.Condition) as z.ZodType<Expression>;
}).openapi('Expression', {
  anyOf: [
    { type: 'number', format: 'float' },
    { type: 'string', example: '$score' },
    ref('Condition'),
    ...[
      'GeoDistance',
      'DatetimeExpression',
      'DatetimeKeyExpression',
      'MultExpression',
      'SumExpression',
      'NegExpression',
      'AbsExpression',
      'DivExpression',
      'SqrtExpression',
      'PowExpression',
      'ExpExpression',
      'Log10Expression',
      'LnExpression',
      'LinDecayExpression',
      'ExpDecayExpression',
      'GaussDecayExpression',
    ].map(ref),
  ],
});

const place = z.object({ lon: z.number().min(-180).max(180), lat: z.number().min(-90).max(90) });
const expressions = z.array(ExpressionSchema);
const decay = z
  .object({
    x: ExpressionSchema,
    target: ExpressionSchema.nullish(),
    scale: z.number().nullish(),
    midpoint: z.number().nullish(),
  })
  .openapi('DecayParamsExpression');

/** By the key that marks each; the library checks values. */
const operators: { readonly [name: string]: z.ZodType } = {
  geo_distance: z
    .object({ geo_distance: z.object({ origin: place, to: z.string() }) })
    .openapi('GeoDistance'),
  datetime: z.object({ datetime: z.string() }).openapi('DatetimeExpression'),
  datetime_key: z.object({ datetime_key: z.string() }).openapi('DatetimeKeyExpression'),
  mult: z.object({ mult: expressions }).openapi('MultExpression'),
  sum: z.object({ sum: expressions }).openapi('SumExpression'),
  neg: z.object({ neg: ExpressionSchema }).openapi('NegExpression'),
  abs: z.object({ abs: ExpressionSchema }).openapi('AbsExpression'),
  div: z
    .object({
      div: z.object({
        left: ExpressionSchema,
        right: ExpressionSchema,
        by_zero_default: z.number().nullish(),
      }),
    })
    .openapi('DivExpression'),
  sqrt: z.object({ sqrt: ExpressionSchema }).openapi('SqrtExpression'),
  pow: z
    .object({ pow: z.object({ base: ExpressionSchema, exponent: ExpressionSchema }) })
    .openapi('PowExpression'),
  exp: z.object({ exp: ExpressionSchema }).openapi('ExpExpression'),
  log10: z.object({ log10: ExpressionSchema }).openapi('Log10Expression'),
  ln: z.object({ ln: ExpressionSchema }).openapi('LnExpression'),
  lin_decay: z.object({ lin_decay: decay }).openapi('LinDecayExpression'),
  exp_decay: z.object({ exp_decay: decay }).openapi('ExpDecayExpression'),
  gauss_decay: z.object({ gauss_decay: decay }).openapi('GaussDecayExpression'),
};

export const FormulaQuerySchema = z
  .object({
    formula: ExpressionSchema,
    defaults: z.record(z.string(), z.any()).openapi({ type: 'object', additionalProperties: true }).nullish(),
  })
  .openapi('FormulaQuery');

/** Named parts of the document that only unions refer to. */
export const formulaComponents = {
  Expression: ExpressionSchema,
  GeoDistance: operators.geo_distance!,
  DatetimeExpression: operators.datetime!,
  DatetimeKeyExpression: operators.datetime_key!,
  MultExpression: operators.mult!,
  SumExpression: operators.sum!,
  NegExpression: operators.neg!,
  AbsExpression: operators.abs!,
  DivExpression: operators.div!,
  SqrtExpression: operators.sqrt!,
  PowExpression: operators.pow!,
  ExpExpression: operators.exp!,
  Log10Expression: operators.log10!,
  LnExpression: operators.ln!,
  LinDecayExpression: operators.lin_decay!,
  ExpDecayExpression: operators.exp_decay!,
  GaussDecayExpression: operators.gauss_decay!,
};
