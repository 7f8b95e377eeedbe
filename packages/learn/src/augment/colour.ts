/**
 * Changes of brightness, contrast and colour, in place. Values lie between 0 and 1.
 *
 * @module
 */

/** Weights of red, green and blue in grey (ITU-R BT.601). */
const RED = 0.299;
const GREEN = 0.587;
const BLUE = 0.114;

/** `contrast · (x − mean) + mean + brightness`, kept between 0 and 1. */
export function adjust(
  data: Float32Array,
  at: number,
  size: number,
  brightness: number,
  contrast: number,
): void {
  let sum = 0;
  for (let i = at; i < at + size; i++) sum += data[i]!;
  const shift = (1 - contrast) * (sum / size) + brightness;
  for (let i = at; i < at + size; i++) {
    const value = contrast * data[i]! + shift;
    data[i] = value < 0 ? 0 : Math.min(value, 1);
  }
}

/**
 * Multiplies the three planes' colours by one 3 × 3 matrix, kept between 0 and 1: the distance from grey is scaled and
 * turned about the grey axis.
 */
export function recolour(
  data: Float32Array,
  at: number,
  plane: number,
  saturation: number,
  hue: number,
): void {
  // Rodrigues' formula for a turn about (1, 1, 1) / √3.
  const [cos, sin] = [Math.cos(2 * Math.PI * hue), Math.sin(2 * Math.PI * hue)];
  const own = cos + (1 - cos) / 3;
  const next = (1 - cos) / 3 - sin / Math.sqrt(3);
  const last = (1 - cos) / 3 + sin / Math.sqrt(3);
  for (let i = at; i < at + plane; i++) {
    const [r, g, b] = [data[i]!, data[i + plane]!, data[i + 2 * plane]!];
    const grey = RED * r + GREEN * g + BLUE * b;
    const [dr, dg, db] = [r - grey, g - grey, b - grey];
    data[i] = bounded(grey + saturation * (own * dr + next * dg + last * db));
    data[i + plane] = bounded(grey + saturation * (last * dr + own * dg + next * db));
    data[i + 2 * plane] = bounded(grey + saturation * (next * dr + last * dg + own * db));
  }
}

/** Values from `threshold` on become 1 − value. */
export function solarize(data: Float32Array, at: number, size: number, threshold: number): void {
  for (let i = at; i < at + size; i++) if (data[i]! >= threshold) data[i] = 1 - data[i]!;
}

const bounded = (value: number) => (value < 0 ? 0 : Math.min(value, 1));
