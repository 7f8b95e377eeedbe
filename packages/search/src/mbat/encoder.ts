/**
 * JSON documents as vectors: an object is the sum of its members, each bound to its key by an orthogonal matrix, so that documents
 * with like values at like paths lie near each other (Gallant, arXiv 2202.04771).
 *
 * @module
 */
import { FletchError, type Json, type LongWork, throwIfAborted } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { addTo, type EmbeddingTable, Leaves, type NumberMode } from './leaves.js';
import { Gathering, type NumberRange, type PathFacts } from './ranges.js';
import { dot, norm, unit, VSA } from './vsa.js';
import {
  type ArrayMode,
  checkDepth,
  elementPath,
  entriesOf,
  kindOf,
  leavesOf,
  memberPath,
  membersOf,
  type Step,
  stepsOf,
} from './walk.js';

/** How a {@link JsonEncoder} works. */
export interface JsonEncoderOptions {
  /** Default: a {@link VSA} of 512 dimensions with Haar matrices and seed 0. */
  readonly vsa?: VSA;
  /** `hash`: words are alike or not. With vectors of words, alike words are near. Default: `hash`. */
  readonly strings?: 'hash' | EmbeddingTable;
  /** `arc`: near numbers are near; `fourier`: on a finer scale; `hash`: equal or not. Default: `arc`. */
  readonly numbers?: NumberMode;
  /** Ranges of numbers by path; others are learnt by {@link JsonEncoder.fit}. */
  readonly ranges?: Readonly<Record<string, NumberRange>>;
  /** How arrays are read, all of them or by path; a path that is not named is a `bag`. Default: `bag`. */
  readonly arrays?: ArrayMode | Readonly<Record<string, ArrayMode>>;
  /** `sqrt`: sums are divided by the root of how many they are, so that deep and wide parts weigh alike. Default: `sqrt`. */
  readonly normalize?: 'sqrt' | 'none';
  /** Weight of an object having a key, beside what the key holds. Default: 0.25. */
  readonly keyWeight?: number;
  /** Whether words count by how rare they are, once that was learnt. Default: true. */
  readonly idf?: boolean;
  /**
   * Paths of objects whose keys are ids and not names: each member is read as `{ key, value }`. Besides, {@link JsonEncoder.fit} finds
   * objects with more than {@link MANY_KEYS} different keys. Default: none.
   */
  readonly maps?: readonly string[];
  /** Most values of a path that {@link JsonEncoder.query} can find. Default: 1000. */
  readonly values?: number;
}

/** A value that a path may have, as JSON text, and its cosine. */
export interface PathValue {
  readonly name: string;
  readonly cos: number;
}

/** What a path adds to the cosine of two documents. */
export interface PathContribution {
  /** {@link ACROSS} for what different paths happen to have in common. */
  readonly path: string;
  readonly contribution: number;
}

/** Different keys of one path from which on they are taken for ids. */
export const MANY_KEYS = 1000;
/** The noise between different paths, in {@link JsonEncoder.explain}. */
export const ACROSS = '(across paths)';
/** Documents that are encoded together. */
const TOGETHER = 1000;

/** Values of one path, and the rows that they belong to. */
interface Group {
  readonly rows: number[];
  readonly values: unknown[];
}

/**
 * Makes vectors of JSON documents of any shape.
 *
 * @example
 * ```ts
 * const encoder = new JsonEncoder().fit(records);
 * const vector = encoder.encode({ name: 'curl', depends: [{ name: 'libc6' }] });
 * encoder.query(vector, 'depends[].name'); // [{ name: '"libc6"', cos: 0.7 }, …]
 * ```
 */
export class JsonEncoder {
  readonly vsa: VSA;
  readonly options: Required<Omit<JsonEncoderOptions, 'vsa' | 'strings'>>;
  readonly strings: 'hash' | EmbeddingTable;
  readonly #leaves: Leaves;
  #paths: ReadonlyMap<string, PathFacts> = new Map();
  #weights: ReadonlyMap<string, number> = new Map();
  /** What a word weighs that was never seen. */
  #rarest = 1;
  #maps: ReadonlySet<string>;

  /** @throws FletchError `INVALID_ARGUMENT` */
  constructor(options: JsonEncoderOptions = {}) {
    const { vsa = new VSA(), strings = 'hash', numbers = 'arc', ranges = {}, arrays = 'bag' } = options;
    const { normalize = 'sqrt', keyWeight = 0.25, idf = true, maps = [], values = 1000 } = options;
    if (!(keyWeight >= 0 && keyWeight < Number.POSITIVE_INFINITY))
      throw new FletchError('INVALID_ARGUMENT', `keyWeight must be 0 or more, but is ${keyWeight}.`);
    this.vsa = vsa;
    this.strings = strings;
    this.options = { numbers, ranges, arrays, normalize, keyWeight, idf, maps, values };
    this.#maps = new Set(maps);
    this.#leaves = new Leaves(vsa, strings === 'hash' ? undefined : strings, numbers);
  }

  /** Paths that were seen, and what is known of each. */
  get paths(): ReadonlyMap<string, PathFacts> {
    return this.#paths;
  }

  /** Weights of words; without any all count alike. */
  get weights(): ReadonlyMap<string, number> {
    return this.#weights;
  }

  /** Paths of objects that are read as maps. */
  get maps(): ReadonlySet<string> {
    return this.#maps;
  }

  /**
   * Learns ranges of numbers, how rare words are, and which values there are. What was learnt before is forgotten.
   *
   * @throws FletchError for what is not JSON
   */
  fit(samples: Iterable<unknown>): this {
    const all = [...samples];
    const maps = new Set([...this.options.maps, ...wideObjects(all)]);
    const gathering = new Gathering();
    for (const sample of all) gathering.add(leavesOf(sample, maps));
    const paths = gathering.paths(this.options.values);
    return this.restore(paths, this.options.idf ? gathering.weights() : new Map(), maps);
  }

  /** Takes over what another encoder has learnt. */
  restore(
    paths: ReadonlyMap<string, PathFacts>,
    weights: ReadonlyMap<string, number>,
    maps: ReadonlySet<string>,
  ): this {
    this.#paths = paths;
    this.#weights = weights;
    this.#rarest = [...weights.values()].reduce((most, weight) => Math.max(most, weight), 1);
    this.#maps = maps;
    return this;
  }

  /**
   * The vector of a document: `dim` numbers, length 1.
   *
   * @throws FletchError `NON_FINITE`, `INVALID_ARGUMENT` for what is not JSON, or nested more than 256 levels
   */
  encode(document: unknown): Float32Array {
    return this.encodeAll([document]).data;
  }

  /**
   * The vectors of documents, one a row. Values of the same path are bound together: much faster than one by one.
   *
   * @throws FletchError as {@link encode}; `ABORTED`
   */
  encodeAll(documents: readonly unknown[], { signal, onProgress }: LongWork = {}): Matrix<Float32Array> {
    const out = new Matrix(new Float32Array(documents.length * this.vsa.dim), documents.length, this.vsa.dim);
    for (let from = 0; from < documents.length; from += TOGETHER) {
      throwIfAborted(signal);
      const part = this.#encode(documents.slice(from, from + TOGETHER), '', 0);
      for (let i = 0; i < part.rows; i++) unit(rowOf(part, i));
      out.data.set(part.data, from * this.vsa.dim);
      onProgress?.({ done: from + part.rows, total: documents.length });
    }
    return out;
  }

  /** Values of one path, before they are bound to it. */
  #encode(values: readonly unknown[], path: string, depth: number): Matrix<Float32Array> {
    checkDepth(depth, path);
    const { dim } = this.vsa;
    const out = new Matrix(new Float32Array(values.length * dim), values.length, dim);
    const members = new Map<string, Group>();
    const arrays: { row: number; elements: readonly unknown[] }[] = [];
    const sizes = new Uint32Array(values.length);
    for (const [row, value] of values.entries()) {
      const kind = kindOf(value, path);
      const elements = kind === 'array' ? (value as unknown[]) : this.#entries(kind, value, path);
      if (elements && elements.length > 0) arrays.push({ row, elements });
      else if (kind === 'object' && membersOf(value as object).length > 0) {
        const own = membersOf(value as object);
        sizes[row] = own.length;
        for (const [key, member] of own) {
          const group = members.get(key) ?? { rows: [], values: [] };
          members.set(key, group);
          group.rows.push(row);
          group.values.push(member);
        }
      } else rowOf(out, row).set(this.#leaf(value as Json, path));
    }
    for (const [key, group] of members) this.#addMembers(out, sizes, key, group, path, depth);
    if (arrays.length > 0) this.#addArrays(out, arrays, path, depth);
    return out;
  }

  /** The members of a map as `{ key, value }`. */
  #entries(kind: string, value: unknown, path: string): unknown[] | undefined {
    return kind === 'object' && this.#maps.has(path) ? entriesOf(value as object) : undefined;
  }

  #leaf(value: Json, path: string): Float32Array {
    if (typeof value === 'string')
      return this.#leaves.text(value, (token) => this.#weights.get(token) ?? this.#rarest);
    if (typeof value === 'number')
      return this.#leaves.number(value, this.options.ranges[path] ?? this.#paths.get(path)?.range);
    return this.#leaves.constant(value);
  }

  #scale(count: number): number {
    return this.options.normalize === 'sqrt' ? 1 / Math.sqrt(count) : 1;
  }

  #addMembers(
    out: Matrix<Float32Array>,
    sizes: Uint32Array,
    key: string,
    { rows, values }: Group,
    path: string,
    depth: number,
  ): void {
    const bound = this.vsa.role(keyRole(key)).bind(this.#encode(values, memberPath(path, key), depth + 1));
    const { keyWeight } = this.options;
    const having = keyWeight > 0 ? this.vsa.symbol(keyRole(key)) : undefined;
    for (const [i, row] of rows.entries()) {
      const scale = this.#scale(sizes[row]!);
      addTo(rowOf(out, row), rowOf(bound, i), scale);
      if (having) addTo(rowOf(out, row), having, keyWeight * scale);
    }
  }

  #addArrays(
    out: Matrix<Float32Array>,
    arrays: readonly { readonly row: number; readonly elements: readonly unknown[] }[],
    path: string,
    depth: number,
  ): void {
    const mode = this.#mode(path);
    const { dim } = this.vsa;
    const encoded = this.#encode(
      arrays.flatMap(({ elements }) => elements),
      elementPath(path),
      depth + 1,
    );
    let sums = new Matrix(new Float32Array(arrays.length * dim), arrays.length, dim);
    const starts: number[] = [];
    let at = 0;
    for (const { elements } of arrays) {
      starts.push(at);
      at += elements.length;
    }
    if (mode === 'bag') {
      for (const [i, { elements }] of arrays.entries())
        for (let j = 0; j < elements.length; j++) addTo(rowOf(sums, i), rowOf(encoded, starts[i]! + j), 1);
    } else {
      // Horner's rule: x₀ + M (x₁ + M (x₂ + …)).
      const next = this.vsa.role(NEXT);
      const longest = arrays.reduce((most, { elements }) => Math.max(most, elements.length), 0);
      for (let place = longest - 1; place >= 0; place--) {
        sums = next.bind(sums);
        for (const [i, { elements }] of arrays.entries()) {
          if (place >= elements.length) continue;
          const j = mode === 'sequence' ? place : elements.length - 1 - place;
          addTo(rowOf(sums, i), rowOf(encoded, starts[i]! + j), 1);
        }
      }
    }
    const bound = this.vsa.role(ARRAY).bind(sums);
    for (const [i, { row, elements }] of arrays.entries())
      addTo(rowOf(out, row), rowOf(bound, i), this.#scale(elements.length));
  }

  #mode(path: string): ArrayMode {
    const { arrays } = this.options;
    return typeof arrays === 'string' ? arrays : (arrays[path] ?? 'bag');
  }

  /**
   * What a document has at a path, read out of its vector: the values that were seen there when the encoder was fitted, the likeliest
   * first.
   *
   * @param path - e.g. `maintainer.host`, `depends[].name`, `list[2]` of a sequence
   * @param most - of values that are returned; default 10
   * @throws FletchError `NOT_FOUND` for a path that no sample had, `DIMENSION_MISMATCH`
   */
  query(vector: Float32Array, path: string, most = 10): PathValue[] {
    const steps = stepsOf(path);
    const known = path.replaceAll(/\[\d+\]/g, '[]');
    const facts = this.#paths.get(known);
    if (!facts)
      throw new FletchError(
        'NOT_FOUND',
        this.#paths.size === 0
          ? 'The encoder was not fitted: it knows no values to choose from.'
          : `No sample has a value at "${path}". There are: ${[...this.#paths.keys()].slice(0, 20).join(', ')}.`,
        { details: { path } },
      );
    const found = steps.reduce((at, step) => this.#unbind(at, step), this.vsa.bundle([vector]));
    const length = norm(found) || 1;
    return facts.values
      .map((name) => ({ name, cos: dot(found, this.#leafVector(name, known)) / length }))
      .sort((a, b) => b.cos - a.cos)
      .slice(0, most);
  }

  #leafVector(text: string, path: string): Float32Array {
    return this.#leaf(JSON.parse(text) as Json, path);
  }

  #unbind(vector: Float32Array, step: Step): Float32Array {
    if ('key' in step) return this.vsa.unbind(keyRole(step.key), vector);
    let inside = this.vsa.unbind(ARRAY, vector);
    for (let i = 0; i < (step.element ?? 0); i++) inside = this.vsa.unbind(NEXT, inside);
    return inside;
  }

  /**
   * Why two documents are as near as they are: what each path adds to their cosine, the largest first. The contributions sum to the
   * cosine; a path that ends in `{…}` stands for the keys of an object.
   *
   * @throws FletchError as {@link encode}
   */
  explain(a: unknown, b: unknown): PathContribution[] {
    const [first, second] = [this.parts(a), this.parts(b)];
    const whole = (parts: ReadonlyMap<string, Float32Array>) => this.vsa.bundle([...parts.values()]);
    const [wholeA, wholeB] = [whole(first), whole(second)];
    const lengths = norm(wholeA) * norm(wholeB) || 1;
    const shared = [...first].flatMap(([path, part]) => {
      const other = second.get(path);
      return other ? [{ path, contribution: dot(part, other) / lengths }] : [];
    });
    const rest =
      dot(wholeA, wholeB) / lengths - shared.reduce((sum, { contribution }) => sum + contribution, 0);
    return [...shared, { path: ACROSS, contribution: rest }].sort((x, y) => y.contribution - x.contribution);
  }

  /**
   * The document's vector as a sum over paths: each leaf times the matrices on the way to it. Not brought to length 1.
   *
   * @throws FletchError as {@link encode}
   */
  parts(document: unknown): Map<string, Float32Array> {
    const parts = new Map<string, Float32Array>();
    this.#collect(document, '', 0, (path, vector) => {
      const sum = parts.get(path);
      if (sum) addTo(sum, vector, 1);
      else parts.set(path, vector.slice());
    });
    return parts;
  }

  #collect(
    value: unknown,
    path: string,
    depth: number,
    emit: (path: string, vector: Float32Array) => void,
  ): void {
    checkDepth(depth, path);
    const kind = kindOf(value, path);
    const elements = kind === 'array' ? (value as unknown[]) : this.#entries(kind, value, path);
    const { vsa } = this;
    const scaled = (vector: Float32Array, scale: number) => vsa.bundle([vector], [scale]);
    if (elements && elements.length > 0) {
      const mode = this.#mode(path);
      for (const [i, element] of elements.entries()) {
        const place = mode === 'bag' ? 0 : mode === 'sequence' ? i : elements.length - 1 - i;
        this.#collect(element, elementPath(path), depth + 1, (at, vector) => {
          let moved = vector;
          for (let step = 0; step < place; step++) moved = vsa.bind(NEXT, moved);
          emit(at, scaled(vsa.bind(ARRAY, moved), this.#scale(elements.length)));
        });
      }
      return;
    }
    const members = kind === 'object' ? membersOf(value as object) : [];
    for (const [key, member] of members) {
      const scale = this.#scale(members.length);
      const { keyWeight } = this.options;
      if (keyWeight > 0) emit(`${path}{…}`, scaled(vsa.symbol(keyRole(key)), keyWeight * scale));
      this.#collect(member, memberPath(path, key), depth + 1, (at, vector) =>
        emit(at, scaled(vsa.bind(keyRole(key), vector), scale)),
      );
    }
    if (members.length === 0) emit(path, this.#leaf(value as Json, path));
  }
}

const ARRAY = 'array';
const NEXT = 'next';
const keyRole = (key: string) => `key:${key}`;

function rowOf({ data, cols }: Matrix<Float32Array>, row: number): Float32Array {
  return data.subarray(row * cols, (row + 1) * cols);
}

/** Paths of objects that have too many different keys for names. */
function wideObjects(samples: readonly unknown[]): string[] {
  const keys = new Map<string, Set<string>>();
  const visit = (value: unknown, path: string, depth: number): void => {
    checkDepth(depth, path);
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (const element of value) visit(element, elementPath(path), depth + 1);
      return;
    }
    const seen = keys.get(path) ?? new Set<string>();
    keys.set(path, seen);
    for (const [key, member] of membersOf(value)) {
      seen.add(key);
      // Below what is known to be a map there is nothing more to learn.
      if (seen.size <= MANY_KEYS) visit(member, memberPath(path, key), depth + 1);
    }
  };
  for (const sample of samples) visit(sample, '', 0);
  return [...keys].flatMap(([path, seen]) => (seen.size > MANY_KEYS ? [path] : []));
}
