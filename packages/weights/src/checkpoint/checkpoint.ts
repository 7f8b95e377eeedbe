/**
 * A checkpoint as everything in this package sees it: tensors by name, read one at a time.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** Kinds of files that checkpoints are in. */
export type CheckpointFormat = 'safetensors' | 'peft' | 'gguf' | 'onnx';

/** A tensor that can be read. */
export interface CheckpointTensor {
  readonly name: string;
  /** As the file calls it: `F32`, `BF16`, `I64`, `Q8_0`, … */
  readonly dtype: string;
  /** Sizes of its dimensions, rows first; none for a scalar. */
  readonly shape: readonly number[];
  /** Bytes as they are stored. */
  readonly size: number;
  /** The file it is in, by its name. */
  readonly file: string;
}

/** An open checkpoint. Opening reads the heads of the files only. */
export interface Checkpoint {
  /** As it was given. */
  readonly path: string;
  /** The folder that the files lie in. */
  readonly folder: string;
  readonly format: CheckpointFormat;
  /** What the files say of themselves. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The content of `config.json`; null when there is none. */
  readonly config: Readonly<Record<string, unknown>> | null;
  /** Names of the files beside the weights that belong to the model: configs, the tokenizer's files, licences. */
  readonly companions: readonly string[];
  /** Bytes of all tensors. */
  readonly size: number;
  /** By name, in the order in which they lie. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /**
   * The numbers as 32-bit floats, dequantized where they are quantized. The array is the caller's own.
   *
   * @throws FletchError `NOT_FOUND`, `INVALID_INPUT_FILE` for integers that do not fit, `INVALID_ARGUMENT` for types that
   *   are not read
   */
  readFloat32(name: string): Promise<Float32Array>;
  /**
   * Bytes as they are stored (little-endian), from `begin` up to `end` of the tensor's own; into `target` when it is given,
   * which must have that length.
   *
   * @throws FletchError `NOT_FOUND`, `INVALID_ARGUMENT` for bytes that the tensor has not
   */
  readBytes(name: string, begin?: number, end?: number, target?: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** How a checkpoint is opened. */
export interface OpenCheckpointOptions {
  /**
   * Whether files may be links, also to files outside of the folder, as they are in the cache of `huggingface_hub`.
   * Default: false.
   */
  readonly allowLinks?: boolean;
  /** Longest header in bytes. Default 25,000,000. */
  readonly maxHeader?: number;
  readonly signal?: AbortSignal;
}

/**
 * The tensor of that name.
 *
 * @throws FletchError `NOT_FOUND` with names that end alike
 */
export function findTensor<T extends { readonly name: string }>(
  checkpoint: { readonly path: string; readonly tensors: ReadonlyMap<string, T> },
  name: string,
): T {
  const found = checkpoint.tensors.get(name);
  if (found) return found;
  const ending = name.split('.').slice(-2).join('.');
  const alike = [...checkpoint.tensors.keys()].filter((other) => other.endsWith(ending)).slice(0, 3);
  throw new FletchError(
    'NOT_FOUND',
    `${checkpoint.path} holds no tensor "${name}".${alike.length > 0 ? ` Alike: ${alike.join(', ')}.` : ''}`,
    { details: { path: checkpoint.path, tensor: name } },
  );
}

/** Bytes of all tensors. */
export const totalSize = (tensors: Iterable<{ readonly size: number }>): number => {
  let sum = 0;
  for (const { size } of tensors) sum += size;
  return sum;
};

/** Numbers in a shape. */
export const elementCount = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
