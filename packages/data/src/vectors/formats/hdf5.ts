/**
 * HDF5 files in the layout of ann-benchmarks: `train`, `test`, `neighbors`, `distances`; any matrix can be named.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Dataset, File } from 'h5wasm';
import { checkRegular, describeReadError, invalidFile } from '../bytes.js';
import { fingerprintOf } from '../fingerprint.js';
import { openIsolated } from '../isolated.js';
import { checkDimension, rowOf, rowsPerBatch } from '../rows.js';
import type {
  BatchOptions,
  OpenOptions,
  RowBatch,
  SourceDistance,
  VectorFormat,
  VectorSource,
} from '../types.js';
import { asDataset, hdf5Limits, hdf5Program, openHdf5File } from './hdf5-library.js';

const MAGIC = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

export const hdf5: VectorFormat = {
  name: 'hdf5',
  title: 'HDF5 as in ann-benchmarks (train, test, …)',
  endings: ['.hdf5', '.h5'],
  matches: ({ head }) => head.subarray(0, 8).equals(MAGIC),
  open: openHdf5,
};

/** What ann-benchmarks calls its distances. */
const distances: ReadonlyMap<string, SourceDistance> = new Map([
  ['angular', 'Cosine'],
  ['cosine', 'Cosine'],
  ['euclidean', 'Euclid'],
  ['dot', 'Dot'],
  ['ip', 'Dot'],
]);

async function openHdf5(path: string, options: OpenOptions): Promise<VectorSource> {
  return openIsolated(hdf5Program, path, options, await hdf5Limits(path));
}

/**
 * Opens a file in this thread. A damaged one can hold it up for ever: the library follows what the file says.
 *
 * @throws FletchError `INVALID_INPUT_FILE`, `NOT_FOUND`, `INVALID_ARGUMENT`
 */
export async function openHdf5Here(path: string, { part }: OpenOptions): Promise<VectorSource> {
  await checkRegular(path).catch((error) => {
    throw describeReadError(error, path);
  });
  const { file, close } = await openHdf5File(path);
  try {
    const { name, dataset } = chooseMatrix(path, file, part);
    if (dataset.metadata.virtual_sources?.length)
      throw invalidFile(path, `"${name}" in it is put together from other files: name those instead.`);
    const [count, dimension] = dataset.shape as [number, number];
    checkDimension(path, dimension);
    const distance = distances.get(String(attribute(file, 'distance') ?? '').toLowerCase());
    const left = ['test', 'neighbors', 'distances'].filter(
      (other) => other !== name && file.keys().includes(other),
    );
    return {
      format: 'hdf5',
      path,
      holds: { kind: 'dense', dimension, ...(distance ? { distance } : {}) },
      count,
      notes:
        left.length > 0 && part === undefined
          ? [`Read: "${name}". Left out: ${left.join(', ')} (--part).`]
          : [],
      fingerprint: await fingerprintOf([path], 'hdf5', name),
      batches: (options) => readBatches(path, dataset, count, dimension, options),
      close: async () => close(),
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Runs a call of the library, whose errors are about the content. */
function within<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FletchError) throw error;
    throw invalidFile(
      path,
      `it is no sound HDF5 file (${String((error as Error)?.message ?? error).split('\n')[0]}).`,
    );
  }
}

function attribute(file: File, name: string): unknown {
  try {
    return file.attrs[name]?.value;
  } catch {
    return undefined;
  }
}

/** Whether an entry is a matrix of numbers. */
function matrixAt(file: File, name: string): Dataset | undefined {
  try {
    const dataset = asDataset(file.get(name));
    return dataset?.shape?.length === 2 && /^[<>|]?[fdihbqlHIBQL]$/.test(String(dataset.dtype))
      ? dataset
      : undefined;
  } catch {
    return undefined;
  }
}

function chooseMatrix(
  path: string,
  file: File,
  part: string | undefined,
): { name: string; dataset: Dataset } {
  const names = within(path, () => file.keys());
  if (part !== undefined) {
    const dataset = matrixAt(file, part);
    if (dataset) return { name: part, dataset };
    throw new FletchError(
      'NOT_FOUND',
      `${path} has no matrix of numbers "${part}". It has: ${names.join(', ')}.`,
    );
  }
  const matrices = names.slice(0, 100).flatMap((name) => {
    const dataset = matrixAt(file, name);
    return dataset ? [{ name, dataset }] : [];
  });
  const train = matrices.find(({ name }) => name === 'train');
  if (train) return train;
  if (matrices.length === 1) return matrices[0]!;
  const listed = matrices.map(({ name }) => name).join(', ') || 'none';
  if (matrices.length === 0)
    throw invalidFile(
      path,
      `it holds no matrix of numbers at its root. It has: ${names.join(', ') || 'nothing'}.`,
    );
  throw new FletchError('INVALID_ARGUMENT', `${path} has several matrices, name one with --part: ${listed}.`);
}

async function* readBatches(
  path: string,
  dataset: Dataset,
  count: number,
  dimension: number,
  { size, from }: BatchOptions = {},
): AsyncGenerator<RowBatch> {
  const most = rowsPerBatch(size, dimension * 8);
  for (let first = rowOf(from); first < count; first += most) {
    const rows = Math.min(most, count - first);
    const values = within(path, () => dataset.slice([[first, first + rows], []]));
    if (!ArrayBuffer.isView(values) || (values as Float32Array).length !== rows * dimension)
      throw invalidFile(path, `rows ${first} to ${first + rows} cannot be read: the file is damaged.`, {
        row: first,
      });
    yield { first, count: rows, next: first + rows, vectors: toFloats(values as NumberArray) };
  }
}

type NumberArray = Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array;

function toFloats(values: NumberArray): Float32Array {
  if (values instanceof Float32Array) return values;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array)
    return Float32Array.from(values as BigInt64Array, Number);
  return Float32Array.from(values);
}
