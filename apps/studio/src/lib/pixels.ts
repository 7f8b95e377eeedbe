/**
 * Images as they come from the server, as a canvas takes them.
 *
 * @module
 */

/** The size of an image. */
export interface PixelShape {
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
}

/** Red, green, blue and opaque, row by row, of base64 of `[channels, rows, columns]` bytes; null when they are too few. */
export function rgbaOf(
  pixels: string,
  { channels, rows, columns }: PixelShape,
): Uint8ClampedArray<ArrayBuffer> | null {
  const text = atob(pixels);
  const size = rows * columns;
  if (text.length !== channels * size) return null;
  const rgba = new Uint8ClampedArray(size * 4);
  for (let i = 0; i < size; i++) {
    for (let channel = 0; channel < 3; channel++)
      rgba[4 * i + channel] = text.charCodeAt(i + (channels === 3 ? channel : 0) * size);
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}
