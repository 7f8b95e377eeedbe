/**
 * Permutations: made, checked, turned round, kept as JSON.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Rng, rng } from '@fletch/linalg';
import type { Perms, SpecFacts } from './spec.js';

const refuse = (message: string, details: Readonly<Record<string, unknown>> = {}) =>
  new FletchError('INVALID_ARGUMENT', message, { details });

/** The numbers 0 to n − 1. */
export const countTo = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);

/** The permutations of a spec that change nothing. */
export function identityPerms({ sizes }: SpecFacts): Perms {
  return Object.fromEntries([...sizes].map(([name, size]) => [name, countTo(size)]));
}

/** Random permutations that a spec allows: what lies inside of heads stays in one head. */
export function randomPerms({ sizes, families, outer }: SpecFacts, seed: number): Perms {
  const random = rng(seed);
  const perms: Record<string, Int32Array> = {};
  for (const { perm, heads, each, group, inner } of families.values()) {
    const groups = shuffled(random, heads / group);
    perms[perm] = Int32Array.from(
      [...groups].flatMap((from) => [...shuffled(random, group)].map((head) => from * group + head)),
    );
    for (const name of inner)
      perms[name] = Int32Array.from(
        [...groups].flatMap((from) => [...shuffled(random, each)].map((i) => from * each + i)),
      );
  }
  for (const [name, size] of sizes)
    if (!families.has(name) && !outer.has(name)) perms[name] = shuffled(random, size);
  return perms;
}

const shuffled = (random: Rng, n: number): Int32Array => Int32Array.from(random.permutation(n));

/** The permutations that undo others. */
export function inversePerms(perms: Perms): Perms {
  return Object.fromEntries(
    Object.entries(perms).map(([name, p]) => {
      const inverse = new Int32Array(p.length);
      p.forEach((from, i) => {
        inverse[from] = i;
      });
      return [name, inverse];
    }),
  );
}

/**
 * Checks permutations against a spec.
 *
 * @returns all of the spec's: those that are not given change nothing
 * @throws FletchError `INVALID_ARGUMENT` for one that the spec does not have, that has another length, that is no
 *   permutation (a duplicate index), or that takes what is inside of a head to different heads
 */
export function checkPerms(facts: SpecFacts, perms: Perms): Perms {
  const { sizes, families } = facts;
  for (const [name, p] of Object.entries(perms)) {
    const size = sizes.get(name);
    if (size === undefined)
      throw refuse(`There is no permutation "${name}" in the spec: it has ${[...sizes.keys()].join(', ')}.`);
    if (p.length !== size)
      throw refuse(`The permutation "${name}" has ${p.length} entries, its units are ${size}.`, { name });
    const seen = new Int32Array(size).fill(-1);
    p.forEach((from, i) => {
      if (!Number.isInteger(from) || from < 0 || from >= size)
        throw refuse(`"${name}" is no permutation: entry ${i} is ${from}, not one of 0 … ${size - 1}.`, {
          name,
        });
      if (seen[from]! >= 0)
        throw refuse(`"${name}" is no permutation: ${from} stands at ${seen[from]} and at ${i}.`, { name });
      seen[from] = i;
    });
  }
  const whole: Perms = { ...identityPerms(facts), ...perms };
  for (const { perm, each, group, inner } of families.values()) {
    const heads = whole[perm]!;
    for (let i = 0; i < heads.length; i++)
      if (Math.floor(heads[i]! / group) !== groupFrom(heads, group, Math.floor(i / group)))
        throw refuse(`"${perm}" parts the heads of a group: head ${i} comes from another group.`, { perm });
    for (const name of inner)
      whole[name]!.forEach((from, i) => {
        if (Math.floor(from / each) !== groupFrom(heads, group, Math.floor(i / each)))
          throw refuse(`"${name}" does not follow "${perm}": entry ${i} comes from another head.`, { name });
      });
  }
  return whole;
}

/** The group that comes to place `g`. */
export const groupFrom = (heads: Int32Array, group: number, g: number): number =>
  Math.floor(heads[g * group]! / group);

/** Permutations as JSON: an object of arrays of whole numbers. */
export function permsToJson(perms: Perms): string {
  const lines = Object.entries(perms).map(([name, p]) => `  ${JSON.stringify(name)}: [${p.join(', ')}]`);
  return lines.length === 0 ? '{}\n' : `{\n${lines.join(',\n')}\n}\n`;
}

/**
 * Reads what {@link permsToJson} wrote.
 *
 * @throws FletchError `INVALID_INPUT_FILE` when it is no object of arrays of whole numbers
 */
export function permsFromJson(text: string): Perms {
  const bad = (what: string, cause?: unknown) =>
    new FletchError('INVALID_INPUT_FILE', `These are no permutations: ${what}.`, { cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw bad((cause as Error).message, cause);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw bad('it is no JSON object');
  return Object.fromEntries(
    Object.entries(json).map(([name, list]) => {
      if (!Array.isArray(list) || !list.every((entry) => Number.isInteger(entry)))
        throw bad(`"${name}" is no array of whole numbers`);
      return [name, Int32Array.from(list)];
    }),
  );
}
