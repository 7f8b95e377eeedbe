/**
 * Which paths through a decoder tell two prompts apart: patching along paths, and a beam search for the strongest.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Activations, placeOf } from './activations.js';
import type { Decoder } from './decoder.js';
import { applyMlp } from './mlp.js';
import { applyNorm } from './norms.js';
import { checkPath, type PathNode, propagateAlong, pullObservable } from './propagate.js';
import { dot, plus } from './vectors.js';

/** A path from the output to the input, and how far the observable falls when its beginning is patched. */
export interface RankedPath {
  readonly path: readonly PathNode[];
  /** Observable on the prompt − observable with the first input of the path taken from the counter-prompt. */
  readonly contribution: number;
}

/** How paths are looked for. */
export interface FindPathsOptions {
  /** Most nodes. Default 3. */
  readonly maxLength?: number;
  /** Paths of a length that are made longer. Default 10. */
  readonly beam?: number;
  /** Whether paths lead through feed-forward parts. Default true. */
  readonly useMlp?: boolean;
}

/** A pair of prompts of the same length. */
export type Pair = readonly [prompt: Activations, counter: Activations];

/** Throws unless the prompts of a pair are of one length. */
export function checkSameLength([prompt, counter]: Pair): void {
  if (prompt.places !== counter.places)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The prompts of the pair have ${prompt.places} and ${counter.places} tokens: positions must match.`,
    );
}

/** What a node adds to the stream where it writes when its input moves from `from` to `to`. */
function response(
  decoder: Decoder,
  { patterns, places }: Activations,
  node: PathNode,
  target: number,
  [from, to]: readonly [Float64Array, Float64Array],
): Float64Array {
  const { norm1, value, output, norm2, mlp } = decoder.blocks[node.layer]!;
  if (node.kind === 'mlp')
    return plus(applyMlp(mlp!, applyNorm(norm2, to)), applyMlp(mlp!, applyNorm(norm2, from)), -1);
  const source = node.position ?? target;
  const moved = plus(applyNorm(norm1, to), applyNorm(norm1, from), -1);
  const result = new Float64Array(decoder.width);
  for (const h of node.head === undefined || node.head === 'all' ? value.keys() : [node.head]) {
    const weight = patterns[node.layer]![(h * places + target) * places + source]!;
    const written = output[h]!.times(value[h]!.times(moved));
    for (let i = 0; i < result.length; i++) result[i]! += weight * written[i]!;
  }
  return result;
}

/** The input of a node, in the stream at the place where it reads. */
function inputOf(node: PathNode, activations: Activations, place: number): Float64Array {
  const values = node.kind === 'mlp' ? activations.middles : activations.streams;
  return placeOf(values[node.layer]!, place, activations.places);
}

/** Where every node of a path writes, and the last place where one reads. */
function placesOf(path: readonly PathNode[], places: number): { targets: number[]; source: number } {
  let at = places - 1;
  const targets = path.map((node) => {
    const target = at;
    if (node.kind === 'attn') at = node.position ?? at;
    return target;
  });
  return { targets, source: at };
}

/**
 * How far the observable falls when the first input of a path comes from the counter-prompt: everything else, attention
 * weights too, stays as it is on the prompt.
 */
export function pathContribution(
  decoder: Decoder,
  n: ArrayLike<number>,
  path: readonly PathNode[],
  pair: Pair,
): number {
  checkSameLength(pair);
  const [prompt, counter] = pair;
  checkPath(decoder, path, prompt.places);
  const { targets, source } = placesOf(path, prompt.places);
  const last = path.at(-1);
  const end = decoder.blocks.length;
  const swapped = last
    ? [inputOf(last, prompt, source), inputOf(last, counter, source)]
    : [prompt, counter].map((each) => placeOf(each.streams[end]!, source, each.places));
  let change = plus(swapped[1]!, swapped[0]!, -1);
  for (let step = path.length - 1; step >= 0; step--) {
    const node = path[step]!;
    const place = node.kind === 'attn' ? (node.position ?? targets[step]!) : targets[step]!;
    const x = inputOf(node, prompt, place);
    change = response(decoder, prompt, node, targets[step]!, [x, plus(x, change)]);
  }
  const x = placeOf(prompt.streams[end]!, prompt.places - 1, prompt.places);
  const pulled = pullObservable(decoder, n);
  return (
    dot(pulled, applyNorm(decoder.finalNorm, x)) - dot(pulled, applyNorm(decoder.finalNorm, plus(x, change)))
  );
}

/** Candidates whose contribution is computed exactly, for each path that is kept. */
const EXACT = 4;

/**
 * Beam search from the output for the paths that contribute most. Extensions are sorted by their first-order
 * contribution; that of the first ones is then computed exactly.
 *
 * @returns the best paths of every length, the largest contributions (of either sign) first
 * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH` when the prompts differ in length
 */
export function searchPaths(
  decoder: Decoder,
  n: ArrayLike<number>,
  pair: Pair,
  { maxLength = 3, beam = 10, useMlp = true }: FindPathsOptions = {},
): RankedPath[] {
  for (const [name, value] of Object.entries({ maxLength, beam }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError('INVALID_ARGUMENT', `${name} must be a positive integer, not ${value}.`);
  checkSameLength(pair);
  const outputs = nodeChanges(decoder, pair);
  const found: RankedPath[] = [];
  let front: readonly (readonly PathNode[])[] = [[]];
  for (let step = 1; step <= maxLength && front.length > 0; step++) {
    const longer = front.flatMap((path) => extend(decoder, n, path, pair, { beam, useMlp, outputs }));
    longer.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
    const kept = longer.slice(0, beam);
    found.push(...kept);
    front = kept.map(({ path }) => path);
  }
  return found.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
}

/** What is computed once of a pair: the change of the values of every head at every place, `[heads][places]`. */
function nodeChanges({ blocks }: Decoder, [prompt, counter]: Pair): Float64Array[][][] {
  return blocks.map(({ norm1, value }, layer) => {
    const moved = Array.from({ length: prompt.places }, (_, p) => {
      const [a, b] = [prompt, counter].map((each) =>
        applyNorm(norm1, placeOf(each.streams[layer]!, p, each.places)),
      );
      return plus(a!, b!, -1);
    });
    return value.map((part) => moved.map((x) => part.times(x)));
  });
}

function extend(
  decoder: Decoder,
  n: ArrayLike<number>,
  path: readonly PathNode[],
  pair: Pair,
  {
    beam,
    useMlp,
    outputs,
  }: { readonly beam: number; readonly useMlp: boolean; readonly outputs: Float64Array[][][] },
): RankedPath[] {
  const [prompt, counter] = pair;
  const { vector } = propagateAlong(decoder, n, path, { point: prompt });
  const { source } = placesOf(path, prompt.places);
  const last = path.at(-1);
  const candidates: { node: PathNode; estimate: number }[] = [];
  const end = last?.layer ?? decoder.blocks.length;
  for (let layer = 0; layer < decoder.blocks.length; layer++) {
    const { output, mlp, norm2 } = decoder.blocks[layer]!;
    if (layer < end || (layer === end && last?.kind === 'mlp'))
      for (const [h, part] of output.entries()) {
        const wanted = part.pull(vector);
        for (let p = 0; p <= source; p++) {
          const weight = prompt.patterns[layer]![(h * prompt.places + source) * prompt.places + p]!;
          const estimate = weight * dot(wanted, outputs[layer]![h]![p]!);
          candidates.push({ node: { kind: 'attn', layer, head: h, position: p }, estimate });
        }
      }
    if (useMlp && mlp && layer < end) {
      const [a, b] = [prompt, counter].map((each) =>
        applyMlp(mlp, applyNorm(norm2, placeOf(each.middles[layer]!, source, each.places))),
      );
      candidates.push({ node: { kind: 'mlp', layer }, estimate: dot(vector, plus(a!, b!, -1)) });
    }
  }
  candidates.sort((a, b) => Math.abs(b.estimate) - Math.abs(a.estimate));
  return candidates.slice(0, EXACT * beam).map(({ node }) => {
    const longer = [...path, node];
    return { path: longer, contribution: pathContribution(decoder, n, longer, pair) };
  });
}
