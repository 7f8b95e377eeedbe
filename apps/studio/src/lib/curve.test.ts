import { expect, it } from 'vitest';
import { curvePath, frameOf } from './curve.js';

const size = { width: 100, height: 50 };

it('fills the picture from edge to edge', () => {
  const curve = [
    { x: 10, y: 4 },
    { x: 20, y: 3 },
    { x: 30, y: 2 },
  ];
  const frame = frameOf([curve, [{ x: 30, y: 2 }]])!;
  expect(frame).toEqual({ left: 10, right: 30, bottom: 2, top: 4 });
  expect(curvePath(curve, frame, size)).toBe('M0.0 0.0L50.0 25.0L100.0 50.0');
});

it('draws what can be drawn', () => {
  expect(frameOf([[], [{ x: 1, y: Number.NaN }]])).toBeUndefined();
  const flat = [
    { x: 1, y: 5 },
    { x: 2, y: Number.NaN },
    { x: 3, y: 5 },
  ];
  expect(curvePath(flat, frameOf([flat])!, size)).toBe('M0.0 50.0L100.0 50.0');
});
