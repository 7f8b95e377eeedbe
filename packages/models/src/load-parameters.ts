/**
 * Makes a model's parameters of the tensors of a checkpoint.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import type { AnyFamily, BaseConfig } from './family.js';
import { type LoadParametersOptions, type Matching, matchParameters } from './matching.js';
import { drawParameters, type Parameters } from './parameters.js';

/**
 * Checks named arrays against what a config says, and gives them the family's names.
 *
 * @param tensors - by name, floating-point; 64-bit ones are rounded to 32 bits
 * @throws FletchError `INVALID_INPUT_FILE` that lists what is missing, not expected and of another shape or type
 *   (`details`: all of it), or when a tensor that the config ties to another differs from it
 * @example
 * ```ts
 * const config = gpt2.config({ n_layer: 2, n_embd: 64 });
 * const params = loadParameters(gpt2, config, tensors);
 * ```
 */
export function loadParameters<Config extends BaseConfig>(
  family: { readonly name: string; config(json?: never): Config },
  config: Config,
  tensors: Parameters,
  options: LoadParametersOptions = {},
): Record<string, NDArray> {
  const facts = Object.entries(tensors).map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
  const matching = matchParameters(family as AnyFamily, config, facts, options);
  const read = (name: string) => {
    const { data, shape, dtype } = tensors[name]!;
    return dtype === 'float32' ? tensors[name]! : array(data, 'float32', shape);
  };
  const loaded = Object.fromEntries(
    [...matching.sources].map(([parameter, name]) => [parameter, read(name)]),
  );
  for (const { tensor, parameter } of matching.copies)
    checkCopy(tensor, parameter, [read(tensor), loaded[parameter]!], options);
  return complete(matching, loaded, options);
}

/** Draws the new head's parameters, and orders all as the family does. */
export function complete(
  { drawn }: Matching,
  loaded: Readonly<Record<string, NDArray>>,
  { newHead }: LoadParametersOptions,
): Record<string, NDArray> {
  return newHead === undefined || drawn.length === 0
    ? { ...loaded }
    : { ...loaded, ...drawParameters(drawn, newHead.seed) };
}

/** Throws when two arrays that are tied differ. */
export function checkCopy(
  tensor: string,
  parameter: string,
  [copy, original]: readonly [NDArray, NDArray],
  { source = 'The tensors' }: LoadParametersOptions,
): void {
  const values = original.data;
  const at = copy.data.findIndex(
    (value: number | bigint, i: number) => !Object.is(value, values[i]) && value !== values[i],
  );
  if (at >= 0)
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${source}: the config ties "${tensor}" to "${parameter}", but number ${at} of them is ${copy.data[at]} and ${values[at]}. ` +
        'If they are meant to differ, set tie_word_embeddings to false in the config.',
      { details: { tensor, parameter, position: at } },
    );
}
