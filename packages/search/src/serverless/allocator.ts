/**
 * The query allocator: a node of the tree. Starts its children, filters its own share of the queries, chooses partitions,
 * calls their processors and merges.
 *
 * @module
 */
import {
  type AllocatorPart,
  candidatesIn,
  centroidDistances,
  checkQuery,
  choosePartitions,
  type Nearest,
  nearestOf,
  readAllocator,
} from '../squash/parts.js';
import { subtreeSize, treeChildren } from '../squash/tree.js';
import {
  type AllocatorEvent,
  floats,
  type Hits,
  integers,
  type ProcessorEvent,
  pack,
  packBitmaps,
  type Queries,
  type QueryReply,
  slice,
} from './messages.js';
import {
  allocatorName,
  answer,
  call,
  deadlineBelow,
  type Missing,
  type Outcome,
  type Platform,
  processorName,
  type Reply,
} from './platform.js';
import { total, type Usage } from './usage.js';

/** Answers to some queries, with what they used. */
interface Answers {
  readonly replies: QueryReply[];
  readonly usage: Usage;
}

/** Work of an allocator that its children share: the queries of the subtree, one child after the other. */
export async function startChildren(
  event: AllocatorEvent,
  own: number,
  invoke: Platform['invoke'],
): Promise<Answers> {
  const { node, tree, queries } = event;
  const children = treeChildren(node, tree);
  const weights = children.map((child) => subtreeSize(child, tree));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let before = 0;
  const calls = children.map(async (child, i): Promise<Answers> => {
    const share = (weight: number) => own + Math.round(((queries.count - own) * weight) / whole);
    const from = share(before);
    before += weights[i]!;
    const to = share(before);
    if (from === to) return { replies: [], usage: total([]) };
    const outcome = await call<QueryReply[]>(
      invoke,
      allocatorName,
      {
        ...event,
        node: child,
        queries: slice(queries, from, to),
        deadline: deadlineBelow(event.deadline),
      } satisfies AllocatorEvent,
      event.deadline,
    );
    if ('result' in outcome) return { replies: outcome.result, usage: outcome.usage };
    return {
      replies: Array.from({ length: to - from }, () => unanswered(outcome.missing)),
      usage: outcome.usage,
    };
  });
  const answers = await Promise.all(calls);
  return {
    replies: answers.flatMap(({ replies }) => replies),
    usage: total(answers.map(({ usage }) => usage)),
  };
}

/** A query of which nothing is known. */
function unanswered(missing: Missing): QueryReply {
  return { ids: '', dists: '', matched: 0, issued: 0, partitions: 0, missing: [missing] };
}

/** The allocator's function. */
export function allocator(event: AllocatorEvent, platform: Platform): Promise<Reply<QueryReply[]>> {
  return answer(platform, async (objects) => {
    const { queries, tag, node, tree } = event;
    const own = Math.ceil(queries.count / subtreeSize(node, tree));
    const below = startChildren(event, own, platform.invoke);
    // A failure of this node's own work must not leave the children's unheard.
    below.catch(() => undefined);
    const { value: part, warm } = await platform.container.retained(tag, () => readAllocator(objects, tag));
    const mine = await answerQueries(slice(queries, 0, own), event, part, platform.invoke);
    const theirs = await below;
    return {
      result: [...mine.replies, ...theirs.replies],
      below: total([mine.usage, theirs.usage]),
      warm,
    };
  });
}

/** A query, and what is asked of each partition for it. */
interface Planned {
  readonly query: Float32Array;
  readonly matched: number;
  readonly issues: ReturnType<typeof choosePartitions>;
}

/** Batch after batch: while processors work on one, the next is filtered. */
async function answerQueries(
  queries: Queries,
  event: AllocatorEvent,
  part: AllocatorPart,
  invoke: Platform['invoke'],
): Promise<Answers> {
  const { batch } = event.settings;
  const running: Promise<Answers>[] = [];
  for (let from = 0; from < queries.count; from += batch) {
    const planned = plan(slice(queries, from, Math.min(queries.count, from + batch)), event, part);
    const answers = process(planned, event, part, invoke);
    answers.catch(() => undefined);
    running.push(answers);
    // Lets the calls go out before the next batch is filtered.
    await new Promise(setImmediate);
  }
  const answers = await Promise.all(running);
  return {
    replies: answers.flatMap(({ replies }) => replies),
    usage: total(answers.map(({ usage }) => usage)),
  };
}

function plan(
  { count, vectors, where }: Queries,
  { settings }: AllocatorEvent,
  part: AllocatorPart,
): Planned[] {
  const values = floats(vectors);
  const d = part.centroids.cols;
  return Array.from({ length: count }, (_, i) => {
    const query = values.subarray((i * values.length) / count, ((i + 1) * values.length) / count);
    checkQuery(query, d);
    const predicates = where[where.length === 1 ? 0 : i] ?? [];
    const mask = predicates.length > 0 ? part.attributes.matches(predicates) : null;
    const matched = mask?.count ?? part.attributes.count;
    const issues = choosePartitions(
      centroidDistances(query, part.centroids),
      (partition) => candidatesIn(part.members[partition]!, mask),
      { needed: Math.min(settings.k, matched), factor: settings.centroidFactor },
    );
    return { query, matched, issues };
  });
}

/** One call a partition, for all queries of the batch that visit it. */
async function process(
  planned: readonly Planned[],
  { tag, settings, deadline }: AllocatorEvent,
  part: AllocatorPart,
  invoke: Platform['invoke'],
): Promise<Answers> {
  const visits = new Map<number, { query: number; rows: Uint32Array }[]>();
  for (const [query, { issues }] of planned.entries())
    for (const { partition, rows } of issues)
      visits.set(partition, [...(visits.get(partition) ?? []), { query, rows }]);
  const found = planned.map((): Nearest[] => []);
  const missing = planned.map((): Missing[] => []);
  const usages = await Promise.all(
    [...visits].map(async ([partition, visitors]) => {
      const size = part.members[partition]!.length;
      const event: ProcessorEvent = {
        tag,
        partition,
        k: settings.k,
        percent: settings.hammingPercent,
        read: Math.ceil(settings.refine * settings.k),
        count: visitors.length,
        vectors: pack(joined(visitors.map(({ query }) => planned[query]!.query))),
        bitmaps: visitors.every(({ rows }) => rows.length === size)
          ? null
          : packBitmaps(
              visitors.map(({ rows }) => rows),
              size,
            ),
      };
      const outcome: Outcome<Hits[]> = await call(
        invoke,
        processorName(partition),
        event,
        deadlineBelow(deadline),
      );
      for (const [i, { query }] of visitors.entries()) {
        if ('missing' in outcome) missing[query]!.push(outcome.missing);
        else {
          const { ids, dists } = outcome.result[i]!;
          found[query]!.push({ ids: integers(ids), dists: floats(dists) });
        }
      }
      return outcome.usage;
    }),
  );
  const replies = planned.map(({ matched, issues }, i): QueryReply => {
    const { ids, dists } = nearestOf(found[i]!, settings.k);
    return {
      ids: pack(ids),
      dists: pack(dists),
      matched,
      issued: issues.reduce((sum, { rows }) => sum + rows.length, 0),
      partitions: issues.length,
      missing: missing[i]!,
    };
  });
  return { replies, usage: total(usages) };
}

function joined(vectors: readonly Float32Array[]): Float32Array {
  const d = vectors[0]!.length;
  const result = new Float32Array(d * vectors.length);
  for (const [i, vector] of vectors.entries()) result.set(vector, i * d);
  return result;
}
