/**
 * Embeddings as files that search and other tools read.
 *
 * @module
 */
import type { NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { writeFormatOf, writeSafetensors } from '@fletch/data';

/** Rows that are handed on at a time. */
const ROWS = 1024;

/**
 * Writes rows by the ending of the path: `.fvecs`, `.npy`, `.fbin` and whatever else `fletch export` writes, with the
 * numbers of the rows as ids, or `.safetensors` with one tensor `embeddings`.
 *
 * @param rows - float32 `[count, width]`
 * @param options.force - replace files that are there. Default false
 * @throws FletchError `INVALID_ARGUMENT` for another number of axes or an unknown ending, `ALREADY_EXISTS`, `IO`,
 *   `DISK_FULL`
 */
export async function saveEmbeddings(
  path: string,
  rows: NDArray,
  { force = false }: { readonly force?: boolean } = {},
): Promise<void> {
  const { shape, dtype } = rows;
  if (shape.length !== 2 || dtype !== 'float32')
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Embeddings are float32 [count, width], not ${dtype} [${shape.join(', ')}].`,
    );
  const [count, width] = shape as [number, number];
  const data = rows.data as Float32Array;
  if (path.endsWith('.safetensors')) {
    await writeSafetensors(path, [{ name: 'embeddings', dtype: 'F32', shape, data }], { force });
    return;
  }
  const writer = await writeFormatOf(path).open(path, { dimension: width, force });
  try {
    for (let first = 0; first < count; first += ROWS)
      await writer.write(
        Array.from({ length: Math.min(ROWS, count - first) }, (_, i) => ({
          id: first + i,
          vector: data.subarray((first + i) * width, (first + i + 1) * width),
        })),
      );
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
