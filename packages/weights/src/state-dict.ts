/**
 * The weights of a model in memory: arrays by name, as `@fletch/models` trains them and as checkpoints name them.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Parameters } from '@fletch/models';

/** Arrays of 32-bit floats by the names that their checkpoint gives them, each `[…shape]`. */
export type StateDict = Parameters;

/** Says in a few words how a shape reads: `[768, 3072]`. */
export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** What two lists of tensors differ in, the first ten of it in words. */
function differencesOf(
  a: ReadonlyMap<string, readonly number[]>,
  b: ReadonlyMap<string, readonly number[]>,
): string[] {
  const differences: string[] = [];
  for (const [name, shape] of a) {
    const other = b.get(name);
    if (other === undefined) differences.push(`"${name}" ${shapeText(shape)} is only in the first`);
    else if (shapeText(shape) !== shapeText(other))
      differences.push(`"${name}" is ${shapeText(shape)} and ${shapeText(other)}`);
  }
  for (const [name, shape] of b)
    if (!a.has(name)) differences.push(`"${name}" ${shapeText(shape)} is only in the second`);
  return differences;
}

/**
 * Checks that two models hold the same tensors.
 *
 * @param names - what the two are called in the error
 * @throws FletchError `DIMENSION_MISMATCH` that lists the first ten tensors that differ (`details.differences`: all of them)
 */
export function checkSameTensors(
  a: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  b: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  names: readonly [string, string],
): void {
  const shapes = (tensors: typeof a) => new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  const differences = differencesOf(shapes(a), shapes(b));
  if (differences.length === 0) return;
  const more = differences.length > 10 ? `; and ${differences.length - 10} more` : '';
  throw new FletchError(
    'DIMENSION_MISMATCH',
    `${names[0]} and ${names[1]} are not of one architecture: ${differences.slice(0, 10).join('; ')}${more}.`,
    { details: { differences } },
  );
}

/** {@link checkSameTensors} of two models in memory. */
export function checkSameStates(a: StateDict, b: StateDict, names: readonly [string, string]): void {
  checkSameTensors(new Map(Object.entries(a)), new Map(Object.entries(b)), names);
}
