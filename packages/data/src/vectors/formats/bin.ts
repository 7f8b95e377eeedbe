/**
 * The vectors of the big-ann benchmarks: https://big-ann-benchmarks.com. Count and dimension, then the rows.
 *
 * @module
 */
import { type Bytes, invalidFile } from '../bytes.js';
import { type ElementType, elements } from '../elements.js';
import { plainSource } from '../plain.js';
import { checkDimension, checkRoom, readRows } from '../rows.js';
import type { BatchOptions, VectorFormat } from '../types.js';

function format(name: string, title: string, element: ElementType): VectorFormat {
  return {
    name,
    title,
    endings: [`.${name}`],
    open: (path) => plainSource(name, path, (bytes) => openBin(bytes, element)),
  };
}

export const fbin = format('fbin', '32-bit floats after their count and dimension', elements.f4);
export const u8bin = format('u8bin', 'bytes after their count and dimension', elements.u1);
export const i8bin = format('i8bin', 'signed bytes after their count and dimension', elements.i1);
export const ibin = format('ibin', '32-bit integers after their count and dimension', elements.i4);

/**
 * Checks the header against the size of the file.
 *
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export async function openBin(bytes: Bytes, element: ElementType) {
  const header = await bytes.read(0, 8);
  const count = header.readUInt32LE(0);
  const dimension = header.readUInt32LE(4);
  checkDimension(bytes.name, dimension);
  const stride = dimension * element.size;
  checkRoom(bytes, 8, stride, count);
  const end = 8 + stride * count;
  if (bytes.size !== end)
    throw invalidFile(
      bytes.name,
      element === elements.i4 && bytes.size === end + stride * count
        ? 'it holds nearest neighbours and their distances, not vectors: readNeighbors reads it.'
        : `its ${count} vectors end at byte ${end}, the file at ${bytes.size}: it is damaged or another format.`,
      { offset: end },
    );
  const layout = { start: 8, stride, count, lead: 0, dimension, element };
  return { count, dimension, rows: (options?: BatchOptions) => readRows(bytes, layout, options) };
}
