/**
 * The types of numbers that recipes name, and numbers read and written in them.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { suggestion } from '../nearest.js';

/** A type that merged tensors are written in. */
export type OutDType = 'BF16' | 'F16' | 'F32';

const names: Readonly<Record<string, OutDType>> = {
  bfloat16: 'BF16',
  bf16: 'BF16',
  float16: 'F16',
  fp16: 'F16',
  half: 'F16',
  float32: 'F32',
  fp32: 'F32',
  float: 'F32',
};

/** As `torch_dtype` of configs says it. */
export const torchName: { readonly [D in OutDType]: string } = {
  BF16: 'bfloat16',
  F16: 'float16',
  F32: 'float32',
};

/**
 * The type that a recipe names.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function outDType(name: string | null | undefined, file: string): OutDType | undefined {
  if (name == null) return undefined;
  const found = names[name.replace(/^torch\./, '')];
  if (found) return found;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `${file}: there is no dtype "${name}". ${suggestion(name, Object.keys(names))}`,
    { details: { dtype: name } },
  );
}

/** Types whose bytes are turned into floats piece by piece; all others are read whole. */
export const isPlain = (dtype: string): dtype is OutDType =>
  dtype === 'BF16' || dtype === 'F16' || dtype === 'F32';

export const bytesOf = (dtype: OutDType): number => (dtype === 'F32' ? 4 : 2);
