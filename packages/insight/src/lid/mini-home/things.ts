/**
 * What there is in MiniHome: rooms, furniture, things to carry, verbs.
 *
 * @module
 */
import { createHash } from 'node:crypto';

export const rooms = ['kitchen', 'living room', 'bedroom', 'bathroom'] as const;

/** What a piece of furniture can do. */
export interface FurnitureKind {
  readonly name: string;
  /** Index of the room in which most apartments have it. */
  readonly room: number;
  readonly surface?: true;
  readonly container?: true;
  readonly switchable?: true;
}

/** Seventeen pieces: eight surfaces, six containers, five switches; two containers are switches too. */
export const furniture: readonly FurnitureKind[] = [
  { name: 'table', room: 0, surface: true },
  { name: 'counter', room: 0, surface: true },
  { name: 'sofa', room: 1, surface: true },
  { name: 'shelf', room: 1, surface: true },
  { name: 'desk', room: 2, surface: true },
  { name: 'bed', room: 2, surface: true },
  { name: 'sink', room: 3, surface: true },
  { name: 'stool', room: 3, surface: true },
  { name: 'refrigerator', room: 0, container: true },
  { name: 'cupboard', room: 0, container: true },
  { name: 'microwave', room: 0, container: true, switchable: true },
  { name: 'dishwasher', room: 0, container: true, switchable: true },
  { name: 'wardrobe', room: 2, container: true },
  { name: 'drawer', room: 2, container: true },
  { name: 'television', room: 1, switchable: true },
  { name: 'lamp', room: 2, switchable: true },
  { name: 'radio', room: 1, switchable: true },
];

/** Things that can be carried. */
export const graspable = (
  'apple bread milk juice wine cake pudding salmon pancake chicken plate glass fork mug book magazine phone remote ' +
  'towel soap toothbrush pillow folder pencil'
).split(' ');

const indicesOf = (what: 'surface' | 'container' | 'switchable') =>
  furniture.flatMap((kind, i) => (kind[what] ? [i] : []));

/** Indices into {@link furniture}. */
export const surfaces = indicesOf('surface');
export const containers = indicesOf('container');
export const switches = indicesOf('switchable');
/** Where things can be put: 8 surfaces and 6 containers. */
export const targets = [...surfaces, ...containers];

/** Names of everything: rooms, furniture, things. A class is an index into it. */
export const classNames: readonly string[] = [...rooms, ...furniture.map(({ name }) => name), ...graspable];

/** Nodes of rooms are 0 … 3, of furniture 4 … 20, of things 21 and up. */
export const FIRST_FURNITURE = rooms.length;
export const FIRST_THING = FIRST_FURNITURE + furniture.length;

export const verbs = ['walk', 'grab', 'open', 'close', 'putback', 'putin', 'switchon'] as const;
export type Verb = (typeof verbs)[number];

/** Raised when the rules change. */
const RULES = 1;

/** Names the rules and the things: demonstrations of another environment have another one. */
export const miniHomeVersion = createHash('sha256')
  .update(JSON.stringify([RULES, classNames, furniture, verbs]))
  .digest('hex')
  .slice(0, 16);
