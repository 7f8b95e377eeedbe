/**
 * Vectors and attributes from files, as an index for functions takes them.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { openVectors, readTable } from '@fletch/data';
import { Matrix } from '@fletch/linalg';

/**
 * All vectors of a file, or the first of them.
 *
 * @throws FletchError what reading throws, and `INVALID_INPUT_FILE` where there are no vectors of one dimension
 */
export async function readMatrix(
  path: string,
  { limit = Number.POSITIVE_INFINITY, signal, onProgress }: LongWork & { readonly limit?: number },
): Promise<Matrix<Float32Array>> {
  const source = await openVectors(path, signal ? { signal } : {});
  try {
    if (source.holds.kind !== 'dense')
      throw new FletchError(
        'INVALID_INPUT_FILE',
        `${path} holds ${source.holds.kind === 'texts' ? 'texts' : 'points'}, not vectors of one dimension: export them to .npy first.`,
      );
    const { dimension } = source.holds;
    const parts: Float32Array[] = [];
    let rows = 0;
    for await (const { vectors, count } of source.batches({ size: 1024 })) {
      throwIfAborted(signal);
      const take = Math.min(count, limit - rows);
      parts.push(vectors!.slice(0, take * dimension));
      rows += take;
      onProgress?.({
        done: rows,
        ...(source.count !== undefined && { total: source.count }),
        stage: 'reading',
      });
      if (rows >= limit) break;
    }
    if (rows === 0) throw new FletchError('INVALID_INPUT_FILE', `${path} holds no vectors.`);
    const data = new Float32Array(rows * dimension);
    let at = 0;
    for (const part of parts) {
      data.set(part, at);
      at += part.length;
    }
    return new Matrix(data, rows, dimension);
  } finally {
    await source.close();
  }
}

/**
 * The columns of numbers of a table; none without a table.
 *
 * @throws FletchError what reading throws, `DIMENSION_MISMATCH` when it has not a row for each vector, `INVALID_INPUT_FILE`
 *   where a number is missing
 */
export async function readAttributes(
  path: string | undefined,
  rows: number,
): Promise<{ names: string[]; columns: Float32Array[] }> {
  if (path === undefined) return { names: [], columns: [] };
  const read = await readTable(path);
  if (read.rows !== rows)
    throw new FletchError('DIMENSION_MISMATCH', `${path} has ${read.rows} rows for ${rows} vectors.`);
  const numbers = Object.entries(read.columns).filter(
    (entry): entry is [string, Float64Array] => entry[1] instanceof Float64Array,
  );
  for (const [name, values] of numbers) {
    const missing = values.findIndex((value) => Number.isNaN(value));
    if (missing >= 0)
      throw new FletchError(
        'INVALID_INPUT_FILE',
        `${path}: "${name}" is missing in row ${missing}: give it a value that no condition meets, or leave the column out.`,
      );
  }
  return {
    names: numbers.map(([name]) => name),
    columns: numbers.map(([, values]) => Float32Array.from(values)),
  };
}
