/**
 * Directions and the room.
 *
 * @module
 */
import type { Colour, ObjectType } from './words.js';

/** Cells of a side, walls included. */
export const SIDE = 8;

/** East, south, west, north: y grows downwards. */
export const directions = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

export type Cell = readonly [x: number, y: number];

/** An object in the room or in the hand. */
export interface Thing {
  readonly type: ObjectType;
  readonly colour: Colour;
}

export const indexOf = ([x, y]: Cell): number => y * SIDE + x;
export const isWall = ([x, y]: Cell): boolean => x <= 0 || y <= 0 || x >= SIDE - 1 || y >= SIDE - 1;
export const ahead = ([x, y]: Cell, direction: number): Cell => [
  x + directions[direction]![0],
  y + directions[direction]![1],
];

/** The four cells that share a side. */
export const neighbours = (cell: Cell): Cell[] => directions.map((_, d) => ahead(cell, d));

export const areAdjacent = ([ax, ay]: Cell, [bx, by]: Cell): boolean =>
  Math.abs(ax - bx) + Math.abs(ay - by) === 1;
