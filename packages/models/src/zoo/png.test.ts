import { crc32, inflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { greyPng } from './png.js';

/** The chunks of a PNG, their checksums compared. */
function chunks(bytes: Uint8Array): Record<string, Buffer> {
  const file = Buffer.from(bytes);
  expect(file.subarray(0, 8)).toEqual(Buffer.from('89504e470d0a1a0a', 'hex'));
  const found: Record<string, Buffer> = {};
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const body = file.subarray(at + 4, at + 8 + length);
    expect(file.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    found[body.toString('latin1', 0, 4)] = body.subarray(4);
    at += 12 + length;
  }
  return found;
}

it('holds the pixels', () => {
  const { IHDR, IDAT, IEND } = chunks(greyPng(Uint8Array.of(0, 50, 100, 150, 200, 255), 2, 3));
  expect([...IHDR!]).toEqual([0, 0, 0, 3, 0, 0, 0, 2, 8, 0, 0, 0, 0]);
  expect([...inflateSync(IDAT!)]).toEqual([0, 0, 50, 100, 0, 150, 200, 255]);
  expect(IEND).toHaveLength(0);
});

it('refuses pixels that are no such picture', () => {
  expect(() => greyPng(new Uint8Array(5), 2, 3)).toThrow(/2 × 3 has 6 pixels, not 5/);
});
