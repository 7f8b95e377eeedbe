/**
 * Reads a whole table of vectors.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { openSafetensors, openVectors } from '@fletch/data';
import { Matrix } from '@fletch/linalg';

/** `model.safetensors:tensor` in its parts; undefined for other files. */
function checkpointOf(path: string): { file: string; tensor: string | undefined } | undefined {
  const [, file, tensor] = /^(.+\.safetensors)(?::(.+))?$/.exec(path) ?? [];
  return file === undefined ? undefined : { file, tensor };
}

/**
 * The vectors of a file, or of a matrix of a checkpoint.
 *
 * @param path - any file that `openVectors` reads, or `model.safetensors[:tensor]`
 * @throws FletchError `NOT_FOUND`, `INVALID_ARGUMENT` when a checkpoint holds several matrices and none is named, or the tensor is
 *   no matrix; what the readers throw
 */
export async function readVectorTable(path: string, signal?: AbortSignal): Promise<Matrix<Float32Array>> {
  const checkpoint = checkpointOf(path);
  return checkpoint ? readTensor(checkpoint.file, checkpoint.tensor, signal) : readRows(path, signal);
}

async function readTensor(
  file: string,
  name: string | undefined,
  signal?: AbortSignal,
): Promise<Matrix<Float32Array>> {
  const checkpoint = await openSafetensors(file, signal ? { signal } : {});
  try {
    const matrices = [...checkpoint.tensors.values()].filter(({ shape }) => shape.length === 2);
    if (name === undefined && matrices.length !== 1)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${file} holds ${matrices.length} matrices: name one, ${file}:${matrices[0]?.name ?? 'tensor'}.${
          matrices.length > 1
            ? ` There are ${matrices
                .slice(0, 5)
                .map((one) => one.name)
                .join(', ')}${matrices.length > 5 ? ', …' : ''}.`
            : ''
        }`,
      );
    const wanted = name ?? matrices[0]!.name;
    const values = await checkpoint.readFloat32(wanted);
    const { shape } = checkpoint.tensors.get(wanted)!;
    if (shape.length !== 2)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The tensor "${wanted}" of ${file} has the shape [${shape.join(', ')}]: a table has two axes.`,
      );
    return new Matrix(values, shape[0]!, shape[1]!);
  } finally {
    await checkpoint.close();
  }
}

async function readRows(path: string, signal?: AbortSignal): Promise<Matrix<Float32Array>> {
  const source = await openVectors(path, signal ? { signal } : {});
  try {
    if (source.holds.kind !== 'dense')
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${path} holds no vectors of one dimension: there is nothing to compress.`,
      );
    const { dimension } = source.holds;
    const batches: Float32Array[] = [];
    let rows = 0;
    for await (const batch of source.batches({ size: 8192 })) {
      signal?.throwIfAborted();
      if (!batch.vectors) continue;
      batches.push(batch.vectors);
      rows += batch.count;
    }
    const data = new Float32Array(rows * dimension);
    let at = 0;
    for (const batch of batches) {
      data.set(batch, at);
      at += batch.length;
    }
    return new Matrix(data, rows, dimension);
  } finally {
    await source.close();
  }
}
