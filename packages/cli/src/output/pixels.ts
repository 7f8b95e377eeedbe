/**
 * Small pictures in a terminal, of braille dots: 2 x 4 pixels are one character.
 *
 * @module
 */

/** Thresholds of Bayer's ordered dither, 4 x 4, in sixteenths. */
const BAYER = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];

/** The bit of each dot of a character, row by row. */
const DOTS = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];

/** An image of one channel or more. */
export interface Pixels {
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  /** `[channels, rows, columns]`, 0 to 255. */
  readonly bytes: Uint8Array;
}

/** The lines of one picture, bright pixels as dots. */
export function drawPixels({ channels, rows, columns, bytes }: Pixels): string[] {
  const size = rows * columns;
  const bright = (row: number, column: number): boolean => {
    if (row >= rows || column >= columns) return false;
    let sum = 0;
    for (let channel = 0; channel < channels; channel++)
      sum += bytes[channel * size + row * columns + column]!;
    return sum / channels > ((BAYER[(row % 4) * 4 + (column % 4)]! + 0.5) / 16) * 255;
  };
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 4) {
    let line = '';
    for (let column = 0; column < columns; column += 2) {
      let code = 0x2800;
      for (const [dot, bit] of DOTS.entries()) if (bright(row + (dot >> 1), column + (dot & 1))) code |= bit;
      line += String.fromCharCode(code);
    }
    lines.push(line);
  }
  return lines;
}

/** Pictures side by side, each above its label, as many in a row as fit. */
export function drawGallery(
  pictures: readonly { readonly label: string; readonly pixels: Pixels }[],
  width: number,
): string {
  const first = pictures[0];
  if (!first) return '';
  const each = Math.ceil(first.pixels.columns / 2);
  const inRow = Math.max(1, Math.floor((width + 2) / (each + 2)));
  const blocks: string[] = [];
  for (let at = 0; at < pictures.length; at += inRow) {
    const row = pictures.slice(at, at + inRow);
    const drawn = row.map(({ pixels }) => drawPixels(pixels));
    const lines = drawn[0]!.map((_, i) => drawn.map((picture) => picture[i]).join('  '));
    const labels = row.map(({ label }) => label.slice(0, each).padEnd(each)).join('  ');
    blocks.push([...lines, labels.trimEnd()].join('\n'));
  }
  return blocks.join('\n\n');
}
