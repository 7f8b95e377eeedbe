/**
 * Options of estimators as the command line reads them.
 *
 * @module
 */
import type { OptionSpec } from '@fletch/estimate';
import { InvalidArgumentError, Option } from 'commander';
import { list } from '../options.js';

function number(text: string, { type, min, max }: { type: string; min?: number; max?: number }): number {
  const value = Number(text);
  const fits =
    text.trim() !== '' &&
    (type === 'integer' ? Number.isSafeInteger(value) : !Number.isNaN(value)) &&
    value >= (min ?? Number.NEGATIVE_INFINITY) &&
    value <= (max ?? Number.POSITIVE_INFINITY);
  if (fits) return value;
  const range = [
    min === undefined ? '' : ` of at least ${min}`,
    max === undefined ? '' : ` and at most ${max}`,
  ].join('');
  throw new InvalidArgumentError(`It must be a ${type === 'integer' ? 'whole ' : ''}number${range}.`);
}

/** An option of the registry for a command. */
export function optionOf(spec: OptionSpec): Option {
  const option = new Option(spec.flag, spec.help);
  switch (spec.type) {
    case 'integer':
    case 'number':
      return option.argParser((text) => number(text, spec));
    case 'numbers':
      return option.argParser((text) => list(text).map((part) => number(part, { type: 'number' })));
    case 'names':
      return option.argParser(list);
    case 'choice':
      return option.choices(spec.choices);
    case 'text':
    case 'switch':
      return option;
  }
}

/** The values of a command's options under the names that the estimator knows. */
export function estimatorOptions(
  specs: readonly OptionSpec[],
  values: { readonly [attribute: string]: unknown },
): Record<string, unknown> {
  return Object.fromEntries(
    specs.flatMap((spec) => {
      const value = values[optionOf(spec).attributeName()];
      return value === undefined ? [] : [[spec.name, value]];
    }),
  );
}
