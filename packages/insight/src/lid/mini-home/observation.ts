/**
 * What the agent sees.
 *
 * @module
 */
import { type Layout, nodeCount, roomSpot, type Situation } from './layout.js';
import { furnitureOf, isVisible, type Observability, roomOfNode } from './rules.js';
import { classNames, FIRST_FURNITURE, FIRST_THING, furniture } from './things.js';

/** What a node can be, in the order of the state's numbers. */
export const stateNames = ['open', 'closed', 'on', 'off', 'held', 'near', 'same room'] as const;

/** The visible nodes, in an order that changes with every step. Actions name nodes by their place in it. */
export interface Observation {
  /** What each node is called throughout the episode. */
  readonly nodes: Uint8Array;
  /** Index of each node's name in `classNames`. */
  readonly classes: Uint8Array;
  /** `[nodes, 7]`: 1 where {@link stateNames} apply. */
  readonly state: Uint8Array;
  /** `[nodes, 2]`: where each is from the agent, in rooms. */
  readonly place: Float32Array;
}

/** Index of a node's name. */
export function classOf({ kinds }: Layout, node: number): number {
  return node < FIRST_THING ? node : FIRST_THING + kinds[node - FIRST_THING]!;
}

/** Where a node is; what is held is where the agent is. */
function spotOf(layout: Layout, situation: Situation, node: number): readonly [number, number] {
  if (node < FIRST_FURNITURE) return roomSpot(node);
  const piece = furnitureOf(situation, node);
  return piece < 0 ? agentSpot(layout, situation) : [layout.spot[2 * piece]!, layout.spot[2 * piece + 1]!];
}

/** Where the agent is: at its furniture, else in the middle of its room. */
export function agentSpot({ spot }: Layout, { near, room }: Situation): readonly [x: number, y: number] {
  return near < 0 ? roomSpot(room) : [spot[2 * near]!, spot[2 * near + 1]!];
}

/**
 * Looks around.
 *
 * @param order - a number for each node: they are seen from the lowest to the highest
 */
export function look(
  layout: Layout,
  situation: Situation,
  observability: Observability,
  order: Float32Array,
): Observation {
  const visible: number[] = [];
  for (let node = 0; node < nodeCount(layout); node++)
    if (isVisible(layout, situation, node, observability)) visible.push(node);
  const nodes = Uint8Array.from(visible.sort((a, b) => order[a]! - order[b]! || a - b));
  const state = new Uint8Array(7 * nodes.length);
  const place = new Float32Array(2 * nodes.length);
  const [ax, ay] = agentSpot(layout, situation);
  for (const [i, node] of nodes.entries()) {
    const piece = furnitureOf(situation, node);
    const kind = node >= FIRST_FURNITURE && node < FIRST_THING ? furniture[piece]! : undefined;
    const set = (at: number, is: boolean) => {
      if (is) state[7 * i + at] = 1;
    };
    if (kind?.container) set(situation.open[piece] ? 0 : 1, true);
    if (kind?.switchable) set(situation.on[piece] ? 2 : 3, true);
    set(4, node >= FIRST_THING && piece < 0);
    set(5, piece >= 0 && piece === situation.near);
    set(6, roomOfNode(layout, situation, node) === situation.room);
    const [x, y] = spotOf(layout, situation, node);
    place[2 * i] = (x - ax) / 5;
    place[2 * i + 1] = (y - ay) / 5;
  }
  const classes = Uint8Array.from(nodes, (node) => classOf(layout, node));
  return { nodes, classes, state, place };
}

/** Names of the nodes of an observation. */
export const namesOf = ({ classes }: Observation): string[] =>
  Array.from(classes, (index) => classNames[index]!);
