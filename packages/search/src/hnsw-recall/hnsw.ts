/**
 * Hierarchical navigable small worlds as published (Malkov and Yashunin, IEEE TPAMI 42(4), 2020, arXiv 1603.09320), for measuring
 * what the graph does: every step in plain code, nothing in parallel, nothing left out. To search in, take `createHnswIndex`.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { readSections, writeSections } from '../index/sections.js';
import { comparisons } from './distance.js';
import { isBefore, PairHeap } from './heaps.js';
import { checkHnsw, type HnswStudyOptions, type StudyMetric } from './options.js';

/** Hits, nearest first; equal distances by id. */
export interface HnswStudyHits {
  readonly ids: Uint32Array;
  /** Squared Euclidean distance, 1 − cosine, or negative dot product. */
  readonly dists: Float64Array;
  /** Distances that were computed. */
  readonly visited: number;
}

/** Nodes in order of their distance. */
interface Found {
  readonly nodes: readonly number[];
  readonly distances: readonly number[];
}

/** The graph. Vectors are numbered as they come, unless they bring an id. */
export class HNSW {
  readonly dim: number;
  readonly metric: StudyMetric;
  readonly M: number;
  readonly efConstruction: number;
  readonly ef: number;
  readonly seed: number;
  readonly hierarchy: boolean;
  readonly #vectors: Float32Array[] = [];
  readonly #ids: number[] = [];
  /** Links of each node on each of its levels. */
  readonly #links: Uint32Array[][] = [];
  readonly #known = new Set<number>();
  #entry = -1;
  /** Rounds of search in which each node was met last. */
  #met = new Uint32Array(1024);
  #round = 0;
  readonly #compare: (a: Float32Array, b: Float32Array) => number;
  #visited = 0;

  /** @throws FletchError `INVALID_ARGUMENT` */
  constructor(options: HnswStudyOptions) {
    const { dim, metric, M = 16, efConstruction = 128, ef = 10, seed = 0, hierarchy = true } = options;
    checkHnsw({ dim, metric, M, efConstruction, ef, seed });
    this.dim = dim;
    this.metric = metric;
    this.M = M;
    this.efConstruction = efConstruction;
    this.ef = ef;
    this.seed = seed;
    this.hierarchy = hierarchy;
    this.#compare = comparisons[metric];
  }

  /** Vectors so far. */
  get size(): number {
    return this.#vectors.length;
  }

  /** Most links of a node on a level: M, and 2 M on the lowest. */
  cap(level: number): number {
    return level === 0 ? 2 * this.M : this.M;
  }

  /** Links of the node with this place of insertion, by level from the lowest. */
  links(node: number): readonly Uint32Array[] {
    return this.#links[node]!;
  }

  /** The id that the node with this place of insertion has. */
  id(node: number): number {
    return this.#ids[node]!;
  }

  /** The place of insertion of the node where searches begin; −1 without any. */
  get entry(): number {
    return this.#entry;
  }

  /**
   * Inserts one vector.
   *
   * @param id - its level depends on it, and not on when it comes; default: how many there are
   * @throws FletchError `DIMENSION_MISMATCH`, `NON_FINITE`, `ZERO_VECTOR` under `cosine`, `DUPLICATE_ID`
   */
  add(x: Float32Array, id = this.size): void {
    if (this.#known.has(id)) throw new FletchError('DUPLICATE_ID', `There is a vector ${id} already.`);
    const vector = this.#prepared(x);
    const node = this.size;
    const level = this.#levelOf(id);
    this.#vectors.push(vector);
    this.#ids.push(id);
    this.#known.add(id);
    this.#links.push(Array.from({ length: level + 1 }, () => new Uint32Array(0)));
    if (this.#met.length < this.size) {
      const met = new Uint32Array(2 * this.#met.length);
      met.set(this.#met);
      this.#met = met;
    }
    if (this.#entry < 0) {
      this.#entry = node;
      return;
    }
    const top = this.#links[this.#entry]!.length - 1;
    let from = this.#start(vector, level, top);
    for (let at = Math.min(level, top); at >= 0; at--) {
      const found = this.#searchLevel(vector, from, this.efConstruction, at);
      const chosen = this.#select(found, this.M);
      this.#links[node]![at] = Uint32Array.from(chosen);
      for (const neighbour of chosen) this.#linkBack(neighbour, node, at);
      from = found.nodes;
    }
    if (level > top) this.#entry = node;
  }

  /**
   * Inserts all rows of a matrix; row i has the id i.
   *
   * @param x - n x dim
   * @param order - in which they come, a permutation of 0 … n − 1; default: as they are
   * @throws FletchError as {@link add}; `INVALID_ARGUMENT` for what is no permutation
   */
  addAll(
    x: { readonly data: Float32Array; readonly rows: number; readonly cols: number },
    order?: ArrayLike<number>,
  ): void {
    if (order) checkPermutation(order, x.rows);
    for (let i = 0; i < x.rows; i++) {
      const row = order?.[i] ?? i;
      this.add(x.data.subarray(row * x.cols, (row + 1) * x.cols), row);
    }
  }

  /**
   * The nearest that a walk finds.
   *
   * @param ef - candidates of the walk; raised to `k` when smaller; default that of the graph
   * @throws FletchError `NOT_FOUND` when there are no vectors, `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NON_FINITE`, `ZERO_VECTOR`
   */
  search(query: Float32Array, k: number, ef = this.ef): HnswStudyHits {
    if (this.size === 0)
      throw new FletchError('NOT_FOUND', 'The index is empty: there is nothing to search.');
    if (!Number.isInteger(k) || k < 1)
      throw new FletchError('INVALID_ARGUMENT', `k must be 1 or more, but is ${k}.`);
    const vector = this.#prepared(query);
    this.#visited = 0;
    const top = this.#links[this.#entry]!.length - 1;
    const from = this.#start(vector, 0, top);
    const { nodes, distances } = this.#searchLevel(vector, from, Math.max(ef, k), 0);
    // Ties are ordered by insertion inside and by id outside.
    const order = nodes
      .map((node, i) => ({ id: this.#ids[node]!, distance: distances[i]! }))
      .sort((a, b) => a.distance - b.distance || a.id - b.id)
      .slice(0, k);
    return {
      ids: Uint32Array.from(order, ({ id }) => id),
      dists: Float64Array.from(order, ({ distance }) => distance),
      visited: this.#visited,
    };
  }

  /** The graph as it is kept in a file, by section: the same options, vectors and order give the same bytes. */
  sections(): Record<string, Uint8Array> {
    const { dim, metric, M, efConstruction, ef, seed, hierarchy } = this;
    const options = { dim, metric, M, efConstruction, ef, seed, hierarchy };
    const links = this.#links.flat();
    return {
      options: Buffer.from(JSON.stringify({ ...options, size: this.size, entry: this.#entry })),
      ids: asBytes(Uint32Array.from(this.#ids)),
      levels: Uint8Array.from(this.#links, ({ length }) => length),
      counts: asBytes(Uint32Array.from(links, ({ length }) => length)),
      links: asBytes(Uint32Array.from(links.flatMap((list) => [...list]))),
      vectors: asBytes(Float32Array.from(this.#vectors.flatMap((vector) => [...vector]))),
    };
  }

  /** Writes the graph to a file. Throws `DISK_FULL`, `IO`. */
  async save(path: string): Promise<void> {
    await writeSections(path, this.sections());
  }

  /** Reads what {@link save} wrote. Throws `NOT_FOUND`, `CORRUPT`, `FORMAT_TOO_NEW`. */
  static async load(path: string): Promise<HNSW> {
    const read = await readSections(path);
    const section = (name: string): Uint8Array => {
      const bytes = read.get(name);
      if (!bytes) throw new FletchError('CORRUPT', `${path} has no section "${name}": it is no such graph.`);
      return bytes;
    };
    const words = (name: string) => new Uint32Array(section(name).buffer);
    const { size, entry, ...options } = JSON.parse(Buffer.from(section('options')).toString()) as {
      readonly size: number;
      readonly entry: number;
    } & HnswStudyOptions;
    const graph = new HNSW(options);
    const [ids, levels, counts, links] = [words('ids'), section('levels'), words('counts'), words('links')];
    const vectors = new Float32Array(section('vectors').buffer);
    let list = 0;
    let link = 0;
    for (let node = 0; node < size; node++) {
      graph.#ids.push(ids[node]!);
      graph.#known.add(ids[node]!);
      graph.#vectors.push(vectors.slice(node * graph.dim, (node + 1) * graph.dim));
      const own = Array.from({ length: levels[node]! }, () => {
        const from = link;
        link += counts[list++]!;
        return links.slice(from, link);
      });
      graph.#links.push(own);
    }
    graph.#entry = entry;
    graph.#met = new Uint32Array(Math.max(1024, 2 * size));
    return graph;
  }

  /** ⌊−ln(U) / ln M⌋ with a U of its own for each id. */
  #levelOf(id: number): number {
    if (!this.hierarchy) return 0;
    return Math.floor(-Math.log(1 - rng(this.seed, id).uniform()) / Math.log(this.M));
  }

  #prepared(x: Float32Array): Float32Array {
    if (x.length !== this.dim)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `The vector has ${x.length} values, but the index has dimension ${this.dim}.`,
        {
          details: { expected: this.dim, actual: x.length },
        },
      );
    let squares = 0;
    for (let i = 0; i < x.length; i++) squares += x[i]! * x[i]!;
    if (!Number.isFinite(squares))
      throw new FletchError('NON_FINITE', 'The vector has a component that is not a finite number.');
    if (this.metric !== 'cosine') return x.slice();
    if (squares === 0)
      throw new FletchError('ZERO_VECTOR', 'A vector of zeros has no direction, which cosines compare.');
    const length = Math.sqrt(squares);
    return x.map((value) => value / length);
  }

  #distance(a: Float32Array, node: number): number {
    this.#visited++;
    return this.#compare(a, this.#vectors[node]!);
  }

  /** Where to begin on `level`: the way from the top goes to the nearest on each level above. */
  #start(vector: Float32Array, level: number, top: number): readonly number[] {
    let from: readonly number[] = [this.#entry];
    for (let at = top; at > level; at--) from = this.#searchLevel(vector, from, 1, at).nodes;
    return from;
  }

  /** Algorithm 2. */
  #searchLevel(vector: Float32Array, from: readonly number[], ef: number, level: number): Found {
    const round = ++this.#round;
    const candidates = new PairHeap('nearest');
    const results = new PairHeap('farthest');
    const meet = (node: number) => {
      this.#met[node] = round;
      const distance = this.#distance(vector, node);
      if (results.size >= ef && !isBefore(distance, node, results.topDistance, results.topNode)) return;
      candidates.push(distance, node);
      results.push(distance, node);
      if (results.size > ef) results.pop();
    };
    for (const node of from) meet(node);
    while (candidates.size > 0) {
      const [distance, node] = [candidates.topDistance, candidates.topNode];
      if (results.size >= ef && distance > results.topDistance) break;
      candidates.pop();
      for (const neighbour of this.#links[node]![level]!) if (this.#met[neighbour] !== round) meet(neighbour);
    }
    return results.sorted();
  }

  /** Algorithm 4 without its extensions: nearest first, those that are nearer to the node than to any that was kept. */
  #select({ nodes, distances }: Found, most: number): number[] {
    const kept: number[] = [];
    for (const [i, node] of nodes.entries()) {
      if (kept.length === most) break;
      if (kept.every((other) => distances[i]! < this.#distance(this.#vectors[node]!, other))) kept.push(node);
    }
    return kept;
  }

  #linkBack(node: number, to: number, level: number): void {
    const own = this.#links[node]!;
    const all = [...own[level]!, to];
    own[level] = Uint32Array.from(
      all.length <= this.cap(level) ? all : this.#select(this.#byDistance(node, all), this.cap(level)),
    );
  }

  #byDistance(node: number, others: readonly number[]): Found {
    const heap = new PairHeap('nearest');
    for (const other of others) heap.push(this.#distance(this.#vectors[node]!, other), other);
    return heap.sorted();
  }
}

const asBytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

function checkPermutation(order: ArrayLike<number>, count: number): void {
  const seen = new Uint8Array(count);
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    if (!Number.isInteger(row) || row < 0 || row >= count || seen[row])
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The order is no permutation of 0 to ${count - 1}: at position ${i} it has ${row}${seen[row] ? ' again' : ''}.`,
        { details: { position: i } },
      );
    seen[row] = 1;
  }
  if (order.length !== count)
    throw new FletchError('INVALID_ARGUMENT', `The order has ${order.length} places for ${count} vectors.`);
}
