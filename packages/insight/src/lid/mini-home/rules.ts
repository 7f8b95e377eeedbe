/**
 * What actions need and do.
 *
 * @module
 */
import { IN_HAND, type Layout, nodeCount, type Situation } from './layout.js';
import { FIRST_FURNITURE, FIRST_THING, furniture, type Verb, verbs } from './things.js';

/** An action on a node: nodes keep their numbers for the whole episode. */
export interface NodeAction {
  readonly verb: Verb;
  readonly node: number;
}

/** Who sees what. */
export type Observability = 'full' | 'partial';

/** The piece of furniture a node is, or is on or in; −1 for rooms and for what is held. */
export function furnitureOf(situation: Situation, node: number): number {
  if (node < FIRST_FURNITURE) return -1;
  if (node < FIRST_THING) return node - FIRST_FURNITURE;
  const at = situation.at[node - FIRST_THING]!;
  return at === IN_HAND ? -1 : at;
}

/** The room a node is, or is in. */
export function roomOfNode(layout: Layout, situation: Situation, node: number): number {
  if (node < FIRST_FURNITURE) return node;
  const piece = furnitureOf(situation, node);
  return piece < 0 ? situation.room : layout.roomOf[piece]!;
}

/** Rooms always; no contents of closed containers; with partial sight nothing of other rooms. */
export function isVisible(
  layout: Layout,
  situation: Situation,
  node: number,
  observability: Observability,
): boolean {
  if (node < FIRST_FURNITURE) return true;
  const piece = furnitureOf(situation, node);
  if (piece < 0) return true;
  if (node >= FIRST_THING && furniture[piece]!.container && !situation.open[piece]) return false;
  return observability === 'full' || layout.roomOf[piece] === situation.room;
}

/** Whether an action can be done. */
export function isExecutable(
  layout: Layout,
  situation: Situation,
  { verb, node }: NodeAction,
  observability: Observability,
): boolean {
  if (node >= nodeCount(layout)) return false;
  const { near, held, room, open, on } = situation;
  const piece = furnitureOf(situation, node);
  const isFurniture = node >= FIRST_FURNITURE && node < FIRST_THING;
  const kind = isFurniture ? furniture[piece]! : undefined;
  const isHere = piece >= 0 && near === piece;
  switch (verb) {
    case 'walk':
      if (node < FIRST_FURNITURE) return near >= 0 || room !== node;
      return piece >= 0 && !isHere && isVisible(layout, situation, node, observability);
    case 'grab':
      return node >= FIRST_THING && isHere && held < 0 && isVisible(layout, situation, node, observability);
    case 'open':
      return isHere && kind?.container === true && !open[piece];
    case 'close':
      return isHere && kind?.container === true && open[piece] === 1;
    case 'putback':
      return isHere && kind?.surface === true && held >= 0;
    case 'putin':
      return isHere && kind?.container === true && open[piece] === 1 && held >= 0;
    case 'switchon':
      return isHere && kind?.switchable === true && !on[piece];
  }
}

/** Does an executable action, in place. */
export function execute(layout: Layout, situation: Situation, { verb, node }: NodeAction): void {
  const piece = furnitureOf(situation, node);
  switch (verb) {
    case 'walk':
      situation.room = roomOfNode(layout, situation, node);
      situation.near = piece;
      return;
    case 'grab':
      situation.held = node - FIRST_THING;
      situation.at[situation.held] = IN_HAND;
      return;
    case 'open':
    case 'close':
      situation.open[piece] = verb === 'open' ? 1 : 0;
      return;
    case 'putback':
    case 'putin':
      situation.at[situation.held] = piece;
      situation.held = -1;
      return;
    case 'switchon':
      situation.on[piece] = 1;
      return;
  }
}

/** All executable actions, by verb and then by node. */
export function executableActions(
  layout: Layout,
  situation: Situation,
  observability: Observability,
): NodeAction[] {
  const found: NodeAction[] = [];
  for (const verb of verbs)
    for (let node = 0; node < nodeCount(layout); node++)
      if (isExecutable(layout, situation, { verb, node }, observability)) found.push({ verb, node });
  return found;
}
