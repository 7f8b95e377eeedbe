/**
 * Encoders by name.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { EncoderOptions } from './options.js';
import type { Encoder } from './types.js';

/** One kind of encoder: the part of its name before the colon, and how it is made. */
interface EncoderKind {
  /** How its name is written, for messages and help. */
  readonly usage: string;
  /** @param argument - what follows the colon; empty when there is none */
  create(argument: string, options: EncoderOptions): Promise<Encoder>;
}

/** A new encoder is one file and one entry here. Files are loaded when their encoder is made. */
const kinds: Readonly<Record<string, EncoderKind>> = {
  use: {
    usage: 'use',
    create: async (_, options) => (await import('./use/use.js')).createUseEncoder(options),
  },
  onnx: {
    usage: 'onnx:<folder>',
    create: async (folder, options) => (await import('./onnx/onnx.js')).createOnnxEncoder(folder, options),
  },
  transformers: {
    usage: 'transformers:<model>',
    create: async (model, options) =>
      (await import('./transformers.js')).createTransformersEncoder(model, options),
  },
  openai: {
    usage: 'openai:<model>',
    create: async (model, options) =>
      (await import('./openai/openai.js')).createOpenAiEncoder(model, options),
  },
};

/** How each kind of encoder's name is written: `use`, `onnx:<folder>`, … */
export const encoderUsages: readonly string[] = Object.values(kinds).map((kind) => kind.usage);

/** A reader of one option's text; undefined when the text will not do. */
type OptionReader = (text: string) => string | number | boolean | undefined;

const oneOf =
  (...choices: string[]): OptionReader =>
  (text) =>
    choices.includes(text) ? text : undefined;
const wholeNumber: OptionReader = (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined);
const truth: OptionReader = (text) => ({ true: true, false: false })[text];

/** Options that may also be written behind a name: `use?precision=int8`. */
const specOptions: Readonly<Record<string, OptionReader>> = {
  precision: oneOf('float32', 'int8'),
  pooling: oneOf('mean', 'cls', 'none'),
  normalize: truth,
  dimension: wholeNumber,
  threads: wholeNumber,
};

/**
 * Makes an encoder from its name.
 *
 * @param spec - one of {@link encoderUsages}, with options behind a question mark: `use?precision=int8`
 * @throws FletchError `INVALID_ARGUMENT` when the name or an option is unknown; what the encoder itself throws
 */
export async function createEncoder(spec: string, options: EncoderOptions = {}): Promise<Encoder> {
  const [, kindName = '', argument = '', query = ''] = /^([^:?]*)(?::([^?]*))?(?:\?(.*))?$/s.exec(spec) ?? [];
  const kind = Object.hasOwn(kinds, kindName) ? kinds[kindName] : undefined;
  if (!kind)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `There is no encoder "${spec}". Encoders: ${encoderUsages.join(', ')}.`,
    );
  const { background = false, ...others } = { ...options, ...parseOptions(spec, query) };
  if (!background) return kind.create(argument, others);
  const { createBackgroundEncoder } = await import('./background/background.js');
  return createBackgroundEncoder(spec, others);
}

function parseOptions(spec: string, query: string): EncoderOptions {
  const entries = Array.from(new URLSearchParams(query), ([name, text]) => {
    const value = Object.hasOwn(specOptions, name) ? specOptions[name]!(text) : undefined;
    if (value === undefined)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The encoder "${spec}" has an unknown option "${name}=${text}". Options: ${Object.keys(specOptions).join(', ')}.`,
      );
    return [name, value];
  });
  return Object.fromEntries(entries) as EncoderOptions;
}
