/**
 * The true neighbours in an HDF5 file of ann-benchmarks.
 *
 * @module
 */
import { invalidFile } from '../bytes.js';
import { checkNeighbors, type Neighbors } from '../neighbors.js';
import { asDataset, openHdf5File } from './hdf5-library.js';

/** Reads the matrix `neighbors` in this thread, which a damaged file can hold up for ever. Throws `INVALID_INPUT_FILE`. */
export async function readHdf5NeighborsHere(path: string): Promise<Neighbors> {
  const { file, close } = await openHdf5File(path);
  try {
    const found = asDataset(file.get('neighbors'));
    const shape = found?.shape;
    if (!found || shape?.length !== 2) throw invalidFile(path, 'it has no matrix "neighbors".');
    const [count, k] = shape as [number, number];
    checkNeighbors(path, count, k);
    const values = found.value;
    if (!(values instanceof Int32Array) && !(values instanceof BigInt64Array))
      throw invalidFile(path, 'its neighbours are no 32- or 64-bit integers.');
    return { count, k, ids: Int32Array.from(values as Int32Array, Number) };
  } finally {
    close();
  }
}
