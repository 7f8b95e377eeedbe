/**
 * Cropping, turning and flipping in one pass of bilinear sampling.
 *
 * @module
 */

/** Where the pixels of a view are read: `source = matrix · target + shift`, in pixels from the first one's centre. */
export interface Placement {
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
  readonly x: number;
  readonly y: number;
}

/** The part of an image that becomes a view, in shares of its width and height. */
export interface Part {
  /** From −1 (its left edge is the image's) to 1 (its right edge is). */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Radians. */
  readonly angle: number;
  readonly flip: boolean;
}

/** The placement of a part in an image of so many pixels; the view has the image's size. */
export function placementOf(part: Part, width: number, height: number): Placement {
  const [cos, sin] = [Math.cos(part.angle), Math.sin(part.angle)];
  const mirror = part.flip ? -1 : 1;
  // Target pixels are measured from the view's centre, turned, stretched by the part's size and moved to its centre.
  const xx = mirror * part.width * cos;
  const xy = -part.width * sin;
  const yx = mirror * part.height * sin;
  const yy = part.height * cos;
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  const centreX = middleX + (part.x * (1 - part.width) * width) / 2;
  const centreY = middleY + (part.y * (1 - part.height) * height) / 2;
  return {
    xx,
    xy,
    yx,
    yy,
    x: centreX - xx * middleX - xy * middleY,
    y: centreY - yx * middleX - yy * middleY,
  };
}

/**
 * Samples `channels` planes of `height × width`, bilinearly; beyond the edge lies the edge's own value.
 *
 * @param source - read from `from` on
 * @param target - written from `to` on
 */
export function sample(
  source: Float32Array,
  from: number,
  target: Float32Array,
  to: number,
  placement: Placement,
  channels: number,
  height: number,
  width: number,
): void {
  const { xx, xy, yx, yy } = placement;
  const [lastX, lastY] = [width - 1, height - 1];
  const plane = height * width;
  for (let i = 0; i < height; i++) {
    let x = placement.x + xy * i;
    let y = placement.y + yy * i;
    for (let j = 0; j < width; j++, x += xx, y += yx) {
      const u = x < 0 ? 0 : Math.min(x, lastX);
      const v = y < 0 ? 0 : Math.min(y, lastY);
      const left = u | 0;
      const top = v | 0;
      const dx = u - left;
      const dy = v - top;
      const right = left < lastX ? 1 : 0;
      const below = top < lastY ? width : 0;
      let at = from + top * width + left;
      let into = to + i * width + j;
      for (let c = 0; c < channels; c++, at += plane, into += plane) {
        const upper = source[at]! + dx * (source[at + right]! - source[at]!);
        const lower = source[at + below]! + dx * (source[at + below + right]! - source[at + below]!);
        target[into] = upper + dy * (lower - upper);
      }
    }
  }
}
