/**
 * Checkpoints in safetensors files.
 *
 * @module
 */
import { openSafetensors } from '@fletch/data';
import type { Checkpoint, OpenCheckpointOptions } from './checkpoint.js';

/** What all openers add to a checkpoint's own. */
export type Surroundings = Pick<Checkpoint, 'path' | 'folder' | 'config' | 'companions'>;

/**
 * Opens one file, the list of several, or the folder of either.
 *
 * @param file - what is opened; `surroundings.path` is how the checkpoint was called
 * @throws FletchError what `openSafetensors` throws
 */
export async function openSafetensorsCheckpoint(
  file: string,
  surroundings: Surroundings,
  options: OpenCheckpointOptions = {},
): Promise<Checkpoint> {
  const { metadata, size, tensors, readFloat32, readBytes, close } = await openSafetensors(file, options);
  return {
    ...surroundings,
    format: 'safetensors',
    metadata,
    size,
    tensors,
    readFloat32,
    readBytes,
    close,
  };
}
