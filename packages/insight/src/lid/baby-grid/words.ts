/**
 * Names of what is in BabyGrid, with the numbers that gym-minigrid gives them.
 *
 * @module
 */
export const cellTypes = { unseen: 0, empty: 1, wall: 2, door: 4, key: 5, ball: 6, box: 7 } as const;
export const colours = ['red', 'green', 'blue', 'purple', 'yellow', 'grey'] as const;
export type Colour = (typeof colours)[number];

export const objectTypes = ['key', 'ball', 'box'] as const;
export type ObjectType = (typeof objectTypes)[number];

/** What a cell of an observation can be called. */
export const gridClasses: readonly string[] = [
  'unseen',
  'empty',
  'wall',
  ...objectTypes.flatMap((type) => colours.map((colour) => `${colour} ${type}`)),
];

/** Every word of a mission or a cell. */
export const gridWords: readonly string[] = [
  ...new Set([
    ...'go to the a pick up put next on your left right in front of you behind'.split(' '),
    ...gridClasses.flatMap((name) => name.split(' ')),
  ]),
];
