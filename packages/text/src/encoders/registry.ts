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
};

/** How each kind of encoder's name is written: `use`, `onnx:<folder>`, … */
export const encoderUsages: readonly string[] = Object.values(kinds).map((kind) => kind.usage);

/** Options that may also be written behind a name: `use?precision=int8`. */
const specOptions = {
  precision: String,
  threads: Number,
} as const satisfies Partial<Record<keyof EncoderOptions, (text: string) => unknown>>;

/**
 * Makes an encoder from its name.
 *
 * @param spec - one of {@link encoderUsages}, with options behind a question mark: `use?precision=int8`
 * @throws FletchError `INVALID_ARGUMENT` when the name is unknown; what the encoder itself throws
 */
export async function createEncoder(spec: string, options: EncoderOptions = {}): Promise<Encoder> {
  const [, kindName = '', argument = '', query = ''] = /^([^:?]*)(?::([^?]*))?(?:\?(.*))?$/s.exec(spec) ?? [];
  const kind = Object.hasOwn(kinds, kindName) ? kinds[kindName] : undefined;
  if (!kind)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `There is no encoder "${spec}". Encoders: ${encoderUsages.join(', ')}.`,
    );
  return kind.create(argument, { ...options, ...parseOptions(spec, query) });
}

function parseOptions(spec: string, query: string): EncoderOptions {
  const entries = Array.from(new URLSearchParams(query), ([name, text]) => {
    if (!Object.hasOwn(specOptions, name))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The encoder "${spec}" has an unknown option "${name}". Options: ${Object.keys(specOptions).join(', ')}.`,
      );
    return [name, specOptions[name as keyof typeof specOptions](text)];
  });
  return Object.fromEntries(entries) as EncoderOptions;
}
