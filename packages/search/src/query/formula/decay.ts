/**
 * Functions that are 1 at a target and fall with the distance from it, to `midpoint` at a distance of `scale`.
 *
 * @module
 */
import { badRequest, readFloat, readObject } from '../refuse.js';
import type { Evaluate } from './point.js';

interface Shape {
  /** Whether the midpoint may be 0 or 1. */
  readonly inclusive: boolean;
  /** How fast it falls. */
  rate(midpoint: number, scale: number): number;
  /** The value at a distance from the target. */
  at(distance: number, rate: number): number;
}

const shapes = {
  lin_decay: {
    inclusive: true,
    rate: (midpoint, scale) => (1 - midpoint) / scale,
    at: (distance, rate) => Math.max(0, 1 - rate * distance),
  },
  exp_decay: {
    inclusive: false,
    rate: (midpoint, scale) => Math.log(midpoint) / scale,
    at: (distance, rate) => Math.exp(rate * distance),
  },
  gauss_decay: {
    inclusive: false,
    rate: (midpoint, scale) => Math.log(midpoint) / scale ** 2,
    at: (distance, rate) => Math.exp(rate * distance ** 2),
  },
} satisfies { [name: string]: Shape };

/** Reads the parameters of a decay function. */
export function readDecay(
  name: keyof typeof shapes,
  input: unknown,
  at: string,
  parse: (input: unknown, at: string) => Evaluate,
): Evaluate {
  const { inclusive, rate, at: value }: Shape = shapes[name];
  const params = readObject(input, at, '{x, target, scale, midpoint}');
  const midpoint = readFloat(params.midpoint, `${at}.midpoint`, 0.5);
  const scale = readFloat(params.scale, `${at}.scale`, 1);
  if (inclusive && (midpoint < 0 || midpoint > 1))
    throw badRequest(
      `Linear decay midpoint should be in the range [0.0, 1.0], got ${midpoint}.`,
      `${at}.midpoint`,
    );
  if (!inclusive && (midpoint <= 0 || midpoint >= 1))
    throw badRequest(`Decay midpoint should be in the range (0.0, 1.0), got ${midpoint}.`, `${at}.midpoint`);
  if (scale <= 0) throw badRequest(`Decay scale should be non-zero positive, got ${scale}.`, `${at}.scale`);
  const x = parse(params.x, `${at}.x`);
  const target = params.target == null ? () => 0 : parse(params.target, `${at}.target`);
  const falling = rate(midpoint, scale);
  return (point) => value(Math.abs(x(point) - target(point)), falling);
}
