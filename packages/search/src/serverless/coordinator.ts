/**
 * The coordinator: the root of the tree. Finds the current version, starts the first allocators and hands their answers back.
 *
 * @module
 */
import { readManifest } from '../squash/parts.js';
import { fitTree, treeRoot } from '../squash/tree.js';
import { startChildren } from './allocator.js';
import type { CoordinatorEvent, QueryReply } from './messages.js';
import { answer, deadlineBelow, type Platform, type Reply } from './platform.js';

/** What the coordinator answers. */
export interface CoordinatorReply {
  /** Version that was searched. */
  readonly tag: string;
  readonly replies: readonly QueryReply[];
}

/** The coordinator's function. */
export function coordinator(event: CoordinatorEvent, platform: Platform): Promise<Reply<CoordinatorReply>> {
  const deadline = Math.min(Date.now() + event.timeout, deadlineBelow(platform.ends));
  return answer(platform, async (objects) => {
    const { tag } = await readManifest(objects);
    const tree = fitTree(event.tree, event.queries.count);
    const { replies, usage } = await startChildren(
      { tag, node: treeRoot(tree), tree, queries: event.queries, settings: event.settings, deadline },
      0,
      platform.invoke,
    );
    return { result: { tag, replies }, below: usage };
  });
}
