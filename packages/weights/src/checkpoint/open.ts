/**
 * Opens checkpoints of every kind.
 *
 * @module
 */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { throwIfAborted } from '@fletch/base';
import { describeReadError } from '@fletch/data';
import type { Checkpoint, OpenCheckpointOptions } from './checkpoint.js';
import { companionsIn, readJsonObject } from './companions.js';
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
  const folder = status.isDirectory() ? path : dirname(path);
  const surroundings = {
    path,
    folder,
    config: await readJsonObject(folder, 'config.json', options),
    companions: await companionsIn(folder, options),
  };
  return openSafetensorsCheckpoint(path, surroundings, options);
}
