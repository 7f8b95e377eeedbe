/**
 * Settings of merge methods: what they are called, their bounds and defaults.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Settings } from './tensor-merge.js';

/** One setting of a method. */
export interface SettingSpec {
  readonly about: string;
  /** What may be given, in words: it stands in errors. */
  readonly values: string;
  readonly accepts: (value: unknown) => boolean;
  /** `undefined`: it must be given in a recipe, unless optional. */
  readonly default?: number | boolean | string;
  readonly optional?: boolean;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** A number. */
export const number = (about: string, given: Partial<SettingSpec> = {}): SettingSpec => ({
  about,
  values: 'a number',
  accepts: isNumber,
  ...given,
});

/** A number above 0 and at most 1. */
export const share = (about: string, standard: number): SettingSpec =>
  number(about, {
    values: 'a number above 0 and at most 1',
    accepts: (value) => isNumber(value) && value > 0 && value <= 1,
    default: standard,
  });

/** Yes or no, also as 1 or 0. */
export const flag = (about: string, standard: boolean): SettingSpec => ({
  about,
  values: 'true or false',
  accepts: (value) => typeof value === 'boolean' || value === 0 || value === 1,
  default: standard,
});

/** One of some words. */
export const choice = (about: string, words: readonly string[], standard: string): SettingSpec => ({
  about,
  values: words.join(', '),
  accepts: (value) => words.includes(value as string),
  default: standard,
});

/** Settings by name. */
export type SettingSpecs = Readonly<Record<string, SettingSpec>>;

/**
 * Fills in defaults and checks bounds.
 *
 * @param place - where the settings are from, for the error
 * @throws FletchError `INVALID_ARGUMENT` naming the setting and what may be given
 */
export function resolveSettings(
  specs: SettingSpecs,
  given: Readonly<Record<string, unknown>>,
  place: string,
): Settings {
  const found: Record<string, number | boolean | string> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const value = given[name] ?? spec.default;
    if (value === undefined) {
      if (spec.optional) continue;
      throw new FletchError('INVALID_ARGUMENT', `${place}: ${name} is missing (${spec.about}).`, {
        details: { setting: name },
      });
    }
    if (!spec.accepts(value))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${place}: ${name} is ${JSON.stringify(value)}; it must be ${spec.values} (${spec.about}).`,
        { details: { setting: name, value } },
      );
    found[name] = value as number | boolean | string;
  }
  return found;
}
