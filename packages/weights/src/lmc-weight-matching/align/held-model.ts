/**
 * Models of folders, held in memory, and written so that a folder appears whole or not at all.
 *
 * @module
 */
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { array } from '@fletch/array';
import {
  describeFileError,
  FletchError,
  type LongWork,
  replaceFile,
  syncFolder,
  throwIfAborted,
} from '@fletch/base';
import { fromFloat32, type TensorToWrite, writeCheckpoint } from '@fletch/data';
import { openCheckpoint } from '../../checkpoint/index.js';
import type { StateDict } from '../../state-dict.js';

/** A model in memory. */
export interface HeldModel {
  readonly path: string;
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>> | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Files beside the weights that belong to it. */
  readonly companions: readonly string[];
  /** Its floating-point tensors in 32 bits. */
  readonly state: StateDict;
  /** How these are stored. */
  readonly dtypes: ReadonlyMap<string, 'F32' | 'F16' | 'BF16' | 'F64'>;
  /** What else there is, as it is stored: counters, masks. */
  readonly others: readonly TensorToWrite[];
}

const isFloat = (dtype: string) => /^(F64|F32|F16|BF16)$/.test(dtype);

/**
 * Reads a model.
 *
 * @throws FletchError `UNAVAILABLE` for files that are not safetensors, `ABORTED`, whatever opening them throws
 */
export async function holdModel(path: string, { signal, onProgress }: LongWork = {}): Promise<HeldModel> {
  const opened = await openCheckpoint(path, { ...(signal && { signal }) });
  try {
    if (opened.format !== 'safetensors')
      throw new FletchError(
        'UNAVAILABLE',
        `${path} is ${opened.format}: models that are aligned are read from safetensors.`,
        { details: { path, format: opened.format } },
      );
    const state: Record<string, StateDict[string]> = {};
    const dtypes = new Map<string, 'F32' | 'F16' | 'BF16' | 'F64'>();
    const others: TensorToWrite[] = [];
    let done = 0;
    for (const { name, dtype, shape } of opened.tensors.values()) {
      throwIfAborted(signal);
      onProgress?.({ done: done++, total: opened.tensors.size, stage: `reading ${basename(path)}` });
      if (isFloat(dtype)) {
        state[name] = array(await opened.readFloat32(name), 'float32', shape);
        dtypes.set(name, dtype as 'F32');
      } else
        others.push({
          name,
          dtype: dtype as TensorToWrite['dtype'],
          shape,
          data: await opened.readBytes(name),
        });
    }
    const { folder, config, metadata, companions } = opened;
    return { path, folder, config, metadata, companions, state, dtypes, others };
  } finally {
    await opened.close();
  }
}

/** Refuses a folder that is there, unless it may be replaced. */
export async function checkTarget(folder: string, force = false): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined || force) return;
  if (found.isDirectory() && (await readdir(folder)).length === 0) return;
  throw new FletchError(
    'ALREADY_EXISTS',
    `${folder} is there already: choose another name, or allow it to be replaced (--force).`,
    { details: { path: folder } },
  );
}

/**
 * Writes a model like another: the same names, types and files beside it, other numbers.
 *
 * @param files - further files, by name
 * @throws FletchError `ALREADY_EXISTS`, `DISK_FULL`, `IO`, `ABORTED`
 */
export async function writeLike(
  target: string,
  like: HeldModel,
  state: StateDict,
  {
    force = false,
    files = {},
    ...work
  }: LongWork & { readonly force?: boolean; readonly files?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  await checkTarget(target, force);
  const staged = `${target}.${process.pid}.new`;
  try {
    await rm(staged, { recursive: true, force: true });
    await mkdir(staged, { recursive: true });
    const tensors = Object.entries(state).map(([name, { data, shape }]): TensorToWrite => {
      const dtype = like.dtypes.get(name) ?? 'F32';
      return { name, dtype, shape: [...shape], data: () => fromFloat32(data as Float32Array, dtype) };
    });
    await writeCheckpoint(staged, [...tensors, ...like.others], { ...work, metadata: like.metadata });
    for (const name of like.companions) await copyFile(join(like.folder, name), join(staged, name));
    for (const [name, content] of Object.entries(files))
      await replaceFile(join(staged, name), (handle) => handle.writeFile(content));
    throwIfAborted(work.signal);
    await rm(target, { recursive: true, force: true });
    await rename(staged, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(staged, { recursive: true, force: true }).catch(() => undefined);
    throw describeFileError(error, target);
  }
}
