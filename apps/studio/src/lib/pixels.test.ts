import { expect, it } from 'vitest';
import { rgbaOf } from './pixels.js';

const base64 = (...bytes: number[]) => btoa(String.fromCharCode(...bytes));

it('grey and coloured images become what a canvas takes', () => {
  const grey = { channels: 1, rows: 1, columns: 2 };
  expect(Array.from(rgbaOf(base64(7, 255), grey)!)).toEqual([7, 7, 7, 255, 255, 255, 255, 255]);
  const coloured = { channels: 3, rows: 1, columns: 2 };
  expect(Array.from(rgbaOf(base64(1, 2, 3, 4, 5, 6), coloured)!)).toEqual([1, 3, 5, 255, 2, 4, 6, 255]);
  expect(rgbaOf(base64(1), grey)).toBeNull();
});
