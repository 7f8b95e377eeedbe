/**
 * Values of R, as far as data consists of them.
 *
 * @module
 */

/** Attributes by name. */
export type RAttributes = ReadonlyMap<string, RValue>;

/** A value of R. Missing integers and truths are NaN here, as missing numbers are; missing texts are null. */
export type RValue =
  | { readonly kind: 'null' }
  | { readonly kind: 'numbers'; readonly values: Float64Array; readonly attributes: RAttributes }
  | { readonly kind: 'truths'; readonly values: Float64Array; readonly attributes: RAttributes }
  | { readonly kind: 'texts'; readonly values: readonly (string | null)[]; readonly attributes: RAttributes }
  | { readonly kind: 'list'; readonly values: readonly RValue[]; readonly attributes: RAttributes }
  /** A name, an expression, an environment: nothing that is data. */
  | { readonly kind: 'other'; readonly text: string };

/** No attributes. */
export const noAttributes: RAttributes = new Map();

/** The texts of an attribute, or undefined. */
export function textAttribute(value: RValue, name: string): readonly (string | null)[] | undefined {
  if (!('attributes' in value)) return undefined;
  const found = value.attributes.get(name);
  return found?.kind === 'texts' ? found.values : undefined;
}

/** The named values of a list. */
export function namedValues(value: RValue): ReadonlyMap<string, RValue> {
  const names = textAttribute(value, 'names') ?? [];
  const values = value.kind === 'list' ? value.values : [];
  return new Map(
    values.flatMap((one, i) => (typeof names[i] === 'string' ? [[names[i], one] as const] : [])),
  );
}
