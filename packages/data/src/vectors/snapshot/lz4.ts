/**
 * Blocks of LZ4: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 *
 * @module
 */

/** Most bytes that one block unpacks to here. */
const MAX_SIZE = 64 * 2 ** 20;

/**
 * Unpacks a block that its size precedes (32 bits, little-endian). Returns undefined when it is damaged.
 */
export function unpackLz4(input: Uint8Array): Uint8Array | undefined {
  if (input.length < 5)
    return input.length === 4 && input.every((byte) => byte === 0) ? new Uint8Array() : undefined;
  const size = new DataView(input.buffer, input.byteOffset, 4).getUint32(0, true);
  // One byte stands for 255 at most.
  if (size > MAX_SIZE || size > 255 * input.length) return undefined;
  const output = new Uint8Array(size);
  let from = 4;
  let to = 0;
  const extended = (length: number): number => {
    let total = length;
    if (length === 15) {
      let byte = 255;
      while (byte === 255 && from < input.length) {
        byte = input[from++]!;
        total += byte;
      }
    }
    return total;
  };
  while (from < input.length) {
    const token = input[from++]!;
    const literals = extended(token >> 4);
    if (from + literals > input.length || to + literals > size) return undefined;
    output.set(input.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === input.length) break;
    if (from + 2 > input.length) return undefined;
    const back = input[from]! | (input[from + 1]! << 8);
    from += 2;
    const length = extended(token & 15) + 4;
    if (back === 0 || back > to || to + length > size) return undefined;
    // Byte by byte: the copy may run into what it writes.
    for (let i = 0; i < length; i++, to++) output[to] = output[to - back]!;
  }
  return to === size ? output : undefined;
}
