/**
 * The vectors of TEXMEX: http://corpus-texmex.irisa.fr. Each begins with its dimension.
 *
 * @module
 */
import { type Bytes, invalidFile } from '../bytes.js';
import { type ElementType, elements } from '../elements.js';
import { plainSource } from '../plain.js';
import { checkDimension, readRows } from '../rows.js';
import type { BatchOptions, VectorFormat } from '../types.js';

function format(name: string, title: string, element: ElementType): VectorFormat {
  return {
    name,
    title,
    endings: [`.${name}`],
    open: (path) => plainSource(name, path, (bytes) => openXvecs(bytes, element)),
  };
}

export const fvecs = format('fvecs', '32-bit floats, each vector after its dimension', elements.f4);
export const bvecs = format('bvecs', 'bytes, each vector after its dimension', elements.u1);
export const ivecs = format('ivecs', '32-bit integers, each vector after its dimension', elements.i4);

/**
 * Checks the first dimension against the size of the file.
 *
 * @throws FletchError `INVALID_INPUT_FILE`; from `rows` also when a later vector has another dimension
 */
export async function openXvecs(bytes: Bytes, element: ElementType) {
  if (bytes.size === 0) throw invalidFile(bytes.name, 'it is empty.');
  const dimension = (await bytes.read(0, 4)).readInt32LE(0);
  checkDimension(bytes.name, dimension);
  const stride = 4 + dimension * element.size;
  if (bytes.size % stride !== 0)
    throw invalidFile(
      bytes.name,
      `its ${bytes.size} bytes are no multiple of ${stride}, the length of a vector of ${dimension} dimensions: it was cut off or is another format.`,
    );
  const layout = { start: 0, stride, count: bytes.size / stride, lead: 4, dimension, element };
  return {
    count: layout.count,
    dimension,
    async *rows(options?: BatchOptions) {
      for await (const batch of readRows(bytes, layout, options)) {
        for (let row = 0; row < batch.count; row++) {
          const found = batch.bytes.readInt32LE(row * stride);
          if (found !== dimension)
            throw invalidFile(
              bytes.name,
              `row ${batch.first + row} has ${found} dimensions, the first has ${dimension}.`,
              { row: batch.first + row, offset: (batch.first + row) * stride },
            );
        }
        yield batch;
      }
    },
  };
}
