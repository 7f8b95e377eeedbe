/**
 * Writes safetensors files: tensors are asked for one after the other, so that a checkpoint need not fit in memory.
 *
 * @module
 */
import { mkdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeFileError, FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { type StagedFile, stage } from '../vectors/write/staged.js';
import { swapOnBigEndian } from './dtypes.js';
import { encodeHeader, inFileOrder, type Metadata, sizeOfSpec, type TensorSpec } from './plan.js';

/** Bytes of a tensor, all of them or piece by piece, little-endian when they are bytes. */
export type TensorContent = ArrayBufferView | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** A tensor to be written. */
export interface TensorToWrite extends TensorSpec {
  /** Its numbers, or a function that gives them: called once, when it is their turn. */
  readonly data: TensorContent | (() => TensorContent | Promise<TensorContent>);
}

export interface WriteSafetensorsOptions extends LongWork {
  readonly metadata?: Metadata;
  /** Whether a file that is there is replaced. Default: false. */
  readonly force?: boolean;
}

export interface WriteCheckpointOptions extends WriteSafetensorsOptions {
  /** Most bytes of tensors in one file; a tensor that is larger has a file of its own. Default 5,000,000,000. */
  readonly maxShardSize?: number;
  /** How the files' names begin. Default `model`. */
  readonly name?: string;
}

/**
 * Writes one file, in the reference writer's order: the same bytes for the same tensors. It appears whole or not at all.
 *
 * @throws FletchError `ALREADY_EXISTS`, `INVALID_ARGUMENT` for numbers that do not fill their shape, `DISK_FULL` before
 *   anything is written when there is no room, `IO`, `ABORTED`
 * @example
 * ```ts
 * await writeSafetensors('two.safetensors', [
 *   { name: 'a', dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) },
 * ]);
 * ```
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  await writeFiles([{ path, tensors: inFileOrder(tensors) }], options);
}

/**
 * Writes a checkpoint into `folder`: one file `model.safetensors`, or several (`model-00001-of-00002.safetensors` …) with
 * their list `model.safetensors.index.json`, which appears last.
 *
 * @returns the files' names, the one to be opened first
 * @throws FletchError what {@link writeSafetensors} throws
 */
export async function writeCheckpoint(
  folder: string,
  tensors: readonly TensorToWrite[],
  options: WriteCheckpointOptions = {},
): Promise<string[]> {
  const { maxShardSize, name = 'model', ...rest } = options;
  // Without it, the library transformers does not load a file.
  const writing = { ...rest, metadata: { format: 'pt', ...options.metadata } };
  const shards = shardFiles(tensors, maxShardSize, name);
  const files = shards.map((shard) => ({ path: join(folder, shard.file), tensors: shard.tensors }));
  if (shards.length === 1) {
    await writeFiles(files, writing);
    return [shards[0]!.file];
  }
  const index = `${name}.safetensors.index.json`;
  const content = Buffer.from(shardIndex(shards, options.metadata));
  await writeFiles([{ path: join(folder, index), content }, ...files], writing);
  return [index, ...shards.map(({ file }) => file)];
}

/** One file of a checkpoint. */
export interface Shard {
  readonly file: string;
  /** Bytes of its tensors. */
  readonly size: number;
  /** In the order of the file. */
  readonly tensors: readonly TensorToWrite[];
}

/**
 * The files of a checkpoint: `model.safetensors`, or `model-00001-of-00002.safetensors` …
 *
 * @param most - bytes of tensors in one file; a tensor that is larger has a file of its own. Default 5,000,000,000
 * @throws FletchError `INVALID_ARGUMENT` for a size that is not above 0, or a name that stands twice
 */
export function shardFiles(tensors: readonly TensorToWrite[], most = 5_000_000_000, name = 'model'): Shard[] {
  if (!(most > 0)) throw new FletchError('INVALID_ARGUMENT', `maxShardSize is ${most}: it must be above 0.`);
  const parts = cutIntoShards(tensors, most);
  const five = (n: number): string => String(n).padStart(5, '0');
  return (parts.length === 0 ? [[]] : parts).map((part, i) => ({
    file:
      parts.length <= 1
        ? `${name}.safetensors`
        : `${name}-${five(i + 1)}-of-${five(parts.length)}.safetensors`,
    size: part.reduce((sum, tensor) => sum + sizeOfSpec(tensor), 0),
    tensors: inFileOrder(part),
  }));
}

/** The list of the files of a checkpoint, `model.safetensors.index.json`. */
export function shardIndex(shards: readonly Shard[], metadata: Metadata = {}): string {
  const total = shards.reduce((sum, shard) => sum + shard.size, 0);
  const weightMap = shards.flatMap((one) => one.tensors.map((tensor) => [tensor.name, one.file] as const));
  const sorted = weightMap.sort(([a], [b]) => (a < b ? -1 : 1));
  const list = { metadata: { total_size: total, ...metadata }, weight_map: Object.fromEntries(sorted) };
  return `${JSON.stringify(list, undefined, 2)}\n`;
}

/** In the order given, each file as full as it gets. */
function cutIntoShards(tensors: readonly TensorToWrite[], most: number): TensorToWrite[][] {
  const shards: TensorToWrite[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    const size = sizeOfSpec(tensor);
    if (shards.length === 0 || size > room) {
      shards.push([]);
      room = most;
    }
    shards.at(-1)!.push(tensor);
    room -= size;
  }
  // Names that stand twice are noticed even where they would come into two files.
  encodeHeader(tensors);
  return shards;
}

type FileToWrite =
  | { readonly path: string; readonly tensors: readonly TensorToWrite[] }
  | { readonly path: string; readonly content: Uint8Array };

async function writeFiles(files: readonly FileToWrite[], options: WriteSafetensorsOptions): Promise<void> {
  const { metadata = {}, force = false, signal, onProgress } = options;
  const heads = files.map((file) =>
    'tensors' in file ? encodeHeader(file.tensors, metadata) : file.content,
  );
  const tensors = files.flatMap((file) => ('tensors' in file ? file.tensors : []));
  const total = tensors.reduce((sum, tensor) => sum + sizeOfSpec(tensor), 0);
  await checkRoom(dirname(files[0]!.path), total + heads.reduce((sum, head) => sum + head.length, 0));
  throwIfAborted(signal);
  const staged = await stage(
    files.map(({ path }) => path),
    force,
  );
  try {
    let done = 0;
    for (const [i, file] of files.entries()) {
      const target = staged.files[i]!;
      await target.append(heads[i]!);
      if (!('tensors' in file)) continue;
      for (const tensor of file.tensors) {
        throwIfAborted(signal);
        await appendTensor(target, tensor, signal);
        done += sizeOfSpec(tensor);
        onProgress?.({ done, total, stage: 'writing tensors' });
      }
    }
    await staged.finish();
  } catch (error) {
    await staged.abort();
    throw error;
  }
}

async function appendTensor(
  file: StagedFile,
  tensor: TensorToWrite,
  signal: AbortSignal | undefined,
): Promise<void> {
  const expected = sizeOfSpec(tensor);
  const before = file.size;
  const content = typeof tensor.data === 'function' ? await tensor.data() : tensor.data;
  if (ArrayBuffer.isView(content)) await file.append(bytesOf(content, tensor));
  else
    for await (const piece of content) {
      throwIfAborted(signal);
      if (file.size - before + piece.length > expected)
        throw wrongSize(tensor, `${file.size - before + piece.length} or more`);
      await file.append(piece);
    }
  if (file.size - before !== expected) throw wrongSize(tensor, file.size - before);
}

function wrongSize(tensor: TensorSpec, found: number | string): FletchError {
  const { name, dtype, shape } = tensor;
  const expected = sizeOfSpec(tensor);
  return new FletchError(
    'INVALID_ARGUMENT',
    `The numbers of "${name}" are ${found} bytes, its shape [${shape.join(', ')}] of ${dtype} needs ${expected}.`,
    { details: { tensor: name, expected } },
  );
}

/** Little-endian bytes of numbers. Throws `INVALID_ARGUMENT` when they do not fill the tensor. */
export function bytesOf(view: ArrayBufferView, tensor: TensorSpec): Uint8Array {
  if (view.byteLength !== sizeOfSpec(tensor)) throw wrongSize(tensor, view.byteLength);
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const numbers = !(view instanceof Uint8Array);
  // Other people's numbers are not turned around under their hands.
  return numbers && new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1
    ? swapOnBigEndian(bytes.slice(), tensor.dtype)
    : bytes;
}

/**
 * Makes the folder, and throws before anything is written when its disk has no room for `needed` bytes.
 *
 * @throws FletchError `DISK_FULL`, `IO`
 */
export async function checkRoom(folder: string, needed: number): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize >= needed) return;
    throw new FletchError(
      'DISK_FULL',
      `${needed} bytes are to be written, but the disk of ${folder} has room for ${bavail * bsize}: free some space.`,
      { details: { path: folder, needed, free: bavail * bsize } },
    );
  } catch (error) {
    throw describeFileError(error, folder);
  }
}
