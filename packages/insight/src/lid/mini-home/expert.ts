/**
 * A planner that knows everything: it works off the predicates of a goal in their order.
 *
 * @module
 */
import { holds, type Predicate } from './goals.js';
import type { Layout, Situation } from './layout.js';
import { furnitureOf, isVisible, type NodeAction, type Observability } from './rules.js';
import { FIRST_FURNITURE, FIRST_THING, furniture, graspable, surfaces } from './things.js';

/** What the planner sees. */
export interface World {
  readonly layout: Layout;
  readonly situation: Situation;
  readonly observability: Observability;
}

const nodeOf = (piece: number) => FIRST_FURNITURE + piece;
const pieceNamed = (name: string) => furniture.findIndex((kind) => kind.name === name);

/** Goes to a node, through its room when it cannot be seen from here. */
function walkTo({ layout, situation, observability }: World, node: number): NodeAction {
  const isSeen = isVisible(layout, situation, node, observability);
  return { verb: 'walk', node: isSeen ? node : layout.roomOf[furnitureOf(situation, node)]! };
}

/** Puts what is held at a piece of furniture: goes there, opens it, puts it. */
function deliver(world: World, piece: number): NodeAction {
  const { near, open } = world.situation;
  if (near !== piece) return walkTo(world, nodeOf(piece));
  const { container } = furniture[piece]!;
  if (container && !open[piece]) return { verb: 'open', node: nodeOf(piece) };
  return { verb: container ? 'putin' : 'putback', node: nodeOf(piece) };
}

/** Gets the nearest thing of a kind that is not at its target yet. */
function fetch(world: World, kind: number, target: number): NodeAction {
  const { layout, situation } = world;
  const distance = (thing: number) => {
    const piece = situation.at[thing]!;
    if (piece === situation.near) return 0;
    return layout.roomOf[piece] === situation.room ? 1 : 2;
  };
  let best = -1;
  for (let i = 0; i < layout.kinds.length; i++)
    if (layout.kinds[i] === kind && situation.at[i] !== target)
      if (best < 0 || distance(i) < distance(best)) best = i;
  const piece = situation.at[best]!;
  if (furniture[piece]!.container && !situation.open[piece])
    return situation.near === piece ? { verb: 'open', node: nodeOf(piece) } : walkTo(world, nodeOf(piece));
  const node = FIRST_THING + best;
  return situation.near === piece ? { verb: 'grab', node } : walkTo(world, node);
}

/** Lays what is in the way of the hand on a surface nearby. */
function layDown(world: World): NodeAction {
  const { layout, situation } = world;
  const isNear = (piece: number) => Number(layout.roomOf[piece] === situation.room);
  const [best] = surfaces.toSorted(
    (a, b) => Number(b === situation.near) - Number(a === situation.near) || isNear(b) - isNear(a) || a - b,
  );
  return deliver(world, best!);
}

/** The next action towards a goal, or undefined when it is reached. */
export function expertStep(goal: readonly Predicate[], world: World): NodeAction | undefined {
  const { layout, situation } = world;
  const unmet = goal.find((predicate) => !holds(predicate, layout, situation));
  if (unmet === undefined) return undefined;
  const piece = pieceNamed(unmet.target);
  if (unmet.kind !== 'put') {
    const verb = unmet.kind === 'close' ? 'close' : 'switchon';
    return situation.near === piece ? { verb, node: nodeOf(piece) } : walkTo(world, nodeOf(piece));
  }
  const kind = graspable.indexOf(unmet.thing);
  if (situation.held < 0) return fetch(world, kind, piece);
  return layout.kinds[situation.held] === kind ? deliver(world, piece) : layDown(world);
}
