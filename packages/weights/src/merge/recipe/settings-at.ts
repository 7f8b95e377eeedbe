/**
 * What a setting of a recipe is for one tensor of one layer.
 *
 * @module
 */
import type { RecipeSetting, RecipeSettings, SettingValue } from './schema.js';

type Plain = number | boolean | string;

/** Where a tensor stands. */
export interface Place {
  readonly tensor: string;
  /** Share of the way through the layers of its slice, 0 to 1. */
  readonly t: number;
}

/** Between the values of a list, which are spread evenly over the layers; words are not mixed. */
function along(value: SettingValue, t: number): Plain {
  if (!Array.isArray(value)) return value;
  const at = t * (value.length - 1);
  const first = Math.trunc(at);
  const [a, b] = [value[first]!, value[Math.min(value.length - 1, first + 1)]!];
  if (value.some((one) => typeof one === 'string')) return a;
  return (1 - (at - first)) * Number(a) + (at - first) * Number(b);
}

/** The value for a tensor; `undefined` when no filter fits. */
export function settingAt(setting: RecipeSetting, { tensor, t }: Place): Plain | undefined {
  const parts = Array.isArray(setting) ? setting : [setting];
  if (parts.every((one) => typeof one !== 'object')) return along(setting as SettingValue, t);
  for (const part of parts as { readonly value: SettingValue; readonly filter?: string | null }[])
    if (part.filter == null || part.filter === '*' || tensor.includes(part.filter))
      return along(part.value, t);
  return undefined;
}

/** All settings of some lists, those of earlier lists before those of later ones. */
export function settingsAt(
  lists: readonly (RecipeSettings | null | undefined)[],
  names: readonly string[],
  place: Place,
): Record<string, Plain> {
  const found: Record<string, Plain> = {};
  for (const name of names)
    for (const list of lists) {
      const value = list?.[name] === undefined ? undefined : settingAt(list[name], place);
      if (value === undefined) continue;
      found[name] = value;
      break;
    }
  return found;
}
