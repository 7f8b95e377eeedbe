/**
 * The protobuf wire format, as far as ONNX models need it: a writer that copies large byte ranges once, and a
 * reader that walks fields without a schema.
 *
 * Written here because ONNX needs six small messages; a protobuf library would bring its reflection and the
 * whole schema along. Source: https://protobuf.dev/programming-guides/encoding/
 *
 * @module
 */

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const encoder = new TextEncoder();

/** Builds one message; nested messages are writers of their own. */
export class WireWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  #push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  #tag(field: number, wireType: number): void {
    this.#push(varint(BigInt((field << 3) | wireType)));
  }

  /** An integer field of any width (negative numbers in two's complement of 64 bits). */
  int(field: number, value: number | bigint): this {
    this.#tag(field, VARINT);
    this.#push(varint(BigInt(value)));
    return this;
  }

  /** A 32-bit floating-point field. */
  float(field: number, value: number): this {
    this.#tag(field, FIXED32);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#push(bytes);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#push(varint(BigInt(value.length)));
    this.#push(value);
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  message(field: number, value: WireWriter): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#push(varint(BigInt(value.#length)));
    for (const chunk of value.#chunks) this.#push(chunk);
    return this;
  }

  /** The finished bytes. */
  finish(): Uint8Array {
    const result = new Uint8Array(this.#length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      result.set(chunk, offset);
      offset += chunk.length;
    }
    return result;
  }
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

/** One field as read: `bytes` of a length-delimited one, `value` of any other. */
export interface WireField {
  readonly field: number;
  readonly bytes?: Uint8Array;
  readonly value?: bigint;
}

/**
 * Reads the fields of one message in their order.
 *
 * @throws RangeError when the bytes are not a protobuf message
 */
export function* readFields(message: Uint8Array): Generator<WireField> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let offset = 0;
  const take = (length: number): number => {
    const start = offset;
    if (length > message.length - start)
      throw new RangeError(`A field ends beyond the message at byte ${start}.`);
    offset += length;
    return start;
  };
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[take(1)]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError(`A number at byte ${offset} is longer than 64 bits.`);
  };
  while (offset < message.length) {
    const tag = Number(readVarint());
    const field = Math.floor(tag / 8);
    if (field === 0 || tag > 0xffffffff) throw new RangeError(`No field has the number ${field}.`);
    switch (tag % 8) {
      case VARINT:
        yield { field, value: readVarint() };
        break;
      case FIXED64:
        yield { field, value: view.getBigUint64(take(8), true) };
        break;
      case FIXED32:
        yield { field, value: BigInt(view.getUint32(take(4), true)) };
        break;
      case LENGTH_DELIMITED: {
        const length = Number(readVarint());
        const start = take(length);
        yield { field, bytes: message.subarray(start, start + length) };
        break;
      }
      default:
        throw new RangeError(`Unknown wire type ${tag % 8} at byte ${offset}.`);
    }
  }
}
