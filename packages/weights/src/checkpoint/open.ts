/**
 * Opens checkpoints of every kind.
 *
 * @module
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FletchError, throwIfAborted } from '@fletch/base';
import { describeReadError } from '@fletch/data';
import type { Checkpoint, OpenCheckpointOptions } from './checkpoint.js';
import { companionsIn, readJsonObject } from './companions.js';
import { openGguf } from './gguf/open.js';
import { openOnnx } from './onnx/open.js';
import { applyAdapter } from './peft/apply.js';
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, isPeft, openPeft } from './peft/open.js';
import { openSafetensorsCheckpoint } from './safetensors.js';

/**
 * Opens a model: its folder, one of its files, or the list of its files. Only the heads of the files are read.
 *
 * @throws FletchError `NOT_FOUND`; `INVALID_INPUT_FILE` for files that are damaged or lie; `SHARD_MISMATCH` for missing
 *   files; `UNSAFE_PATH` for links and files elsewhere; `UNSAFE_FORMAT` for pickles; `ABORTED`
 * @example
 * ```ts
 * const checkpoint = await openCheckpoint('models/gpt2');
 * for (const { name, dtype, shape } of checkpoint.tensors.values()) console.log(name, dtype, shape);
 * const weights = await checkpoint.readFloat32('transformer.wte.weight');
 * await checkpoint.close();
 * ```
 */
export async function openCheckpoint(path: string, options: OpenCheckpointOptions = {}): Promise<Checkpoint> {
  throwIfAborted(options.signal);
  const status = await stat(path).catch((error) => {
    throw describeReadError(error, path);
  });
  const isFolder = status.isDirectory();
  const folder = isFolder ? path : dirname(path);
  const surroundings = {
    path,
    folder,
    config: await readJsonObject(folder, 'config.json', options),
    companions: await companionsIn(folder, options),
  };
  const names = isFolder ? await readdir(path) : [basename(path)];
  if (isFolder ? holdsAdapter(names) : adapterFiles.has(names[0]!)) return openPeft(surroundings, options);
  for (const [ending, open] of formats) {
    // A folder is opened by them only when nothing else is in it.
    const found = names.filter((name) => name.toLowerCase().endsWith(ending));
    if (found.length === 1 && !names.some((name) => /\.safetensors(\.index\.json)?$/.test(name)))
      return open(join(folder, found[0]!), surroundings, options);
  }
  return openSafetensorsCheckpoint(path, surroundings, options);
}

const formats = [
  ['.gguf', openGguf],
  ['.onnx', openOnnx],
] as const;

const adapterFiles: ReadonlySet<string> = new Set([ADAPTER_CONFIG, ADAPTER_WEIGHTS, 'adapter_model.bin']);

/** Whether a folder is that of an adapter, and of no whole model. */
const holdsAdapter = (names: readonly string[]): boolean =>
  names.includes(ADAPTER_CONFIG) &&
  !names.some((name) => /^model.*\.safetensors(\.index\.json)?$/.test(name));

/**
 * Opens a model, or, when it is an adapter, `base` with the adapter added. Closing it closes all files.
 *
 * @param base - path of the model that the adapter was trained on
 * @throws FletchError what {@link openCheckpoint} and {@link applyAdapter} throw; `INVALID_ARGUMENT` for an adapter without a
 *   base
 */
export async function openModel(
  path: string,
  { base, ...options }: OpenCheckpointOptions & { readonly base?: string | undefined } = {},
): Promise<Checkpoint> {
  const opened = await openCheckpoint(path, options);
  if (!isPeft(opened)) return opened;
  try {
    if (base === undefined)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${path} is an adapter: name the model that it was trained on.`,
        {
          details: { path, base: opened.adapter.base_model_name_or_path },
        },
      );
    const under = await openCheckpoint(base, options);
    try {
      const merged = applyAdapter(under, opened);
      return {
        ...merged,
        async close() {
          await Promise.all([under.close(), opened.close()]);
        },
      };
    } catch (error) {
      await under.close();
      throw error;
    }
  } catch (error) {
    await opened.close();
    throw error;
  }
}
