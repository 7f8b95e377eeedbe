/**
 * Opens checkpoints in the safetensors format. Opening reads the heads only; tensors are read where they are wanted.
 *
 * @module
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FletchError, throwIfAborted } from '@fletch/base';
import { describeReadError, type FileBytes } from '../vectors/bytes.js';
import { numbersIn, swapOnBigEndian, type TensorDType, type TensorNumbers, toFloat32 } from './dtypes.js';
import { type FolderOptions, openInFolder } from './folder.js';
import { headerLength, parseHeader, type SafetensorsHeader, type TensorInfo } from './header.js';
import { refuseUnsafeWeights } from './pickles.js';
import { checkShards, readShardIndex } from './shards.js';

/** A tensor, read. */
export interface Tensor {
  readonly name: string;
  readonly dtype: TensorDType;
  /** Sizes of its dimensions; none for a scalar. */
  readonly shape: readonly number[];
  /** Row by row. F16 and BF16 are held as their bits: see {@link SafetensorsFile.readFloat32}. */
  readonly data: TensorNumbers;
}

/** A tensor that can be read. */
export interface TensorEntry extends TensorInfo {
  /** The file it is in, by its name. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
}

export interface OpenSafetensorsOptions extends FolderOptions {
  /** Longest header in bytes. Default 25,000,000; the format allows 100,000,000. */
  readonly maxHeader?: number;
  readonly signal?: AbortSignal;
}

/** An open checkpoint. */
export interface SafetensorsFile {
  /** As it was given. */
  readonly path: string;
  /** What the file, or the list of the files, says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Names of the files. */
  readonly files: readonly string[];
  /** Bytes of all tensors. */
  readonly size: number;
  /** By name, in the order in which they lie. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The tensor in the type it is stored in. Throws `NOT_FOUND`. */
  read(name: string): Promise<Tensor>;
  /** The numbers as 32-bit floats. Throws `NOT_FOUND`, `INVALID_INPUT_FILE` for integers that do not fit. */
  readFloat32(name: string): Promise<Float32Array>;
  /**
   * Bytes as they are stored (little-endian), from `begin` up to `end` of the tensor's own; into `target` when it is given,
   * which must have that length.
   */
  readBytes(name: string, begin?: number, end?: number, target?: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

interface Part {
  readonly bytes: FileBytes;
  /** Where its tensors begin. */
  readonly start: number;
  readonly header: SafetensorsHeader;
}

const INDEX_ENDING = '.safetensors.index.json';

/**
 * Opens a file (`.safetensors`), the list of a checkpoint in several files (`.safetensors.index.json`), or the folder of
 * either.
 *
 * @throws FletchError `NOT_FOUND`; `INVALID_INPUT_FILE` for a file that breaks a rule (`details.rule`); `SHARD_MISMATCH` when
 *   files are missing or hold other tensors than listed; `UNSAFE_PATH` when the list names a file elsewhere; `UNSAFE_FORMAT`
 *   for pickled checkpoints, with how to convert them
 * @example
 * ```ts
 * const checkpoint = await openSafetensors('model.safetensors');
 * for (const { name, dtype, shape } of checkpoint.tensors.values()) console.log(name, dtype, shape);
 * const weights = await checkpoint.readFloat32('wte.weight');
 * await checkpoint.close();
 * ```
 */
export async function openSafetensors(
  path: string,
  options: OpenSafetensorsOptions = {},
): Promise<SafetensorsFile> {
  throwIfAborted(options.signal);
  const file = await locate(path);
  if (!file.endsWith(INDEX_ENDING)) {
    await refuseUnsafeWeights(file);
    // Whoever names a file may name a link.
    const bytes = await openInFolder(dirname(file), basename(file), { allowLinks: true });
    const part = await openPart(bytes, options);
    return checkpoint(path, part.header.metadata, new Map([[basename(file), part]]));
  }
  const [folder, name] = [dirname(file), basename(file)];
  const index = await readShardIndex(folder, name, options);
  const parts = new Map<string, Part>();
  try {
    for (const shard of index.files.keys()) {
      throwIfAborted(options.signal);
      parts.set(shard, await openPart(await openShard(folder, shard, file, options), options));
    }
    checkShards(index, new Map([...parts].map(([shard, { header }]) => [shard, header.tensors])), file);
  } catch (error) {
    await closeAll(parts);
    throw error;
  }
  const texts = Object.entries(index.metadata).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return checkpoint(path, Object.fromEntries(texts), parts);
}

/** The file that `path` means. */
async function locate(path: string): Promise<string> {
  const status = await stat(path).catch((error) => {
    throw describeReadError(error, path);
  });
  if (!status.isDirectory()) return path;
  const names = (await readdir(path)).sort();
  const wanted =
    names.find((name) => name === `model${INDEX_ENDING}`) ??
    names.find((name) => name === 'model.safetensors') ??
    only(names, INDEX_ENDING) ??
    only(names, '.safetensors');
  if (wanted !== undefined) return join(path, wanted);
  for (const name of names) await refuseUnsafeWeights(join(path, name));
  throw new FletchError(
    'NOT_FOUND',
    `The folder ${path} holds no model.safetensors and no model${INDEX_ENDING}: name the file.`,
    { details: { path } },
  );
}

function only(names: readonly string[], ending: string): string | undefined {
  const found = names.filter((name) => name.endsWith(ending));
  return found.length === 1 ? found[0] : undefined;
}

async function openShard(
  folder: string,
  shard: string,
  index: string,
  options: FolderOptions,
): Promise<FileBytes> {
  try {
    return await openInFolder(folder, shard, options);
  } catch (error) {
    if (!(error instanceof FletchError) || error.code !== 'NOT_FOUND') throw error;
    throw new FletchError(
      'SHARD_MISMATCH',
      `${index} names the file ${shard}, which is missing: fetch it into ${folder}.`,
      { details: { file: index, shard }, cause: error },
    );
  }
}

async function openPart(bytes: FileBytes, { maxHeader }: OpenSafetensorsOptions): Promise<Part> {
  try {
    const head = await bytes.read(0, Math.min(8, bytes.size));
    const length = headerLength(head, bytes.size, bytes.name, maxHeader);
    const start = 8 + length;
    return { bytes, start, header: parseHeader(await bytes.read(8, length), bytes.size - start, bytes.name) };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function closeAll(parts: ReadonlyMap<string, Part>): Promise<void> {
  for (const { bytes } of parts.values()) await bytes.close();
}

function checkpoint(
  path: string,
  metadata: Readonly<Record<string, string>>,
  parts: ReadonlyMap<string, Part>,
): SafetensorsFile {
  const tensors = new Map<string, TensorEntry>();
  for (const [file, { header }] of parts)
    for (const info of header.tensors) tensors.set(info.name, { ...info, file, size: info.end - info.begin });
  const find = (name: string): TensorEntry => {
    const found = tensors.get(name);
    if (found) return found;
    throw new FletchError('NOT_FOUND', `${path} holds no tensor "${name}".${alike(name, tensors.keys())}`, {
      details: { path, tensor: name },
    });
  };
  const readBytes: SafetensorsFile['readBytes'] = async (name, begin = 0, end, target) => {
    const entry = find(name);
    const until = end ?? entry.size;
    if (!(begin >= 0 && begin <= until && until <= entry.size))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Bytes ${begin} to ${until} are not within the ${entry.size} bytes of "${name}".`,
      );
    const { bytes, start } = parts.get(entry.file)!;
    const into = target ?? Buffer.allocUnsafeSlow(until - begin);
    if (into.length !== until - begin)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The target has ${into.length} bytes, ${until - begin} are read.`,
      );
    await bytes.readInto(into, start + entry.begin + begin);
    return into;
  };
  const read = async (name: string): Promise<Tensor> => {
    const { dtype, shape } = find(name);
    numbersIn(new Uint8Array(), dtype, name);
    const bytes = swapOnBigEndian(await readBytes(name), dtype);
    return { name, dtype, shape, data: numbersIn(bytes, dtype, name) };
  };
  return {
    path,
    metadata,
    files: [...parts.keys()],
    size: [...tensors.values()].reduce((sum, { size }) => sum + size, 0),
    tensors,
    read,
    async readFloat32(name) {
      const { data, dtype } = await read(name);
      return toFloat32(data, dtype, name);
    },
    readBytes,
    close: () => closeAll(parts),
  };
}

/** Names that share an ending with the one asked for. */
function alike(name: string, names: Iterable<string>): string {
  const ending = name.split('.').slice(-2).join('.');
  const found = [...names].filter((other) => other.endsWith(ending)).slice(0, 3);
  return found.length > 0 ? ` Alike: ${found.join(', ')}.` : '';
}
