/**
 * What there is to know of a checkpoint.
 *
 * @module
 */
import { isFletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { type Checkpoint, type CheckpointTensor, elementCount } from '../checkpoint/checkpoint.js';
import { type ArchitectureName, layoutOf, type TensorRole } from '../checkpoint/layouts.js';
import { type Duplicate, findDuplicates, type Sketched } from './duplicates.js';
import { matrixShape, type Spectrum, type SpectrumOptions, spectrumOf } from './spectrum.js';
import { StatisticsSum, type TensorStatistics } from './statistics.js';
import { piecesOf } from './stream.js';

/** One tensor, looked at. */
export interface TensorReport extends CheckpointTensor, TensorRole {
  /** Numbers in it. */
  readonly parameters: number;
  /** Null for types whose numbers are not read. */
  readonly statistics: TensorStatistics | null;
  /** Of matrices and kernels, when spectra were asked for; null for others and where a number is not finite. */
  readonly spectrum: Spectrum | null;
}

/** Tensors of one type, or of one file. */
export interface TensorGroup {
  readonly name: string;
  readonly tensors: number;
  readonly parameters: number;
  /** Bytes. */
  readonly size: number;
}

/** What {@link inspectCheckpoint} finds. Plain values throughout: it is JSON. */
export interface InspectReport {
  readonly path: string;
  readonly format: Checkpoint['format'];
  /** Null when the layout is not known. */
  readonly architecture: ArchitectureName | null;
  /** The architecture in words. */
  readonly title: string;
  readonly layers: number;
  readonly parameters: number;
  /** Bytes of all tensors. */
  readonly size: number;
  readonly dtypes: readonly TensorGroup[];
  readonly files: readonly TensorGroup[];
  readonly companions: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly TensorReport[];
  /** Names of the tensors that hold NaN or infinite numbers. */
  readonly nonFinite: readonly string[];
  /** Names of the tensors whose types are not read. */
  readonly unread: readonly string[];
  /** Matrices that are copies of others, or nearly. */
  readonly duplicates: readonly Duplicate[];
  /** Layers all of whose matrices are alike, as in models that were stacked of others. */
  readonly repeatedLayers: readonly (readonly [first: number, second: number])[];
}

/** What is looked at. */
export interface InspectOptions extends LongWork {
  /** Whether singular values are computed. Default false: they take most of the time. */
  readonly spectra?: boolean | SpectrumOptions;
}

/**
 * Looks at all tensors of a checkpoint, one after the other. Memory is a few pieces of a tensor; with spectra, the largest
 * matrix.
 *
 * @throws FletchError `ABORTED`, what reading throws
 * @example
 * ```ts
 * const checkpoint = await openCheckpoint('models/gpt2');
 * const report = await inspectCheckpoint(checkpoint, { spectra: true });
 * console.log(report.title, report.parameters, report.nonFinite);
 * await checkpoint.close();
 * ```
 */
export async function inspectCheckpoint(
  checkpoint: Checkpoint,
  { spectra = false, signal, onProgress }: InspectOptions = {},
): Promise<InspectReport> {
  const { architecture, title, layers, roles } = layoutOf(checkpoint);
  const tensors: TensorReport[] = [];
  const sketches: Sketched[] = [];
  let done = 0;
  for (const tensor of checkpoint.tensors.values()) {
    throwIfAborted(signal);
    const looked = await look(checkpoint, tensor, spectra, signal);
    tensors.push({
      ...plainTensor(tensor),
      ...roles.get(tensor.name)!,
      parameters: elementCount(tensor.shape),
      statistics: looked?.statistics ?? null,
      spectrum: looked?.spectrum ?? null,
    });
    if (looked && tensor.shape.length >= 2 && looked.statistics.norm > 0)
      sketches.push({ ...tensor, norm: looked.statistics.norm, sketch: looked.sketch });
    done += tensor.size;
    onProgress?.({ done, total: checkpoint.size, stage: 'reading tensors' });
  }
  const finite = new Set(tensors.filter(allFinite).map(({ name }) => name));
  const duplicates = await findDuplicates(
    checkpoint,
    sketches.filter(({ name }) => finite.has(name)),
    signal,
  );
  return {
    path: checkpoint.path,
    format: checkpoint.format,
    architecture,
    title,
    layers,
    parameters: tensors.reduce((sum, one) => sum + one.parameters, 0),
    size: checkpoint.size,
    dtypes: groupsOf(tensors, ({ dtype }) => dtype),
    files: groupsOf(tensors, ({ file }) => file),
    companions: checkpoint.companions,
    metadata: checkpoint.metadata,
    tensors,
    nonFinite: tensors.filter((one) => one.statistics && !allFinite(one)).map(({ name }) => name),
    unread: tensors.filter(({ statistics }) => !statistics).map(({ name }) => name),
    duplicates,
    repeatedLayers: repeatedLayers(tensors, duplicates),
  };
}

const allFinite = ({ statistics }: Pick<TensorReport, 'statistics'>): boolean =>
  statistics !== null && statistics.nan + statistics.infinite === 0;

const plainTensor = ({ name, dtype, shape, size, file }: CheckpointTensor): CheckpointTensor => ({
  ...{ name, dtype, shape, size, file },
});

interface Look {
  readonly statistics: TensorStatistics;
  readonly spectrum: Spectrum | null;
  readonly sketch: Float64Array;
}

/** Null for types whose numbers are not read. */
async function look(
  checkpoint: Checkpoint,
  { name, shape }: CheckpointTensor,
  spectra: boolean | SpectrumOptions,
  signal: AbortSignal | undefined,
): Promise<Look | null> {
  const sum = new StatisticsSum();
  try {
    for await (const piece of piecesOf(checkpoint, name)) {
      throwIfAborted(signal);
      sum.add(piece);
    }
  } catch (error) {
    // Whole numbers that no float holds, and quantizations that are not read, have no statistics.
    if (isFletchError(error, 'INVALID_ARGUMENT')) return null;
    if (isFletchError(error, 'INVALID_INPUT_FILE') && error.details.position !== undefined) return null;
    throw error;
  }
  const statistics = sum.finish();
  const matrix = matrixShape(shape);
  const spectrum =
    spectra !== false && matrix && allFinite({ statistics })
      ? spectrumOf(await checkpoint.readFloat32(name), matrix, spectra === true ? {} : spectra)
      : null;
  return { statistics, spectrum, sketch: sum.sketch };
}

function groupsOf(tensors: readonly TensorReport[], nameOf: (tensor: TensorReport) => string): TensorGroup[] {
  const groups = new Map<string, { tensors: number; parameters: number; size: number }>();
  for (const tensor of tensors) {
    const group = groups.get(nameOf(tensor)) ?? { tensors: 0, parameters: 0, size: 0 };
    group.tensors++;
    group.parameters += tensor.parameters;
    group.size += tensor.size;
    groups.set(nameOf(tensor), group);
  }
  return [...groups]
    .map(([name, group]) => ({ name, ...group }))
    .sort((a, b) => b.size - a.size || a.name.localeCompare(b.name));
}

/** Pairs of layers all of whose matrices are alike. */
function repeatedLayers(
  tensors: readonly TensorReport[],
  duplicates: readonly Duplicate[],
): (readonly [number, number])[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const matrices = new Map<string, number>();
  for (const { block, shape } of tensors)
    if (block !== '' && shape.length >= 2) matrices.set(block, (matrices.get(block) ?? 0) + 1);
  const shared = new Map<string, { count: number; first: TensorReport; second: TensorReport }>();
  for (const { names } of duplicates) {
    const [first, second] = [byName.get(names[0])!, byName.get(names[1])!];
    if (first.block === '' || second.block === '' || first.slot !== second.slot) continue;
    const key = `${first.block} ${second.block}`;
    shared.set(key, { count: (shared.get(key)?.count ?? 0) + 1, first, second });
  }
  return [...shared.values()]
    .filter(({ count, second }) => count === matrices.get(second.block))
    .map(({ first, second }) => [first.layer!, second.layer!]);
}
