/**
 * Walks the fields of protobuf messages in a file, without reading what is passed over.
 *
 * `readFields` of `@fletch/array` does this for models in memory; here a model may be larger than that. Source:
 * https://protobuf.dev/programming-guides/encoding/
 *
 * @module
 */
import type { FileBytes } from '@fletch/data';
import { Reader, type Refuse } from '../reader.js';

/** A field: `value` of a number, else from where to where its bytes are in the file. */
export interface FileField {
  readonly field: number;
  readonly value?: bigint;
  readonly begin: number;
  readonly end: number;
}

/** The next varint (7 bits a byte, lowest first). */
async function varint(reader: Reader, refuse: Refuse): Promise<bigint> {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = (await reader.take(1))[0]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asUintN(64, value);
  }
  throw refuse(`a number at byte ${reader.offset} is longer than 64 bits`);
}

/** The fields of the message from `begin` to `end`, in their order. */
export async function* fieldsIn(
  bytes: FileBytes,
  refuse: Refuse,
  begin = 0,
  end = bytes.size,
): AsyncGenerator<FileField> {
  const reader = new Reader(bytes, refuse, begin, end);
  while (reader.left > 0) {
    const tag = await varint(reader, refuse);
    const field = Number(tag >> 3n);
    if (field === 0 || tag > 0xffff_ffffn) throw refuse(`no field has the number ${field}`);
    const start = reader.offset;
    switch (Number(tag & 7n)) {
      case 0:
        yield { field, value: await varint(reader, refuse), begin: start, end: reader.offset };
        break;
      case 1:
        yield { field, value: (await reader.take(8)).readBigUInt64LE(), begin: start, end: start + 8 };
        break;
      case 5:
        yield { field, value: BigInt((await reader.take(4)).readUInt32LE()), begin: start, end: start + 4 };
        break;
      case 2: {
        const length = Number(await varint(reader, refuse));
        const first = reader.offset;
        reader.skip(length);
        yield { field, begin: first, end: first + length };
        break;
      }
      default:
        throw refuse(`a field at byte ${start} is of the unknown kind ${tag & 7n}`);
    }
  }
}

/** The varints that stand in `bytes` one after the other. */
export function packedVarints(bytes: Uint8Array, refuse: Refuse): bigint[] {
  const values: bigint[] = [];
  let [value, shift] = [0n, 0n];
  for (const byte of bytes) {
    if (shift >= 70n) throw refuse('a number in a list is longer than 64 bits');
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    values.push(BigInt.asUintN(64, value));
    [value, shift] = [0n, 0n];
  }
  if (shift > 0n) throw refuse('a list of numbers ends inside a number');
  return values;
}
