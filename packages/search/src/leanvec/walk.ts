/**
 * Walking a graph towards what is near.
 *
 * @module
 */
import type { Candidate } from './prune.js';
import type { VamanaGraph } from './vamana.js';

/** What a walk found and where it was. */
export interface Walk {
  /** The nearest, the nearest first: at most as many as the window is wide. */
  readonly found: readonly Candidate[];
  /** Nodes whose links were followed, in that order. */
  readonly visited: readonly number[];
  /** How many vectors were compared. */
  readonly compared: number;
}

/**
 * Best-first search: the nearest node that was not visited yet is, until all in the window were.
 *
 * @param distance - of a node to what is searched for
 */
export function walk(
  { entry, links }: VamanaGraph,
  distance: (id: number) => number,
  count: number,
  window: number,
): Walk {
  const seen = new Uint8Array(count);
  const buffer: { readonly id: number; readonly distance: number; open: boolean }[] = [];
  const visited: number[] = [];
  let compared = 0;
  const meet = (id: number): number => {
    if (seen[id] === 1) return buffer.length;
    seen[id] = 1;
    compared++;
    const far = distance(id);
    if (buffer.length === window && far >= buffer[window - 1]!.distance) return buffer.length;
    let place = buffer.length;
    while (place > 0 && buffer[place - 1]!.distance > far) place--;
    buffer.splice(place, 0, { id, distance: far, open: true });
    if (buffer.length > window) buffer.pop();
    return place;
  };
  meet(entry);
  for (let at = 0; at < buffer.length; ) {
    const node = buffer[at]!;
    if (!node.open) {
      at++;
      continue;
    }
    node.open = false;
    visited.push(node.id);
    // Goes on from the nearest newcomer, when one is nearer than where it is.
    for (const id of links[node.id]!) at = Math.min(at, meet(id));
  }
  return { found: buffer.map(({ id, distance: far }) => ({ id, distance: far })), visited, compared };
}
