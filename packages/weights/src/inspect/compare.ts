/**
 * What tuning changed: a base and the models that were made of it.
 *
 * @module
 */
import { FletchError, isFletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { type Checkpoint, elementCount } from '../checkpoint/checkpoint.js';
import { layoutOf, type TensorKind } from '../checkpoint/layouts.js';
import {
  compareMatrices,
  type IntruderCriteria,
  type MatrixComparison,
} from '../intruder-dimensions/compare.js';
import { checkSameTensors, shapeText } from '../state-dict.js';
import { readTarget, type SpectralTarget, spectralTargets, type TargetOptions } from '../targets.js';
import { alignedPieces } from './stream.js';

/** How one tensor of a tuned model differs from the base's. */
export interface TensorChange {
  /** Norm of the difference. */
  readonly norm: number;
  /** The same over the norm of the base's; Infinity where the base is 0 and the other is not. */
  readonly relative: number;
  /** The largest difference of a number. */
  readonly largest: number;
  /** NaN or infinite numbers in either; they count in nothing else. */
  readonly nonFinite: number;
}

/** One tensor in all models. */
export interface TensorComparison {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: TensorKind;
  readonly layer: number | null;
  readonly slot: string;
  /** Of the base. */
  readonly norm: number;
  /** Of each tuned model. */
  readonly changes: readonly TensorChange[];
}

/** Singular vectors of one matrix that its base does not have. */
export interface IntruderComparison
  extends Pick<MatrixComparison, 'indices' | 'effectiveRank' | 'randomCosine'> {
  /** Of the tensor, with `#q`, `#k`, `#v` for a part of it. */
  readonly name: string;
  /** Which of the tuned models, from 0. */
  readonly model: number;
  readonly layer: number | null;
  /** Leading singular values, decreasing. */
  readonly sigma: readonly number[];
  readonly baseSigma: readonly number[];
  /** Of each of the leading tuned vectors, the largest cosine with one of the base. */
  readonly maxCosine: readonly number[];
  /** Of each, the length of its part in the span of the base's leading ones. */
  readonly subspace: readonly number[];
}

/** What {@link compareCheckpoints} finds. Plain values throughout. */
export interface CompareReport {
  readonly base: string;
  readonly models: readonly string[];
  /** Tensors that all have, in the base's order. */
  readonly tensors: readonly TensorComparison[];
  /** How many of them differ in each model. */
  readonly changed: readonly number[];
  /** Norms of the task vectors: all differences of a model as one vector. */
  readonly taskNorms: readonly number[];
  /** The same over the norm of the base. */
  readonly relativeNorms: readonly number[];
  /** Cosines of the task vectors with each other; null beside a model that changed nothing. */
  readonly cosines: readonly (readonly (number | null)[])[];
  /** Tensors that not all have in one shape, in words. */
  readonly differences: readonly string[];
  /** Null when it was not asked for. */
  readonly intruders: readonly IntruderComparison[] | null;
  /** Matrices whose spectra were not compared, with why. */
  readonly skipped: readonly string[];
}

/** What is compared. */
export interface CompareOptions extends LongWork {
  /** Looks for intruder dimensions in what changed. Default false: two decompositions of each matrix take time. */
  readonly intruders?: boolean | (IntruderCriteria & TargetOptions);
  /** The smaller side up to which spectra are compared. Default 1024. */
  readonly exactUpTo?: number;
  /** How many singular values and cosines of each matrix are kept. Default 64. */
  readonly leading?: number;
}

/**
 * Compares tuned models with their base, one tensor at a time: what changed and how much, whether task vectors (Ilharco et
 * al., ICLR 2023) point the same way, and intruder dimensions.
 *
 * @param models - at least one
 * @throws FletchError `DIMENSION_MISMATCH` that lists the first ten differing tensors when no tensor is the same in name and
 *   shape; `INVALID_ARGUMENT`, `ABORTED`, what reading throws
 */
export async function compareCheckpoints(
  base: Checkpoint,
  models: readonly Checkpoint[],
  options: CompareOptions = {},
): Promise<CompareReport> {
  if (models.length === 0)
    throw new FletchError('INVALID_ARGUMENT', 'There is nothing to compare the base with.');
  const { signal, onProgress } = options;
  const all = [base, ...models];
  const { common, differences } = sharedTensors(base, models);
  const { roles } = layoutOf(base);
  const dots = models.map(() => new Float64Array(models.length));
  const tensors: TensorComparison[] = [];
  const skipped: string[] = [];
  const total = common.reduce(
    (sum, name) => sum + all.reduce((s, one) => s + one.tensors.get(name)!.size, 0),
    0,
  );
  let [done, baseSquares] = [0, 0];
  for (const name of common) {
    throwIfAborted(signal);
    const sums = await compareTensor(all, name, signal);
    if (sums === null) skipped.push(`"${name}": ${base.tensors.get(name)!.dtype} is not read`);
    else {
      const { kind, layer, slot } = roles.get(name)!;
      const { shape } = base.tensors.get(name)!;
      const norm = Math.sqrt(sums.base);
      baseSquares += sums.base;
      for (const [i, row] of dots.entries())
        for (let j = 0; j < row.length; j++) row[j]! += sums.dots[i]![j]!;
      tensors.push({
        name,
        shape,
        kind,
        layer,
        slot,
        norm,
        changes: models.map((_, i) => changeOf(sums, i)),
      });
    }
    done += all.reduce((sum, one) => sum + one.tensors.get(name)!.size, 0);
    onProgress?.({ done, total, stage: 'comparing tensors' });
  }
  const taskNorms = dots.map((row, i) => Math.sqrt(row[i]!));
  const intruders = options.intruders
    ? await findIntruders(base, models, tensors, { ...options, skipped })
    : null;
  return {
    base: base.path,
    models: models.map(({ path }) => path),
    tensors,
    changed: models.map((_, i) => tensors.filter(({ changes }) => changes[i]!.norm > 0).length),
    taskNorms,
    relativeNorms: taskNorms.map((norm) => (norm === 0 ? 0 : norm / Math.sqrt(baseSquares))),
    cosines: dots.map((row, i) => Array.from(row, (dot, j) => cosineOf(dot, taskNorms, i, j))),
    differences,
    intruders,
    skipped,
  };
}

/** Null beside a model that changed nothing. */
function cosineOf(dot: number, norms: readonly number[], i: number, j: number): number | null {
  const product = norms[i]! * norms[j]!;
  if (product === 0) return null;
  return i === j ? 1 : Math.max(-1, Math.min(1, dot / product));
}

/** Names that all have in one shape, and what differs. */
function sharedTensors(base: Checkpoint, models: readonly Checkpoint[]) {
  const differences: string[] = [];
  const common = [...base.tensors.keys()].filter((name) =>
    models.every(({ tensors, path }) => {
      const [own, other] = [base.tensors.get(name)!, tensors.get(name)];
      if (other && shapeText(own.shape) === shapeText(other.shape)) return true;
      differences.push(
        other
          ? `"${name}" is ${shapeText(own.shape)} in the base and ${shapeText(other.shape)} in ${path}`
          : `"${name}" ${shapeText(own.shape)} is not in ${path}`,
      );
      return false;
    }),
  );
  for (const { tensors, path } of models)
    for (const [name, { shape }] of tensors)
      if (!base.tensors.has(name)) differences.push(`"${name}" ${shapeText(shape)} is only in ${path}`);
  if (common.length === 0) checkSameTensors(base.tensors, models[0]!.tensors, [base.path, models[0]!.path]);
  return { common, differences };
}

interface Sums {
  /** Sum of the base's squares. */
  base: number;
  /** Inner products of the differences. */
  readonly dots: Float64Array[];
  readonly largest: Float64Array;
  readonly nonFinite: Float64Array;
}

/** Null for types whose numbers are not read. */
async function compareTensor(
  all: readonly Checkpoint[],
  name: string,
  signal: AbortSignal | undefined,
): Promise<Sums | null> {
  const models = all.length - 1;
  const sums: Sums = {
    base: 0,
    dots: Array.from({ length: models }, () => new Float64Array(models)),
    largest: new Float64Array(models),
    nonFinite: new Float64Array(models),
  };
  try {
    for await (const [before, ...after] of alignedPieces(all, name)) {
      throwIfAborted(signal);
      addPiece(sums, before!, after);
    }
  } catch (error) {
    if (isFletchError(error, 'INVALID_ARGUMENT')) return null;
    if (isFletchError(error, 'INVALID_INPUT_FILE') && error.details.position !== undefined) return null;
    throw error;
  }
  return sums;
}

function addPiece(sums: Sums, before: Float32Array, after: readonly Float32Array[]): void {
  for (const value of before) if (value - value === 0) sums.base += value * value;
  const deltas = after.map((values, model) => {
    let [largest, bad] = [sums.largest[model]!, 0];
    const delta = new Float32Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const difference = values[i]! - before[i]!;
      if (difference - difference !== 0) {
        bad++;
        continue;
      }
      delta[i] = difference;
      const size = Math.abs(difference);
      if (size > largest) largest = size;
    }
    sums.largest[model] = largest;
    sums.nonFinite[model]! += bad;
    return delta;
  });
  for (const [i, a] of deltas.entries())
    for (let j = 0; j <= i; j++) {
      const b = deltas[j]!;
      let dot = 0;
      for (let k = 0; k < a.length; k++) dot += a[k]! * b[k]!;
      sums.dots[i]![j]! += dot;
      if (i !== j) sums.dots[j]![i]! += dot;
    }
}

function changeOf({ base, dots, largest, nonFinite }: Sums, i: number): TensorChange {
  const norm = Math.sqrt(dots[i]![i]!);
  return {
    norm,
    relative: norm === 0 ? 0 : norm / Math.sqrt(base),
    largest: largest[i]!,
    nonFinite: nonFinite[i]!,
  };
}

interface IntruderWork extends CompareOptions {
  readonly skipped: string[];
}

/** Compares the spectra of the matrices that changed. */
async function findIntruders(
  base: Checkpoint,
  models: readonly Checkpoint[],
  tensors: readonly TensorComparison[],
  { intruders, exactUpTo = 1024, leading = 64, skipped, signal, onProgress }: IntruderWork,
): Promise<IntruderComparison[]> {
  const criteria = typeof intruders === 'object' ? intruders : {};
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const { roles } = layoutOf(base);
  const targets = spectralTargets(new Map(tensors.map(({ name, shape }) => [name, shape])), {
    roles,
    ...criteria,
  }).filter((target) => isComparable(target, byName, exactUpTo, skipped));
  const total =
    targets.reduce((sum, { shape }) => sum + elementCount(shape) * Math.min(...shape), 0) * models.length;
  const found: IntruderComparison[] = [];
  let done = 0;
  for (const target of targets)
    for (const [model, tuned] of models.entries()) {
      throwIfAborted(signal);
      const { changes, layer } = byName.get(target.tensor)!;
      done += elementCount(target.shape) * Math.min(...target.shape);
      if (changes[model]!.norm > 0 && changes[model]!.nonFinite === 0) {
        const [before, after] = [
          await base.readFloat32(target.tensor),
          await tuned.readFloat32(target.tensor),
        ];
        const one = compareMatrices(readTarget(before, target), readTarget(after, target), criteria);
        const leadingOf = (values: Float64Array) => Array.from(values.subarray(0, leading));
        found.push({
          name: target.name,
          model,
          layer,
          indices: one.indices,
          effectiveRank: one.effectiveRank,
          randomCosine: one.randomCosine,
          sigma: leadingOf(one.sigma),
          baseSigma: leadingOf(one.baseSigma),
          maxCosine: leadingOf(one.maxCosine),
          subspace: leadingOf(one.subspace),
        });
      }
      onProgress?.({ done, total, stage: 'comparing spectra' });
    }
  return found;
}

/** Whether spectra of a target can be compared; what cannot is said, unless nothing changed in it. */
function isComparable(
  { name, tensor, shape }: SpectralTarget,
  tensors: ReadonlyMap<string, TensorComparison>,
  exactUpTo: number,
  skipped: string[],
): boolean {
  const { changes } = tensors.get(tensor)!;
  if (changes.every(({ norm, nonFinite }) => norm === 0 && nonFinite === 0)) return false;
  if (changes.some(({ nonFinite }) => nonFinite > 0))
    skipped.push(`"${name}" holds numbers that are not finite`);
  if (Math.min(...shape) <= exactUpTo) return true;
  skipped.push(`"${name}" ${shapeText(shape)} is larger than ${exactUpTo} on both sides`);
  return false;
}
