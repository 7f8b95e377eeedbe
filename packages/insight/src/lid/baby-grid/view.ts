/**
 * What the agent sees: 7 × 7 cells before it.
 *
 * @module
 */
import { type Cell, directions, indexOf, isWall, SIDE, type Thing } from './geometry.js';
import { cellTypes, colours, gridClasses } from './words.js';

/** Cells of a side of the view. The agent is in the middle of its last row and looks at the first. */
export const VIEW = 7;

/** A pose, and what is in the hand. */
export interface Viewer {
  readonly position: Cell;
  readonly direction: number;
  readonly carried: Thing | undefined;
}

/** The cell of the room that column `column` and row `row` of the view show. */
export function cellInView({ position, direction }: Viewer, column: number, row: number): Cell {
  const forward = VIEW - 1 - row;
  const right = column - (VIEW >> 1);
  const [dx, dy] = directions[direction]!;
  return [position[0] + forward * dx - right * dy, position[1] + forward * dy + right * dx];
}

/**
 * Type, colour and state of each cell, row by row: 7 × 7 × 3 numbers of gym-minigrid. What is outside of the room is
 * unseen; what is carried is drawn where the agent is. Only walls hide anything, and one room has none inside.
 */
export function viewOf(things: ReadonlyMap<number, Thing>, viewer: Viewer): Int8Array {
  const view = new Int8Array(VIEW * VIEW * 3);
  for (let row = 0; row < VIEW; row++)
    for (let column = 0; column < VIEW; column++) {
      const cell = cellInView(viewer, column, row);
      const at = 3 * (row * VIEW + column);
      const isAgent = row === VIEW - 1 && column === VIEW >> 1;
      const [x, y] = cell;
      if (x < 0 || y < 0 || x >= SIDE || y >= SIDE) continue;
      const thing = isAgent ? viewer.carried : things.get(indexOf(cell));
      if (thing) {
        view[at] = cellTypes[thing.type];
        view[at + 1] = colours.indexOf(thing.colour);
      } else if (isWall(cell)) {
        view[at] = cellTypes.wall;
        view[at + 1] = colours.indexOf('grey');
      } else view[at] = cellTypes.empty;
    }
  return view;
}

/** Index into `gridClasses` of each cell of a view. */
export function classesOf(view: Int8Array): Uint8Array {
  const named = new Map(gridClasses.map((name, i) => [name, i]));
  return Uint8Array.from({ length: VIEW * VIEW }, (_, i) => {
    const [type, colour] = [view[3 * i]!, view[3 * i + 1]!];
    const name = Object.entries(cellTypes).find(([, value]) => value === type)![0];
    return named.get(name) ?? named.get(`${colours[colour]} ${name}`)!;
  });
}
