/**
 * Saves trees of arrays bit for bit, in the safetensors format (https://github.com/huggingface/safetensors).
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { FletchError, replaceFile } from '@fletch/base';
import { packSafetensors, type TensorDType, unpackSafetensors } from '@fletch/data/safetensors';
import type { DType } from '../core/dtype.js';
import { NDArray } from '../core/ndarray.js';
import { type Tree, tree } from '../core/tree.js';

const names: { readonly [D in DType]: TensorDType } = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  int64: 'I64',
  bool: 'BOOL',
};

/** The bytes of a tree of arrays; leaves are named with dots. */
export function packTree(value: unknown): Uint8Array {
  const tensors = Object.entries(tree.flatten<NDArray>(value)).map(([name, array]) => {
    if (!(array instanceof NDArray))
      throw new FletchError('INVALID_ARGUMENT', `"${name}" is ${typeof array}: only arrays can be saved.`);
    return { name, dtype: names[array.dtype], shape: array.shape, data: array.data };
  });
  // In the order given: the tree that is read has its leaves in the same order.
  return packSafetensors(tensors, { order: 'given' });
}

/**
 * The tree that {@link packTree} packed. The arrays own their memory.
 *
 * @throws FletchError `INVALID_INPUT_FILE` when the bytes are damaged or no such file
 */
export function unpackTree(bytes: Uint8Array): Tree<NDArray> {
  const refuse = (why: string, cause?: unknown) =>
    new FletchError('INVALID_INPUT_FILE', `These bytes are no saved tree: ${why}.`, { cause });
  const named: Record<string, NDArray> = Object.create(null);
  for (const [name, { dtype, shape, data }] of unpackSafetensors(bytes, 'The saved tree').tensors) {
    const known = (Object.keys(names) as DType[]).find((candidate) => names[candidate] === dtype);
    if (known === undefined) throw refuse(`"${name}" is of type ${dtype}`);
    named[name] = new NDArray(data.slice() as NDArray['data'], shape, known);
  }
  return tree.unflatten(named);
}

/**
 * Writes a tree of arrays (parameters, optimizer state, counters) to a file; a crash leaves the old file whole.
 *
 * @throws FletchError `IO` or `DISK_FULL`
 */
export async function saveTree(path: string, value: unknown): Promise<void> {
  const bytes = packTree(value);
  await replaceFile(path, async (file) => {
    await file.writeFile(bytes);
  });
}

/**
 * Reads what {@link saveTree} wrote.
 *
 * @throws FletchError `NOT_FOUND` when there is no such file, `INVALID_INPUT_FILE` when it is damaged
 */
export async function loadTree(path: string): Promise<Tree<NDArray>> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new FletchError('NOT_FOUND', `${path} cannot be read.`, { cause });
  }
  return unpackTree(bytes);
}
