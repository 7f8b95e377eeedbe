/**
 * Tensors of a model that are copies of each other, or nearly.
 *
 * @module
 */
import { throwIfAborted } from '@fletch/base';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { alignedPieces } from './stream.js';

/** Two tensors that are alike. */
export interface Duplicate {
  readonly names: readonly [string, string];
  /** Norm of the difference over that of the first; 0 for copies. */
  readonly difference: number;
}

/** A tensor as it is looked for. */
export interface Sketched {
  readonly name: string;
  readonly shape: readonly number[];
  readonly norm: number;
  readonly sketch: Float64Array;
}

/** Tensors that differ by less, as a share of their norm, are alike. */
const ALIKE = 0.1;

/** Sketches are off by about a tenth: what may be alike is then compared number by number. */
const MAYBE = 0.2;

/** Pairs that are compared number by number. */
const MOST = 200;

/**
 * Finds pairs of one shape whose difference is less than a tenth of them. Each tensor is named in one pair at most as the
 * second.
 *
 * @throws FletchError `ABORTED`, what reading throws
 */
export async function findDuplicates(
  checkpoint: Checkpoint,
  tensors: readonly Sketched[],
  signal?: AbortSignal,
): Promise<Duplicate[]> {
  const groups = groupBy(tensors);
  const found: Duplicate[] = [];
  let compared = 0;
  for (const group of groups.values())
    for (const [i, second] of group.entries()) {
      for (const first of group.slice(0, i)) {
        if (sketchDistance(first, second) > MAYBE || compared >= MOST) continue;
        throwIfAborted(signal);
        compared++;
        const difference = await relativeDifference(checkpoint, first, second);
        if (difference >= ALIKE) continue;
        found.push({ names: [first.name, second.name], difference });
        break;
      }
    }
  return found;
}

function groupBy(tensors: readonly Sketched[]): Map<string, Sketched[]> {
  const groups = new Map<string, Sketched[]>();
  for (const tensor of tensors) {
    const key = tensor.shape.join();
    groups.set(key, [...(groups.get(key) ?? []), tensor]);
  }
  return groups;
}

function sketchDistance(a: Sketched, b: Sketched): number {
  let squares = 0;
  for (let i = 0; i < a.sketch.length; i++) squares += (a.sketch[i]! - b.sketch[i]!) ** 2;
  return Math.sqrt(squares) / a.norm;
}

async function relativeDifference(checkpoint: Checkpoint, a: Sketched, b: Sketched): Promise<number> {
  const second = renamed(checkpoint, a.name, b.name);
  let squares = 0;
  for await (const [x, y] of alignedPieces([checkpoint, second], a.name))
    for (let i = 0; i < x!.length; i++) squares += (x![i]! - y![i]!) ** 2;
  return Math.sqrt(squares) / a.norm;
}

/** A checkpoint in which `name` is what the given one calls `other`. */
function renamed(checkpoint: Checkpoint, name: string, other: string): Checkpoint {
  return {
    ...checkpoint,
    tensors: new Map([[name, checkpoint.tensors.get(other)!]]),
    readFloat32: () => checkpoint.readFloat32(other),
    readBytes: (_, begin, end, target) => checkpoint.readBytes(other, begin, end, target),
  };
}
