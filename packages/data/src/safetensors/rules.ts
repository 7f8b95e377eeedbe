/**
 * What a safetensors file must keep to, rule by rule.
 *
 * Format: https://github.com/huggingface/safetensors#format
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** The rule that a file breaks; `details.rule` of the error. */
export type SafetensorsRule =
  /** The file has the 8 bytes of the header's length. */
  | 'LENGTH'
  /** The header lies inside the file. */
  | 'HEADER_IN_FILE'
  /** The header is no longer than the limit. */
  | 'HEADER_LIMIT'
  | 'UTF8'
  /** The first byte of the header is `{`: no array, no space, no byte-order mark. */
  | 'FIRST_BYTE'
  /** After the last `}` of the header come spaces only. */
  | 'PADDING'
  | 'JSON'
  /** Numbers are written with digits only, and there is no true, false or null. */
  | 'PLAIN'
  /** No key stands twice in one object. */
  | 'DUPLICATE_KEY'
  /** Names are well-formed texts and not `__proto__`. */
  | 'NAME'
  /** `__metadata__` maps texts to texts. */
  | 'METADATA'
  /** A tensor has `dtype`, `shape` and `data_offsets`, and nothing else. */
  | 'FIELDS'
  | 'DTYPE'
  /** A shape is a list of whole numbers below 2^32, whose product in bits is a safe integer. */
  | 'SHAPE'
  /** Offsets are two whole numbers, the first no larger than the second. */
  | 'OFFSETS'
  /** `end - begin` is what the shape and the type need. */
  | 'SIZE'
  /** Tensors follow each other without a hole, and do not overlap. */
  | 'CONTIGUOUS'
  /** The last tensor ends where the file ends. */
  | 'FILE_END'
  /** There are no more tensors than the limit. */
  | 'COUNT';

/** An error of a file that breaks a rule. */
export function broken(file: string, rule: SafetensorsRule, what: string, cause?: unknown): FletchError {
  return new FletchError('INVALID_INPUT_FILE', `${file} is no sound safetensors file: ${what} (${rule}).`, {
    details: { file, rule },
    ...(cause === undefined ? {} : { cause }),
  });
}
