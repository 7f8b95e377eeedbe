/**
 * Recurrent weights from a user's file, a connectome for example.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { FletchError } from '@fletch/base';
import { openSafetensors, openVectors } from '@fletch/data';
import { Matrix } from '@fletch/linalg';

export interface ConnectivityOptions {
  /** Which tensor of a safetensors file. Needed when it holds several. */
  readonly tensor?: string;
}

/**
 * Reads a square matrix of connections: `.npy`, `.csv` (numbers only, no header) or `.safetensors`. Rows are the units
 * that are driven.
 *
 * @throws FletchError `NOT_FOUND`; `INVALID_INPUT_FILE` when it is no such file, not square, or holds what is no finite
 *   number; `INVALID_ARGUMENT` when a safetensors file holds several tensors and none is named
 */
export async function readConnectivity(
  path: string,
  options: ConnectivityOptions = {},
): Promise<Matrix<Float64Array>> {
  const W = path.endsWith('.csv')
    ? await readCsv(path)
    : path.endsWith('.safetensors')
      ? await readSafetensors(path, options.tensor)
      : await readRows(path);
  if (W.rows !== W.cols || W.rows === 0)
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${path} holds a ${W.rows}x${W.cols} matrix: the connections of a recurrent layer are square.`,
      { details: { rows: W.rows, cols: W.cols } },
    );
  const bad = W.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${path}: row ${Math.floor(bad / W.cols) + 1}, column ${(bad % W.cols) + 1} is no finite number.`,
    );
  return W;
}

async function readRows(path: string): Promise<Matrix<Float64Array>> {
  const source = await openVectors(path);
  try {
    if (source.holds.kind !== 'dense')
      throw new FletchError('INVALID_INPUT_FILE', `${path} holds ${source.holds.kind}, not a matrix.`);
    const rows: Float32Array[] = [];
    const { dimension } = source.holds;
    for await (const { count, vectors } of source.batches())
      for (let i = 0; i < count; i++) rows.push(vectors!.slice(i * dimension, (i + 1) * dimension));
    return Matrix.from(rows);
  } finally {
    await source.close();
  }
}

async function readCsv(path: string): Promise<Matrix<Float64Array>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new FletchError('NOT_FOUND', `${path} cannot be read.`, { cause });
  }
  const rows = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(/[,;\t]/).map((entry) => (entry.trim() === '' ? Number.NaN : Number(entry))));
  const ragged = rows.findIndex((row) => row.length !== rows[0]!.length);
  if (ragged >= 0)
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${path}: row ${ragged + 1} has ${rows[ragged]!.length} numbers, row 1 has ${rows[0]!.length}.`,
    );
  return Matrix.from(rows);
}

async function readSafetensors(path: string, name: string | undefined): Promise<Matrix<Float64Array>> {
  const file = await openSafetensors(path);
  try {
    const names = [...file.tensors.keys()];
    const chosen = name ?? (names.length === 1 ? names[0] : undefined);
    const entry = chosen === undefined ? undefined : file.tensors.get(chosen);
    if (!entry)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${path} holds ${names.join(', ') || 'nothing'}: name the tensor of the recurrent weights.`,
      );
    if (entry.shape.length !== 2)
      throw new FletchError('INVALID_INPUT_FILE', `"${chosen}" has ${entry.shape.length} axes, not 2.`);
    const data = Float64Array.from(await file.readFloat32(chosen!));
    return new Matrix(data, entry.shape[0]!, entry.shape[1]!);
  } finally {
    await file.close();
  }
}
