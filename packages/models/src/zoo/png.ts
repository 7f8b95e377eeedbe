/**
 * Grey pictures as PNG.
 *
 * @module
 */
import { crc32, deflateSync } from 'node:zlib';
import { FletchError } from '@fletch/base';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(content.length, 0);
  bytes.set(body, 4);
  bytes.writeUInt32BE(crc32(body), body.length + 4);
  return bytes;
}

/**
 * The bytes of a PNG file (https://www.w3.org/TR/png/), 8 bits a pixel.
 *
 * @param pixels - 0 black to 255 white, row by row
 * @throws FletchError `DIMENSION_MISMATCH`
 */
export function greyPng(pixels: Uint8Array, rows: number, columns: number): Uint8Array {
  if (pixels.length !== rows * columns || pixels.length === 0)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `A picture of ${rows} × ${columns} has ${rows * columns} pixels, not ${pixels.length}.`,
    );
  const head = Buffer.alloc(13);
  head.writeUInt32BE(columns, 0);
  head.writeUInt32BE(rows, 4);
  // 8 bits, grey, packed by deflate.
  head[8] = 8;
  // Each row begins with its filter: none.
  const lines = Buffer.alloc(rows * (columns + 1));
  for (let row = 0; row < rows; row++)
    lines.set(pixels.subarray(row * columns, (row + 1) * columns), row * (columns + 1) + 1);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', new Uint8Array()),
  ]);
}
