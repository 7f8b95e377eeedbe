/**
 * Checkpoints: opened lazily, tensor by tensor.
 *
 * @module
 */
export type {
  Checkpoint,
  CheckpointFormat,
  CheckpointTensor,
  OpenCheckpointOptions,
} from './checkpoint.js';
export * from './layouts.js';
export * from './open.js';
export * from './peft/index.js';
