/**
 * Apartments and what lies in them at the beginning of an episode.
 *
 * @module
 */
import { type Rng, rng } from '@fletch/linalg';
import { containers, FIRST_THING, furniture, graspable, rooms, surfaces } from './things.js';

/** What never changes during an episode. */
export interface Layout {
  readonly apartment: number;
  /** Room of each piece of furniture. */
  readonly roomOf: Uint8Array;
  /** `[17, 2]`: where each piece stands. */
  readonly spot: Float32Array;
  /** Index into `graspable` of each thing. */
  readonly kinds: Uint8Array;
}

/** What actions change. */
export interface Situation {
  /** The agent's. */
  room: number;
  /** The piece of furniture that it stands at, or −1. */
  near: number;
  /** The thing in its hand, or −1. */
  held: number;
  /** Of each piece of furniture. */
  readonly open: Uint8Array;
  readonly on: Uint8Array;
  /** The piece of furniture of each thing; that of what is held is {@link IN_HAND}. */
  readonly at: Uint8Array;
}

export const IN_HAND = 255;

/** Apartments of training, and those that only novel scenes have. */
export const KNOWN_APARTMENTS = 6;
export const APARTMENTS = 10;

/** Rooms stand two by two. */
export const roomSpot = (room: number): readonly [x: number, y: number] => [
  2 + 5 * (room % 2),
  2 + 5 * Math.floor(room / 2),
];

/** Where furniture stands in an apartment: in its usual room with probability 0.6, anywhere within its 4 × 4. */
function furnish(apartment: number): Pick<Layout, 'roomOf' | 'spot'> {
  const random = rng(900 + apartment);
  const roomOf = new Uint8Array(furniture.length);
  const spot = new Float32Array(2 * furniture.length);
  for (const [i, { room }] of furniture.entries()) {
    roomOf[i] = random.uniform() < 0.6 ? room : random.integer(rooms.length);
    const [x, y] = roomSpot(roomOf[i]!);
    spot[2 * i] = x + 4 * random.uniform() - 2;
    spot[2 * i + 1] = y + 4 * random.uniform() - 2;
  }
  return { roomOf, spot };
}

const apartments = new Map<number, ReturnType<typeof furnish>>();

/** Draws what lies where, which containers are open, and where the agent begins. */
export function drawEpisode(
  random: Rng,
  { novelScene, hidden }: { readonly novelScene: boolean; readonly hidden: boolean },
): { readonly layout: Layout; readonly situation: Situation } {
  const apartment = novelScene
    ? KNOWN_APARTMENTS + random.integer(APARTMENTS - KNOWN_APARTMENTS)
    : random.integer(KNOWN_APARTMENTS);
  if (!apartments.has(apartment)) apartments.set(apartment, furnish(apartment));
  const kinds = graspable.flatMap((_, kind) => {
    const u = random.uniform();
    return Array<number>(u < 0.3 ? 0 : u < 0.8 ? 1 : 2).fill(kind);
  });
  const places = hidden ? [...surfaces, ...containers] : surfaces;
  const open = new Uint8Array(furniture.length);
  const at = Uint8Array.from(kinds, () => places[random.integer(places.length)]!);
  for (const i of containers) open[i] = random.uniform() < 0.3 ? 1 : 0;
  return {
    layout: { apartment, ...apartments.get(apartment)!, kinds: Uint8Array.from(kinds) },
    situation: {
      room: random.integer(rooms.length),
      near: -1,
      held: -1,
      open,
      on: new Uint8Array(furniture.length),
      at,
    },
  };
}

/** Number of nodes, visible or not. */
export const nodeCount = ({ kinds }: Layout): number => FIRST_THING + kinds.length;

export function copySituation({ open, on, at, ...rest }: Situation): Situation {
  return { ...rest, open: open.slice(), on: on.slice(), at: at.slice() };
}
