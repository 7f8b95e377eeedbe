/**
 * Checks a graph's invariants.
 *
 * @module
 */
import { State } from '@fletch/kernels';
import type { Rows } from './rows.js';

/** What {@link verifyGraph} finds. */
export interface GraphReport {
  readonly nodes: number;
  /** Broken rules, in words; empty when the graph is sound. */
  readonly faults: string[];
  /** Nodes that the lowest level does not lead to from the entry. */
  readonly unreachable: number;
  /** Links of the lowest level. */
  readonly links: number;
  /** Share of them that have one in the other direction. */
  readonly symmetric: number;
}

/** Reads every link of a settled graph. */
export function verifyGraph(rows: Rows): GraphReport {
  const faults: string[] = [];
  const isNode = (row: number) => row < rows.reach && (rows.state(row) & State.linked) !== 0;
  const nodes: number[] = [];
  for (let row = 0; row < rows.reach; row++) if (isNode(row)) nodes.push(row);
  const lowest = new Map<number, Set<number>>();
  for (const row of nodes) {
    if ((rows.state(row) & State.present) === 0) faults.push(`node ${row} is not present`);
    if ((rows.state(row) & State.locked) !== 0) faults.push(`node ${row} is locked`);
    const levels = rows.kernels.levelOf(row);
    for (let level = 0; level <= levels; level++) {
      const links = [...rows.links(row, level)];
      if (level === 0) lowest.set(row, new Set(links));
      if (new Set(links).size !== links.length) faults.push(`row ${row} has a link twice on level ${level}`);
      for (const link of links) {
        if (link === row) faults.push(`row ${row} is linked to itself on level ${level}`);
        else if (!isNode(link) || rows.kernels.levelOf(link) < level)
          faults.push(`row ${row} is linked to ${link} on level ${level}, which is no node there`);
      }
    }
  }
  const [entry, entryLevel] = rows.entry;
  if (nodes.length > 0 && (entryLevel === 0 || !isNode(entry))) faults.push(`the entry ${entry} is no node`);
  const reached = new Set(entryLevel > 0 ? [entry] : []);
  for (const row of reached) for (const link of lowest.get(row) ?? []) reached.add(link);
  let links = 0;
  let mutual = 0;
  for (const [row, targets] of lowest)
    for (const target of targets) {
      links++;
      if (lowest.get(target)?.has(row)) mutual++;
    }
  return {
    nodes: nodes.length,
    faults,
    unreachable: nodes.length - reached.size,
    links,
    symmetric: links === 0 ? 1 : mutual / links,
  };
}
