/**
 * The reads of one collection. Each looks at one state of it, whatever is written meanwhile.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import { parseId } from '../store/ids.js';
import { readIds } from '../store/read.js';
import type {
  CountRequest,
  GroupsResult,
  PointId,
  PointRecord,
  QueryGroupsRequest,
  QueryRequest,
  ScoredPoint,
  ScrollRequest,
  ScrollResult,
  SearchMatrixOffsets,
  SearchMatrixPairs,
  SearchMatrixRequest,
} from '../types/index.js';
import { findGroups } from './groups.js';
import { sliceHits } from './hits.js';
import { readOrderBy } from './kinds/order.js';
import { rowsById } from './kinds/plain.js';
import { matrixOffsets, matrixPairs, searchMatrix } from './matrix.js';
import { RequestReader } from './read.js';
import { Recorder, type Selectors } from './record.js';
import { badRequest, MOST_HITS, readInteger, refuse, shown } from './refuse.js';
import { runNode, withoutRepeats } from './run.js';
import { Scope } from './scope.js';
import { type QuerySource, Views } from './source.js';
import { Turns } from './turns.js';

/** What a long read may be told beside its request. */
export interface ReadOptions {
  /** Ends the read; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

export class Reader {
  readonly #source: QuerySource;

  constructor(source: QuerySource) {
    this.#source = source;
  }

  retrieve(ids: readonly PointId[], selectors: Selectors): PointRecord[] {
    const view = this.#source.view();
    try {
      const recorder = new Recorder(view, selectors, true);
      return readIds(ids, 'ids').flatMap((id) => {
        const row = view.row(id);
        return row === undefined ? [] : [recorder.record(row)];
      });
    } finally {
      view.release();
    }
  }

  query(request: QueryRequest, { signal }: ReadOptions = {}): Promise<ScoredPoint[]> {
    return this.#reading((views) => query(request, views, new Turns(signal)));
  }

  queryBatch(requests: readonly QueryRequest[], { signal }: ReadOptions = {}): Promise<ScoredPoint[][]> {
    return this.#reading(async (views) => {
      if (!Array.isArray(requests)) throw refuse('searches', `expected a list, got ${shown(requests)}.`);
      const turns = new Turns(signal);
      const answers: ScoredPoint[][] = [];
      for (const [i, request] of requests.entries()) {
        if (turns.over) await turns.pause();
        answers.push(await query(request, views, turns).catch((error) => named(error, i)));
      }
      return answers;
    });
  }

  queryGroups(request: QueryGroupsRequest, { signal }: ReadOptions = {}): Promise<GroupsResult> {
    return this.#reading((views) => findGroups(request, views, new Turns(signal)));
  }

  searchMatrixPairs(request: SearchMatrixRequest, { signal }: ReadOptions = {}): Promise<SearchMatrixPairs> {
    return this.#reading(async (views) => matrixPairs(await searchMatrix(request, views, new Turns(signal))));
  }

  searchMatrixOffsets(
    request: SearchMatrixRequest,
    { signal }: ReadOptions = {},
  ): Promise<SearchMatrixOffsets> {
    return this.#reading(async (views) =>
      matrixOffsets(await searchMatrix(request, views, new Turns(signal))),
    );
  }

  scroll(request: ScrollRequest): Promise<ScrollResult> {
    return this.#reading((views) => scroll(request, views));
  }

  count({ filter }: CountRequest): Promise<number> {
    return this.#reading(async ({ own }) => (filter ? (await own.matching(filter)).count : own.count));
  }

  async #reading<T>(read: (views: Views) => Promise<T>): Promise<T> {
    const views = new Views(this.#source);
    try {
      return await read(views);
    } finally {
      views.release();
    }
  }
}

async function query(request: QueryRequest, views: Views, turns: Turns): Promise<ScoredPoint[]> {
  const reader = new RequestReader(views);
  const node = reader.read(request);
  const recorder = new Recorder(views.own, request, false);
  const random = isSample(request) && node.prefetches.length === 0;
  const skipped = readInteger(request.offset, 'offset', 0, 0);
  // There are no pages of a sample that is drawn anew each time.
  const offset = random ? 0 : skipped;
  if (offset + node.limit > MOST_HITS)
    throw refuse('offset', `offset and limit together may be ${MOST_HITS}, got ${offset + node.limit}.`);
  const run = { views, turns, excluded: reader.excluded };
  const hits = withoutRepeats(await runNode(node, offset + node.limit, run));
  return recorder.all(sliceHits(hits, offset, offset + node.limit));
}

function isSample({ query }: QueryRequest): boolean {
  return typeof query === 'object' && query !== null && 'sample' in query;
}

async function scroll(request: ScrollRequest, views: Views): Promise<ScrollResult> {
  const { filter, offset, order_by } = request;
  const limit = readInteger(request.limit, 'limit', 1, 10);
  const start = offset === undefined || offset === null ? undefined : parseId(offset, 'offset');
  const recorder = new Recorder(views.own, request, true);
  const scope = new Scope({
    view: views.own,
    turns: new Turns(),
    filters: filter ? [filter] : [],
    excluded: new Set(),
    params: {},
    threshold: undefined,
  });
  if (order_by === undefined || order_by === null) {
    const rows = await rowsById(scope, start, limit + 1);
    return {
      points: rows.slice(0, limit).map((row) => recorder.record(row)),
      next_page_offset: rows.length > limit ? views.own.id(rows[limit]!) : null,
    };
  }
  if (start !== undefined)
    throw badRequest(
      'Cannot use an `offset` when using `order_by`. The alternative for paging is to use ' +
        "`order_by.start_from` and a filter to exclude the IDs that you've already seen for the " +
        '`order_by.start_from` value',
    );
  const kind = readOrderBy(order_by, 'order_by', views.source.schema());
  const { rows, values } = await kind.search(scope, limit);
  return { points: Array.from(rows, (row, i) => recorder.record(row, values![i])), next_page_offset: null };
}

/** Says which query of a batch failed. */
function named(error: unknown, i: number): never {
  if (isFletchError(error)) error.message = `searches[${i}]: ${error.message}`;
  throw error;
}
