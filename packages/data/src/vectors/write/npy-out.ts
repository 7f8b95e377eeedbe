/**
 * Headers of `.npy` files, which are filled in when the count is known.
 *
 * @module
 */
import { npyMagic } from '../formats/npy-header.js';

/** Bytes of the header, enough for any count. */
export const npyHeaderSize = 128;

/**
 * A header of version 1.0.
 *
 * @param descr - NumPy's name of the elements: `<f4`
 */
export function npyHeader(descr: string, shape: readonly number[]): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const header = Buffer.alloc(npyHeaderSize, ' ');
  npyMagic.copy(header);
  header.set([1, 0], 6);
  header.writeUInt16LE(npyHeaderSize - 10, 8);
  header.write(text, 10, 'latin1');
  header[npyHeaderSize - 1] = 0x0a;
  return header;
}
