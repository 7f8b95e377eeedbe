/**
 * What is stored of a compressed table: tensors, and facts in words.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { packSafetensors, type Tensor, unpackSafetensors } from '@fletch/data/safetensors';

/** Numbers of a stored tensor. */
export type StoredData = Float32Array | Uint16Array | Uint8Array | Int8Array | Int16Array | Int32Array;

/** A stored tensor. */
export interface StoredTensor {
  readonly data: StoredData;
  readonly shape: readonly number[];
  /** 16-bit floats are held as their bits. Default false. */
  readonly half?: boolean;
}

/** What is stored of a table. */
export interface Stored {
  /** How it is read: a name of the table of kinds. */
  readonly kind: string;
  /** Numbers that reading needs besides: they survive JSON. */
  readonly facts: { readonly [name: string]: number | string | readonly number[] };
  readonly tensors: { readonly [name: string]: StoredTensor };
}

/** Bytes of all tensors: those of the file without its header. */
export function storedBytes({ tensors }: Stored): number {
  return Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
}

const TAG = 'fletch.compressed-embeddings';

function dtypeOf({ data, half }: StoredTensor): Tensor['dtype'] {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Uint16Array) return half ? 'F16' : 'U16';
  if (data instanceof Uint8Array) return 'U8';
  if (data instanceof Int8Array) return 'I8';
  return data instanceof Int16Array ? 'I16' : 'I32';
}

/** The bytes of a safetensors file with the tag of a method. */
export function packStored(
  method: string,
  about: { readonly [name: string]: unknown },
  stored: Stored,
): Uint8Array {
  const tensors = Object.entries(stored.tensors).map(([name, tensor]) => ({
    name,
    dtype: dtypeOf(tensor),
    shape: tensor.shape,
    data: tensor.data,
  }));
  const { kind, facts } = stored;
  return packSafetensors(tensors, { metadata: { [TAG]: JSON.stringify({ ...about, method, kind, facts }) } });
}

/** What {@link packStored} packed. */
export interface Unpacked {
  readonly method: string;
  readonly about: { readonly [name: string]: unknown };
  readonly stored: Stored;
}

/**
 * @param expected - the method that it must be of
 * @throws FletchError `INVALID_INPUT_FILE` when the bytes are no such file, or of another method
 */
export function unpackStored(bytes: Uint8Array, expected?: string, file = 'The checkpoint'): Unpacked {
  const { metadata, tensors } = unpackSafetensors(bytes, file);
  const tag = metadata[TAG];
  if (tag === undefined)
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${file} holds no compressed embeddings: it has no tag ${TAG}.`,
      {
        details: { rule: 'tag' },
      },
    );
  let about: { method?: unknown; kind?: unknown; facts?: unknown };
  try {
    about = JSON.parse(tag);
  } catch (cause) {
    throw new FletchError('INVALID_INPUT_FILE', `The tag of ${file} is damaged.`, {
      cause,
      details: { rule: 'tag' },
    });
  }
  const { method, kind, facts, ...rest } = about;
  if (typeof method !== 'string' || typeof kind !== 'string' || typeof facts !== 'object' || facts === null)
    throw new FletchError('INVALID_INPUT_FILE', `The tag of ${file} names no method, kind and facts.`, {
      details: { rule: 'tag' },
    });
  if (expected !== undefined && method !== expected)
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${file} was compressed by "${method}", not by "${expected}": open it without naming a method, or as "${method}".`,
      { details: { rule: 'method', method, expected } },
    );
  const held: Record<string, StoredTensor> = {};
  for (const [name, { data, shape, dtype }] of tensors)
    held[name] = { data: data as StoredData, shape, ...(dtype === 'F16' && { half: true }) };
  return { method, about: rest, stored: { kind, facts: facts as Stored['facts'], tensors: held } };
}

/** Writes the vectors of rows one after the other into `target`. */
export type Lookup = (rows: Int32Array, target: Float32Array) => void;

/** A stored tensor of a type. */
export function held<T extends StoredData>(stored: Stored, name: string, kind: new (length: number) => T): T {
  const data = stored.tensors[name]?.data;
  if (data instanceof kind) return data as unknown as T;
  throw new FletchError(
    'INVALID_INPUT_FILE',
    `The checkpoint's tensor "${name}" is missing or of another type.`,
    {
      details: { rule: 'tensors', tensor: name },
    },
  );
}

/** A number among the facts. */
export function fact(stored: Stored, name: string): number {
  const value = stored.facts[name];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new FletchError(
    'INVALID_INPUT_FILE',
    `The checkpoint's fact "${name}" is ${String(value)}, not a number.`,
    {
      details: { rule: 'facts', fact: name },
    },
  );
}

/** A list of numbers among the facts. */
export function factList(stored: Stored, name: string): readonly number[] {
  const value = stored.facts[name];
  if (Array.isArray(value) && value.every((one) => typeof one === 'number')) return value;
  throw new FletchError('INVALID_INPUT_FILE', `The checkpoint's fact "${name}" is no list of numbers.`, {
    details: { rule: 'facts', fact: name },
  });
}
