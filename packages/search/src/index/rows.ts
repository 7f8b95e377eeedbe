/**
 * The rows of an index in WebAssembly memory: blocks of vectors, links and states that never move.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import {
  Arena,
  DIRECTORY,
  Header,
  instantiate,
  type Kernels,
  kernelModule,
  MAX_BLOCKS,
  MAX_PAGES,
  Metric,
  State,
} from '@fletch/kernels';
import { type Coding, codeStrides, decodeWhole, placeCoding } from './codes.js';
import type { Distance } from './types.js';

/** What determines the layout of an index's memory. */
export interface RowsOptions {
  readonly dimension: number;
  readonly distance: Distance;
  /** Links per node on upper levels; 0 when there is no graph. */
  readonly m: number;
  readonly efConstruction: number;
  readonly seed: number;
  /** Most bytes of WebAssembly memory. Default: 4 GiB. */
  readonly memoryLimit?: number | undefined;
  /** How rows are kept as codes. Default: as float32 vectors. */
  readonly coding?: Coding | undefined;
}

/** Part of every block: `stride` bytes for each of its rows from `offset` on. */
export interface Region {
  readonly name: string;
  readonly offset: number;
  readonly stride: number;
}

const PAGE = 65536;
/** Blocks are at most this large, but hold at least 16 and at most 1024 rows. */
const BLOCK_BYTES = 1 << 20;

const MAX_SPARE = 64 << 20;

const metrics = {
  Cosine: Metric.dot,
  Dot: Metric.dot,
  Euclid: Metric.euclid,
  Manhattan: Metric.manhattan,
} as const satisfies Record<Distance, number>;

/** Rows of vectors (and links), and this thread's kernels on them. */
export class Rows {
  readonly options: RowsOptions;
  readonly arena: Arena;
  readonly kernels: Kernels;
  readonly module: WebAssembly.Module;
  /** Floats of a stored vector: the dimension rounded up to a multiple of four. */
  readonly padded: number;
  /** Regions of a block. */
  readonly regions: readonly Region[];
  readonly #shift: number;
  readonly #blockBytes: number;
  /** Memory that rows leave to searches and threads. */
  readonly #spare: number;
  #blocks = 0;
  #live = 0;
  #upperBytes = 0;

  static async create(options: RowsOptions): Promise<Rows> {
    return new Rows(options, await kernelModule());
  }

  private constructor(options: RowsOptions, module: WebAssembly.Module) {
    this.options = options;
    this.module = module;
    this.padded = Math.ceil(options.dimension / 4) * 4;
    const codes = options.coding && codeStrides(options.coding, this.padded);
    const strides = {
      vectors: codes?.first ?? this.padded * 4,
      links: options.m * 2 * 4,
      state: 4,
      upper: options.m > 0 ? 4 : 0,
      second: codes?.second ?? 0,
    };
    const rowBytes = Object.values(strides).reduce((sum, stride) => sum + stride, 0);
    this.#shift = Math.min(10, Math.max(4, Math.floor(Math.log2(BLOCK_BYTES / rowBytes))));
    let offset = 0;
    this.regions = Object.entries(strides).map(([name, stride]) => {
      const region = { name, offset, stride };
      offset += Math.ceil((stride << this.#shift) / 64) * 64;
      return region;
    });
    this.#blockBytes = offset;
    const pages = options.memoryLimit === undefined ? MAX_PAGES : Math.floor(options.memoryLimit / PAGE);
    this.arena = new Arena(Math.min(MAX_PAGES, Math.max(8, pages)));
    this.#spare = Math.min(MAX_SPARE, this.arena.maximumBytes / 4);
    this.#writeHeader();
    if (options.coding) placeCoding(options.coding, this.arena, options.dimension, this.padded);
    this.kernels = instantiate(module, this.arena.memory, 0);
  }

  #writeHeader(): void {
    const { m, efConstruction, seed, distance } = this.options;
    const [vectors, links, state, upper, second] = this.regions as [Region, Region, Region, Region, Region];
    this.setHeader(Header.padded, this.padded);
    this.setHeader(Header.metric, metrics[distance]);
    this.setHeader(Header.shift, this.#shift);
    this.setHeader(Header.vectors, vectors.offset);
    this.setHeader(Header.vectorStride, vectors.stride);
    this.setHeader(Header.links, links.offset);
    this.setHeader(Header.linkStride, links.stride);
    this.setHeader(Header.state, state.offset);
    this.setHeader(Header.upper, upper.offset);
    const whole = second.stride > 0 ? second : vectors;
    this.setHeader(Header.second, whole.offset);
    this.setHeader(Header.secondStride, whole.stride);
    this.setHeader(Header.m, m);
    this.setHeader(Header.efConstruction, efConstruction);
    this.setHeader(Header.seed, seed);
  }

  header(field: number): number {
    return this.arena.words[field >>> 2]!;
  }

  setHeader(field: number, value: number): void {
    this.arena.words[field >>> 2] = value;
  }

  /** Rows that may be returned. */
  get live(): number {
    return this.#live;
  }

  /** Rows that can be named at all. */
  get rowLimit(): number {
    return MAX_BLOCKS << this.#shift;
  }

  /** Rows that the allocated blocks reach up to. */
  get reach(): number {
    return this.#blocks << this.#shift;
  }

  get rowsPerBlock(): number {
    return 1 << this.#shift;
  }

  /** Bytes of links that are allocated. */
  get linkBytes(): number {
    let blocks = 0;
    for (let block = 0; block < this.#blocks; block++) if (this.blockAddress(block) !== 0) blocks++;
    return this.#upperBytes + blocks * (this.regions[1]!.stride << this.#shift);
  }

  /** Address of a block, 0 when it is not allocated. */
  blockAddress(block: number): number {
    return this.arena.words[(DIRECTORY >>> 2) + block] ?? 0;
  }

  #address(row: number, region: 0 | 1 | 2 | 3 | 4): number {
    const { offset, stride } = this.regions[region]!;
    return this.blockAddress(row >>> this.#shift) + offset + (row & (this.rowsPerBlock - 1)) * stride;
  }

  allocateBlock(block: number): number {
    const known = this.blockAddress(block);
    if (known !== 0) return known;
    const address = this.arena.allocate(this.#blockBytes, this.#spare);
    this.arena.words[(DIRECTORY >>> 2) + block] = address;
    if (block >= this.#blocks) {
      this.#blocks = block + 1;
      this.setHeader(Header.blocks, this.#blocks);
    }
    return address;
  }

  /**
   * Makes room for rows, without making them present.
   *
   * @throws FletchError `OUT_OF_MEMORY`; what was allocated stays for later
   */
  reserve(rows: ArrayLike<number>): void {
    for (let i = 0; i < rows.length; i++) {
      this.allocateBlock(rows[i]! >>> this.#shift);
      this.allocateUpper(rows[i]!);
    }
  }

  /** Address of a row's links of the levels from 1 on (0 when it has none), allocated if need be. */
  allocateUpper(row: number): number {
    if (this.options.m === 0) return 0;
    const level = this.kernels.levelOf(row);
    if (level === 0) return 0;
    const field = this.#address(row, 3) >>> 2;
    const known = this.arena.words[field]!;
    if (known !== 0) return known;
    const bytes = this.upperBytes(level);
    const address = this.arena.allocate(bytes, this.#spare);
    this.arena.words[field] = address;
    this.#upperBytes += bytes;
    return address;
  }

  /** Bytes of the links of levels 1 to `level`. */
  upperBytes(level: number): number {
    return level * this.options.m * 4;
  }

  /** Address of a row's links on a level. */
  linksAddress(row: number, level: number): number {
    if (level === 0) return this.#address(row, 1);
    return this.arena.words[this.#address(row, 3) >>> 2]! + this.upperBytes(level - 1);
  }

  /** Most links that a node has on a level. */
  linkCapacity(level: number): number {
    return level === 0 ? 2 * this.options.m : this.options.m;
  }

  state(row: number): number {
    const block = this.blockAddress(row >>> this.#shift);
    return block === 0 ? 0 : Atomics.load(this.arena.words, this.#address(row, 2) >>> 2);
  }

  /** Sets and clears bits of a row's state; threads may hold its lock meanwhile. */
  setState(row: number, set: number, clear = 0): void {
    const index = this.#address(row, 2) >>> 2;
    if (set !== 0) Atomics.or(this.arena.words, index, set);
    if (clear !== 0) Atomics.and(this.arena.words, index, ~clear);
  }

  has(row: number): boolean {
    return Number.isInteger(row) && row >= 0 && row < this.reach && (this.state(row) & State.present) !== 0;
  }

  /** Changes how many rows may be returned. */
  addLive(count: number): void {
    this.#live += count;
    this.setHeader(Header.live, this.#live);
  }

  /** Stores vector `position` of a batch, times `factor`. */
  write(row: number, vectors: Float32Array, position: number, factor: number): void {
    this.writeAt(this.#address(row, 0), vectors, position, factor);
  }

  writeAt(address: number, vectors: Float32Array, position: number, factor: number): void {
    const { dimension } = this.options;
    const floats = this.arena.floats;
    const to = address >>> 2;
    const from = position * dimension;
    if (factor === 1) floats.set(vectors.subarray(from, from + dimension), to);
    else for (let i = 0; i < dimension; i++) floats[to + i] = vectors[from + i]! * factor;
  }

  /** Bytes of the codes of a row, where rows are kept as codes. */
  get codeBytes(): number {
    return this.regions[0]!.stride + this.regions[4]!.stride;
  }

  /** Floats that one comparison of a walk reads. */
  get weight(): number {
    return this.regions[0]!.stride / 4;
  }

  /** Share of a row's squared length that its first code lost. */
  lost(row: number): number {
    return this.arena.floats[(this.#address(row, 0) + this.regions[0]!.stride - 4) >>> 2]!;
  }

  /** Stores the codes of a row, which the kernels wrote to `from`. */
  writeCodes(row: number, from: number): void {
    const middle = from + this.regions[0]!.stride;
    this.arena.bytes.copyWithin(this.#address(row, 0), from, middle);
    this.arena.bytes.copyWithin(this.#address(row, 4), middle, from + this.codeBytes);
  }

  /** A copy of the stored vector, as well as it is kept. */
  vector(row: number): Float32Array {
    if (!this.has(row)) throw new FletchError('NOT_FOUND', `There is no row ${row}.`, { details: { row } });
    const { dimension, coding } = this.options;
    const copy = new Float32Array(dimension);
    if (coding) {
      const region = coding.secondary === 'none' ? 0 : 4;
      const at = this.#address(row, region);
      decodeWhole(coding, this.arena.bytes.subarray(at, at + this.regions[region]!.stride), copy);
      if (this.options.distance === 'Cosine') normalize(copy);
      return copy;
    }
    const start = this.#address(row, 0) >>> 2;
    copy.set(this.arena.floats.subarray(start, start + dimension));
    return copy;
  }

  /** Numbers of the allocated blocks. */
  blocks(): number[] {
    return Array.from({ length: this.#blocks }, (_, block) => block).filter(
      (block) => this.blockAddress(block) !== 0,
    );
  }

  isAllocated(row: number): boolean {
    return this.blockAddress(row >>> this.#shift) !== 0;
  }

  /** One region of one block, in place. */
  regionBytes(block: number, name: string): Uint8Array {
    const { offset, stride } = this.regions.find((region) => region.name === name)!;
    const start = this.blockAddress(block) + offset;
    return this.arena.bytes.subarray(start, start + (stride << this.#shift));
  }

  /** Rows that have links of levels from 1 on. */
  *upperRows(): Generator<number> {
    if (this.options.m === 0) return;
    for (let row = 0; row < this.reach; row++)
      if (this.isAllocated(row) && this.arena.words[this.#address(row, 3) >>> 2] !== 0) yield row;
  }

  /** A row's links of the levels from 1 on, in place. */
  upperLinks(row: number): Uint8Array {
    const start = this.arena.words[this.#address(row, 3) >>> 2]!;
    return this.arena.bytes.subarray(start, start + this.upperBytes(this.kernels.levelOf(row)));
  }

  /** Rows that a node is linked to on a level. */
  *links(row: number, level: number): Generator<number> {
    const start = this.linksAddress(row, level) >>> 2;
    for (let i = start; i < start + this.linkCapacity(level); i++) {
      const link = this.arena.words[i]!;
      if (link === 0) return;
      yield link - 1;
    }
  }

  /** Where searches begin: a row and its level + 1, which is 0 while the graph is empty. */
  get entry(): readonly [row: number, level: number] {
    return [this.header(Header.entryRow), this.header(Header.entryLevel)];
  }

  /** Takes over what a snapshot says about rows whose regions were read. */
  restore(live: number, entry: readonly [row: number, level: number]): void {
    this.#live = 0;
    this.addLive(live);
    this.setHeader(Header.entryRow, entry[0]);
    this.setHeader(Header.entryLevel, entry[1]);
    for (let row = 0; row < this.reach; row++)
      if (this.isAllocated(row)) this.setState(row, 0, State.locked | State.tail);
  }
}

/** Brings what a code stands for to unit length again. */
function normalize(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i]! /= length;
}
