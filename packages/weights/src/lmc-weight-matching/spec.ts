/**
 * Which axes of which tensors carry which permutation of hidden units.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type StateDict, shapeText } from '../state-dict.js';

/** Units that are more than one element of an axis, or that move in more than one way. */
export interface PermBlock {
  /** The permutation of the units. */
  readonly perm: string;
  /** Consecutive elements of a unit: the width of a head, the places of a flattened channel. Default 1. */
  readonly each?: number;
  /** So many units of `perm` share one unit of this axis: query heads of a key head. Default 1. */
  readonly group?: number;
  /** Another permutation, of the elements within the (groups of) units. */
  readonly inner?: string;
}

/** A part of an axis: a permutation, units that move together, or a count of elements that stay. */
export type PermPart = string | PermBlock | number;

/** An axis: `null` stays as it is; several parts lie one after the other. */
export type PermAxis = null | string | PermBlock | readonly PermPart[];

/**
 * For each tensor, what each of its axes carries. Tensors that it does not name stay as they are.
 *
 * `{ 'layers.0.weight': ['P', null], 'layers.0.bias': ['P'], 'layers.1.weight': [null, 'P'] }` is a network of one hidden
 * layer.
 */
export type PermSpec = { readonly [tensor: string]: readonly PermAxis[] };

/** Permutations by name: unit i becomes what unit `p[i]` was, `B'[i] = B[p[i]]`. */
export type Perms = { readonly [perm: string]: Int32Array };

/** A permutation of heads, and those of what is inside of them. */
export interface HeadFamily {
  readonly perm: string;
  readonly heads: number;
  /** Width of a head. */
  readonly each: number;
  /** Query heads of a key head. */
  readonly group: number;
  /** Permutations inside of the heads, each of `heads / group · each` elements. */
  readonly inner: readonly string[];
}

/** What a spec says of its permutations. */
export interface SpecFacts {
  /** Units of each permutation. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Permutations of heads, by their name. */
  readonly families: ReadonlyMap<string, HeadFamily>;
  /** The permutation of heads that an inner permutation belongs to. */
  readonly outer: ReadonlyMap<string, string>;
}

/** The parts of an axis. */
export function partsOf(axis: PermAxis): readonly PermPart[] {
  if (axis === null) return [];
  return typeof axis === 'string' || 'perm' in axis ? [axis] : axis;
}

/** A part as a block. */
export function blockOf(part: string | PermBlock): Required<Omit<PermBlock, 'inner'>> & PermBlock {
  return typeof part === 'string' ? { perm: part, each: 1, group: 1 } : { each: 1, group: 1, ...part };
}

/** Buffers that move with their units but say nothing about which units are alike. */
export const isStatistic = (tensor: string): boolean => /(^|\.)running_(mean|var)$/.test(tensor);

const refuse = (message: string, details: Readonly<Record<string, unknown>>) =>
  new FletchError('INVALID_ARGUMENT', message, { details });

/** What a permutation is said to be, and where. */
interface Claim {
  readonly size: number;
  readonly where: string;
}

/** The parts of an axis, each with its elements: those that move are equally long. */
function lengthsOf(axis: PermAxis, length: number, where: string): [PermPart, number][] {
  const parts = partsOf(axis);
  const fixed = parts.reduce<number>((sum, part) => sum + (typeof part === 'number' ? part : 0), 0);
  const moving = parts.filter((part) => typeof part !== 'number').length;
  if (moving === 0) return parts.map((part) => [part, part as number]);
  const each = (length - fixed) / moving;
  if (!Number.isInteger(each) || each < 1)
    throw refuse(`${where}: ${length} elements do not divide into ${moving} parts that move.`, { where });
  return parts.map((part) => [part, typeof part === 'number' ? part : each]);
}

/**
 * Checks a spec against a model.
 *
 * @returns sizes and kinds of its permutations
 * @throws FletchError `INVALID_ARGUMENT` for a tensor that is missing, axes of another number, sizes that disagree for a
 *   permutation (all of them are named), tied tensors that are given different permutations
 */
export function checkSpec(spec: PermSpec, model: StateDict): SpecFacts {
  const claims = new Map<string, Claim[]>();
  const families = new Map<string, HeadFamily>();
  const outer = new Map<string, string>();
  const claim = (perm: string, size: number, where: string) =>
    claims.set(perm, [...(claims.get(perm) ?? []), { size, where }]);
  for (const [tensor, axes] of Object.entries(spec)) {
    const shape = model[tensor]?.shape;
    if (shape === undefined)
      throw refuse(`The spec names "${tensor}", which the model does not have.`, { tensor });
    if (axes.length !== shape.length)
      throw refuse(`The spec says ${axes.length} axes of "${tensor}", which has shape ${shapeText(shape)}.`, {
        tensor,
      });
    axes.forEach((axis, i) => {
      const where = `axis ${i} of "${tensor}" ${shapeText(shape)}`;
      for (const [part, length] of lengthsOf(axis, shape[i]!, where)) {
        if (typeof part === 'number') continue;
        const { perm, each, group, inner } = blockOf(part);
        if (length % each !== 0)
          throw refuse(`${where}: ${length} elements do not divide into units of ${each}.`, { where });
        const units = length / each;
        claim(perm, inner === undefined ? units * group : units, where);
        if (inner !== undefined) claim(inner, length / group, where);
        if (inner === undefined && group === 1) continue;
        const known = families.get(perm);
        const family = {
          perm,
          heads: inner === undefined ? units * group : units,
          each,
          group,
          inner: [...new Set([...(known?.inner ?? []), ...(inner === undefined ? [] : [inner])])],
        };
        if (known && (known.each !== each || known.group !== group))
          throw refuse(
            `${where}: heads of "${perm}" are ${each} wide in groups of ${group}, elsewhere ${known.each} in groups of ${known.group}.`,
            { where },
          );
        families.set(perm, family);
        if (inner !== undefined) outer.set(inner, perm);
      }
    });
  }
  const disagreeing = [...claims].filter(([, own]) => new Set(own.map(({ size }) => size)).size > 1);
  if (disagreeing.length > 0)
    throw refuse(
      `Sizes disagree: ${disagreeing
        .map(
          ([perm, own]) => `"${perm}" is ${own.map(({ size, where }) => `${size} at ${where}`).join(', ')}`,
        )
        .join('; ')}.`,
      { perms: disagreeing.map(([perm]) => perm) },
    );
  checkTied(spec, model);
  return { sizes: new Map([...claims].map(([perm, own]) => [perm, own[0]!.size])), families, outer };
}

/** Tensors of one content are one tensor: permuted in two ways they would no longer be. */
function checkTied(spec: PermSpec, model: StateDict): void {
  const matrices = Object.entries(model).filter(([, { shape }]) => shape.length > 1);
  for (const [i, [first, one]] of matrices.entries())
    for (const [second, other] of matrices.slice(i + 1)) {
      if (shapeText(one.shape) !== shapeText(other.shape)) continue;
      if (JSON.stringify(spec[first] ?? []) === JSON.stringify(spec[second] ?? [])) continue;
      if (!isOne(one.data as Float32Array, other.data as Float32Array)) continue;
      throw refuse(
        `"${first}" and "${second}" are tied, but the spec gives them different permutations: ` +
          `${JSON.stringify(spec[first] ?? null)} and ${JSON.stringify(spec[second] ?? null)}.`,
        { tensors: [first, second] },
      );
    }
}

/** Whether two arrays hold the same numbers, and not one number only. */
function isOne(a: Float32Array, b: Float32Array): boolean {
  if (a.length === 0) return false;
  let varies = false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
    varies ||= a[i] !== a[0];
  }
  return varies;
}
