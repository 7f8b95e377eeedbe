/**
 * Adapters in folders as the library peft writes them: `adapter_config.json` and `adapter_model.safetensors`.
 *
 * @module
 */
import { join } from 'node:path';
import { FletchError } from '@fletch/base';
import { refuseUnsafeWeights } from '@fletch/data';
import type { Checkpoint, OpenCheckpointOptions } from '../checkpoint.js';
import { readJsonObject } from '../companions.js';
import { openSafetensorsCheckpoint, type Surroundings } from '../safetensors.js';

/** The config of an adapter. */
export const ADAPTER_CONFIG = 'adapter_config.json';

/** The weights of an adapter. */
export const ADAPTER_WEIGHTS = 'adapter_model.safetensors';

/** An open adapter: its own tensors, and what it says of them. */
export interface PeftCheckpoint extends Checkpoint {
  readonly format: 'peft';
  /** The content of `adapter_config.json`. */
  readonly adapter: Readonly<Record<string, unknown>>;
}

/** Whether a checkpoint is an adapter. */
export const isPeft = (checkpoint: Checkpoint): checkpoint is PeftCheckpoint => checkpoint.format === 'peft';

/**
 * Opens the adapter in `surroundings.folder`.
 *
 * @throws FletchError `NOT_FOUND` for a folder without either file, and what opening safetensors throws
 */
export async function openPeft(
  surroundings: Surroundings,
  options: OpenCheckpointOptions = {},
): Promise<PeftCheckpoint> {
  const { folder } = surroundings;
  const adapter = await readJsonObject(folder, ADAPTER_CONFIG, options);
  if (adapter === null)
    throw new FletchError(
      'NOT_FOUND',
      `${folder} holds no ${ADAPTER_CONFIG}, which says how strong the adapter is.`,
    );
  const file = join(folder, ADAPTER_WEIGHTS);
  try {
    const opened = await openSafetensorsCheckpoint(file, surroundings, options);
    return { ...opened, format: 'peft', adapter };
  } catch (error) {
    // Older versions wrote a pickle.
    if (error instanceof FletchError && error.code === 'NOT_FOUND')
      await refuseUnsafeWeights(join(folder, 'adapter_model.bin')).catch((other: FletchError) => {
        throw other.code === 'UNSAFE_FORMAT' ? other : error;
      });
    throw error;
  }
}
