/**
 * Levels: what lies in the room and what is asked for.
 *
 * @module
 */
import type { Rng } from '@fletch/linalg';
import {
  ahead,
  areAdjacent,
  type Cell,
  directions,
  indexOf,
  isWall,
  neighbours,
  SIDE,
  type Thing,
} from './geometry.js';
import { type Colour, colours, type ObjectType, objectTypes } from './words.js';

export const levels = ['GoToRedBall', 'GoToLocal', 'PickupLoc', 'PutNextLocal'] as const;
export type Level = (typeof levels)[number];

/** Where from the start an object has to be, as the agent stood and looked there. */
export const locations = ['left', 'right', 'front', 'behind'] as const;
export type Location = (typeof locations)[number];

/** What objects are meant. */
export interface Description {
  readonly type: ObjectType;
  readonly colour?: Colour | undefined;
  readonly location?: Location | undefined;
}

export interface Mission {
  readonly kind: 'go to' | 'pick up' | 'put next';
  readonly what: Description;
  /** Beside what it has to be put. */
  readonly beside?: Description;
  readonly text: string;
}

/** A room as an episode begins. */
export interface Room {
  /** By cell. */
  readonly things: ReadonlyMap<number, Thing>;
  readonly position: Cell;
  readonly direction: number;
  readonly mission: Mission;
}

/** Whether a thing at a cell is meant, seen from where the agent began. */
export function isMeant(
  { type, colour, location }: Description,
  thing: Thing,
  cell: Cell,
  start: { readonly position: Cell; readonly direction: number },
): boolean {
  if (thing.type !== type || (colour !== undefined && thing.colour !== colour)) return false;
  if (location === undefined) return true;
  const [dx, dy] = directions[start.direction]!;
  const [x, y] = [cell[0] - start.position[0], cell[1] - start.position[1]];
  const forward = x * dx + y * dy;
  // The right hand is one turn clockwise: (−dy, dx).
  const right = -x * dy + y * dx;
  return { left: right < 0, right: right > 0, front: forward > 0, behind: forward < 0 }[location];
}

const pick = <T>(random: Rng, values: readonly T[]): T => values[random.integer(values.length)]!;
const phrase = ({ type, colour }: Description) => (colour ? `${colour} ${type}` : type);
const whereabouts = {
  left: 'on your left',
  right: 'on your right',
  front: 'in front of you',
  behind: 'behind you',
};

/** Draws a room and a mission that can be fulfilled. */
export function drawRoom(level: Level, random: Rng): Room {
  for (;;) {
    const room = tryRoom(level, random);
    if (room) return room;
  }
}

function tryRoom(level: Level, random: Rng): Room | undefined {
  const things = new Map<number, Thing>();
  const cells = random.shuffle(
    Array.from({ length: SIDE * SIDE }, (_, i): Cell => [i % SIDE, Math.floor(i / SIDE)]).filter(
      (cell) => !isWall(cell),
    ),
  );
  const position = cells.pop()!;
  const direction = random.integer(4);
  const kinds = objectTypes.flatMap((type) => colours.map((colour): Thing => ({ type, colour })));
  const drawn =
    level === 'PutNextLocal'
      ? random.shuffle([...kinds]).slice(0, 8)
      : Array.from(
          { length: 8 },
          (_, i): Thing =>
            level === 'GoToRedBall' && i === 0 ? { type: 'ball', colour: 'red' } : pick(random, kinds),
        );
  for (const thing of drawn) things.set(indexOf(cells.pop()!), thing);
  if (things.has(indexOf(ahead(position, direction)))) return undefined;
  if (!allReachable(things, position)) return undefined;
  const mission = drawMission(level, random, { things, position, direction });
  return mission && { things, position, direction, mission };
}

/** Whether the agent can come to stand beside every object without moving any. */
function allReachable(things: ReadonlyMap<number, Thing>, from: Cell): boolean {
  const seen = new Set([indexOf(from)]);
  const beside = new Set<number>();
  for (const queue: Cell[] = [from]; queue.length > 0; ) {
    for (const next of neighbours(queue.pop()!)) {
      const at = indexOf(next);
      if (isWall(next) || seen.has(at)) continue;
      if (things.has(at)) beside.add(at);
      else {
        seen.add(at);
        queue.push(next);
      }
    }
  }
  return beside.size === things.size;
}

function drawMission(level: Level, random: Rng, room: Omit<Room, 'mission'>): Mission | undefined {
  const all = [...room.things];
  const cellOf = (at: number): Cell => [at % SIDE, Math.floor(at / SIDE)];
  const matches = (what: Description) => all.filter(([at, thing]) => isMeant(what, thing, cellOf(at), room));
  const article = (what: Description) => (matches(what).length === 1 ? 'the' : 'a');
  if (level === 'GoToRedBall')
    return { kind: 'go to', what: { type: 'ball', colour: 'red' }, text: 'go to the red ball' };
  const [at, target] = pick(random, all);
  if (level === 'GoToLocal') {
    const what = { ...target };
    return { kind: 'go to', what, text: `go to ${article(what)} ${phrase(what)}` };
  }
  if (level === 'PickupLoc') {
    const location = random.integer(2) === 0 ? undefined : pick(random, locations);
    const colour = random.integer(2) === 0 ? undefined : target.colour;
    const what: Description = { type: target.type, colour, location };
    if (matches(what).length === 0) return undefined;
    const where = location ? ` ${whereabouts[location]}` : '';
    return { kind: 'pick up', what, text: `pick up ${article(what)} ${phrase(what)}${where}` };
  }
  const [other, beside] = pick(random, all);
  if (other === at || areAdjacent(cellOf(at), cellOf(other))) return undefined;
  return {
    kind: 'put next',
    what: { ...target },
    beside: { ...beside },
    text: `put the ${phrase(target)} next to the ${phrase(beside)}`,
  };
}
