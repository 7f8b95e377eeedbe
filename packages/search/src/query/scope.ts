/**
 * Where a query looks: the rows that it may return, and how it is to look.
 *
 * @module
 */
import { Bitset } from '../index/bitset.js';
import { largerIsBetter } from '../index/types.js';
import type { NearestOptions, VectorSpace } from '../space/types.js';
import type { View } from '../store/view.js';
import type { Filter, SearchParams } from '../types/index.js';
import { MOST_HITS } from './refuse.js';
import type { Turns } from './turns.js';

/** More excluded rows than this are taken out of the filter instead of out of the result. */
const FEW_EXCLUDED = 64;

export interface ScopeOptions {
  readonly view: View;
  readonly turns: Turns;
  /** Joined by AND. */
  readonly filters: readonly Filter[];
  /** Only these rows, when given: groups look among the rows they still want. */
  readonly within?: Bitset | undefined;
  /** Rows of the points that the request names as examples. */
  readonly excluded: ReadonlySet<number>;
  readonly params: SearchParams;
  readonly threshold: number | undefined;
  /** What prefetches found; nothing else is looked at then. */
  readonly prefetched?: Bitset;
}

/** One query's scope; what it needs is worked out when it is asked for. */
export class Scope {
  readonly view: View;
  readonly turns: Turns;
  readonly excluded: ReadonlySet<number>;
  readonly threshold: number | undefined;
  readonly #options: ScopeOptions;

  constructor(options: ScopeOptions) {
    this.view = options.view;
    this.turns = options.turns;
    this.excluded = options.excluded;
    this.threshold = options.threshold;
    this.#options = options;
  }

  /** The live rows to choose from, examples among them. Not to be changed. */
  async rows(): Promise<Bitset> {
    const { view, prefetched, within } = this.#options;
    if (prefetched) return prefetched;
    const filter = this.#filter();
    const rows = filter ? await view.matching(filter) : view.live;
    return within ? rows.and(within) : rows;
  }

  /** {@link rows} without the examples, ascending. */
  async candidates(space?: VectorSpace): Promise<Uint32Array> {
    const rows = await this.rows();
    const found = new Uint32Array(rows.count);
    let count = 0;
    for (const row of rows)
      if (!this.excluded.has(row) && (space === undefined || space.has(row))) found[count++] = row;
    return found.subarray(0, count);
  }

  /** How to search a space for `count` points, and how many hits to ask for, as examples may be among them. */
  async searching(count: number): Promise<{ options: NearestOptions; most: number }> {
    const { view, prefetched, within, params } = this.#options;
    const { hnsw_ef: ef, exact, quantization } = params;
    let filter = prefetched ?? (await view.searchable(this.#filter()));
    if (within && !prefetched) filter = (filter ?? view.live).and(within);
    let most = count + this.excluded.size;
    if (this.excluded.size > FEW_EXCLUDED || most > MOST_HITS) {
      filter = (filter ?? view.live).andNot(Bitset.of(this.excluded));
      most = count;
    }
    const options = {
      ...(await this.comparing()),
      ...(filter && { filter }),
      ...(ef && { ef }),
      ...((exact || prefetched) && { exact: true }),
      ...quantizationOptions(quantization),
    };
    return { options, most };
  }

  /** How to compare a vector with rows. */
  async comparing(): Promise<NearestOptions> {
    const { idf } = this.#options.params;
    const corpus = typeof idf === 'object' && idf !== null ? await this.view.matching(idf.corpus) : undefined;
    const { signal } = this.turns;
    return { ...(corpus && { corpus }), ...(signal && { signal }) };
  }

  /** Whether a score of this space is beyond the threshold. As in Qdrant an equal one is not. */
  enough(space: VectorSpace, score: number): boolean {
    if (this.threshold === undefined) return true;
    return largerIsBetter(space.distance) ? score > this.threshold : score < this.threshold;
  }

  #filter(): Filter | undefined {
    const { filters } = this.#options;
    return filters.length > 1 ? { must: [...filters] } : filters[0];
  }
}

/** Candidates for each hit where codes should not count: the stored vectors decide among so many. */
const IGNORING = 4;

function quantizationOptions(
  given: SearchParams['quantization'],
): Pick<NearestOptions, 'rescore' | 'oversampling'> {
  const { ignore, rescore, oversampling } = given ?? {};
  if (ignore) return { oversampling: Math.max(IGNORING, oversampling ?? 1) };
  return {
    ...(rescore != null && { rescore }),
    ...(oversampling != null && { oversampling: Math.max(1, oversampling) }),
  };
}
