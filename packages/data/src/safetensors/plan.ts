/**
 * Where tensors will lie in a file.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { isTensorDType, type TensorDType, tensorDTypes } from './dtypes.js';
import { byteSize, defaultMaxHeader } from './header.js';

/** What is known of a tensor before its numbers are. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: TensorDType;
  readonly shape: readonly number[];
}

/** What the head of a file says besides the tensors. */
export type Metadata = Readonly<Record<string, string>>;

/** Bytes that a tensor takes. Throws `INVALID_ARGUMENT` for a type or shape that no file can hold. */
export function sizeOfSpec({ name, dtype, shape }: TensorSpec): number {
  if (!isTensorDType(dtype))
    throw new FletchError('INVALID_ARGUMENT', `The type "${dtype}" of "${name}" is not known.`);
  const size = byteSize(dtype, shape);
  if (typeof size === 'string')
    throw new FletchError('INVALID_ARGUMENT', `The shape of "${name}" ${size}.`, { details: { name } });
  return size;
}

/** The order of the reference writer: large numbers first, so that all are aligned; then by name. */
export function inFileOrder<T extends TensorSpec>(tensors: readonly T[]): T[] {
  const rank = ({ dtype }: TensorSpec): number => tensorDTypes.indexOf(dtype);
  return [...tensors].sort(
    (a, b) => rank(b) - rank(a) || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
}

/**
 * The head of a file that holds these tensors in this order: its length, the JSON, spaces up to a multiple of 8 bytes.
 *
 * @throws FletchError `INVALID_ARGUMENT` for a name that stands twice or none can be, `LIMIT_EXCEEDED` when the head would be
 *   too long to be read
 */
export function encodeHeader(tensors: readonly TensorSpec[], metadata: Metadata = {}): Uint8Array {
  checkNames(tensors);
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(['__metadata__', checkMetadata(metadata)]);
  let offset = 0;
  for (const tensor of tensors) {
    const { name, dtype, shape } = tensor;
    const end = offset + sizeOfSpec(tensor);
    entries.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  // Not through one object, which would put names that are numbers first.
  const json = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
  const text = Buffer.from(`{${json}}`);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > defaultMaxHeader)
    throw new FletchError(
      'LIMIT_EXCEEDED',
      `The head of ${tensors.length} tensors would take ${length} bytes, more than ${defaultMaxHeader}: write several files.`,
    );
  const head = Buffer.alloc(8 + length, ' ');
  head.writeBigUInt64LE(BigInt(length), 0);
  text.copy(head, 8);
  return head;
}

function checkNames(tensors: readonly TensorSpec[]): void {
  const seen = new Set<string>();
  for (const { name } of tensors) {
    if (name === '__metadata__' || name === '__proto__' || /\p{Surrogate}/u.test(name))
      throw new FletchError('INVALID_ARGUMENT', `No tensor can be called ${JSON.stringify(name)}.`);
    if (seen.has(name))
      throw new FletchError('INVALID_ARGUMENT', `Two tensors are called ${JSON.stringify(name)}.`, {
        details: { name },
      });
    seen.add(name);
  }
}

function checkMetadata(metadata: Metadata): Metadata {
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== 'string' || key === '__proto__' || /\p{Surrogate}/u.test(key + value))
      throw new FletchError('INVALID_ARGUMENT', `The metadata "${key}" is no text that a file can hold.`);
  return metadata;
}
