/**
 * LoRA adapters of the library peft.
 *
 * @module
 */
export * from './apply.js';
export { type LoraConfig, readLoraConfig } from './config.js';
export { isPeft, type PeftCheckpoint } from './open.js';
export * from './plan.js';
