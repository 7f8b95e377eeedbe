/**
 * How LMDB lays pages out in a database file, read with every bound checked: what the library itself follows
 * without looking must have been looked at before.
 *
 * The file is made of pages of one size. The first two are roots, of which the one with the higher transaction
 * number counts. A root names the trees of the free pages and of the tables; a leaf of the latter names the tree of
 * each table.
 *
 * @module
 */

const HEADER = 24;
const NODE = 8;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const MAGIC = 0xbeefc0de;
const VERSION = 2;

/** Bytes of a root that mean something. */
export const ROOT_BYTES = 168;

const flag = { branch: 1, leaf: 2, overflow: 4, meta: 8 };
const node = { big: 1, table: 2, duplicates: 4 };

/** Keys are compared as 32-bit integers. */
export const INTEGER_KEYS = 8;

/** A tree of pages. */
export interface Tree {
  readonly flags: number;
  readonly depth: number;
  readonly entries: number;
  /** Number of the root page; undefined when the tree is empty. */
  readonly root: number | undefined;
}

export interface Root {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: number;
  readonly free: Tree;
  readonly main: Tree;
}

/** An entry of a leaf: its value stands in the page, on pages of its own, or is a table's tree. */
export interface LeafNode {
  readonly key: Buffer;
  readonly value?: Buffer;
  /** Where the value begins, how many pages it takes and how many bytes it has. */
  readonly overflow?: { readonly page: number; readonly pages: number; readonly bytes: number };
  readonly table?: Tree;
}

export interface BranchNode {
  readonly key: Buffer;
  readonly child: number;
}

/** A page as its own bytes describe it. */
export type Page =
  | { readonly kind: 'branch'; readonly transaction: number; readonly nodes: readonly BranchNode[] }
  | { readonly kind: 'leaf'; readonly transaction: number; readonly nodes: readonly LeafNode[] }
  | { readonly kind: 'overflow'; readonly transaction: number; readonly pages: number };

/** What is wrong with a page. */
export class PageFault extends Error {}

/** Reads the root in page `number` (0 or 1). Throws PageFault. */
export function readRoot(bytes: Buffer, number: number): Root {
  if (bytes.length < ROOT_BYTES) throw new PageFault('it is too short');
  if (bytes.readUInt32LE(24) !== MAGIC) throw new PageFault('it does not begin as a database does');
  if (
    integer(bytes, 0) !== number ||
    bytes.readUInt16LE(18) !== flag.meta ||
    bytes.readUInt32LE(28) !== VERSION
  )
    throw new PageFault(`root ${number} is not valid`);
  const pageSize = bytes.readUInt32LE(48);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0)
    throw new PageFault(`it names a page size of ${pageSize}`);
  const root = {
    pageSize,
    free: readTree(bytes, 48),
    main: readTree(bytes, 96),
    lastPage: integer(bytes, 144),
    transaction: integer(bytes, 152),
  };
  const placed = root.transaction === 0 || root.transaction % 2 === number;
  if (
    bytes.readBigUInt64LE(32) !== 0n ||
    root.free.flags !== INTEGER_KEYS ||
    root.main.flags !== 0 ||
    !placed
  )
    throw new PageFault(`root ${number} is not valid`);
  return root;
}

/**
 * The root that counts. Throws PageFault, also when the two cannot be neighbours in time: the newer one of them must
 * have been damaged then.
 */
export function newerRoot(first: Root, second: Root): Root {
  const [newer, older] = first.transaction >= second.transaction ? [first, second] : [second, first];
  const apart = newer.transaction - older.transaction;
  if (first.pageSize !== second.pageSize || (apart > 1 && older.transaction !== 0) || newer.lastPage < 1)
    throw new PageFault('its two roots do not belong together');
  return newer;
}

/** Reads page `number` out of `bytes`, which are its own. Throws PageFault. */
export function readPage(bytes: Buffer, number: number): Page {
  const flags = bytes.readUInt16LE(18);
  if (integer(bytes, 0) !== number) throw new PageFault('it carries the number of another page');
  const transaction = integer(bytes, 8);
  if (flags === flag.overflow) return { kind: 'overflow', transaction, pages: bytes.readUInt32LE(20) };
  if (flags !== flag.branch && flags !== flag.leaf) throw new PageFault('it is of no known kind');
  const lower = bytes.readUInt16LE(20);
  const upper = bytes.readUInt16LE(22);
  if (lower % 2 !== 0 || lower > upper || HEADER + upper > bytes.length)
    throw new PageFault('its bounds are not valid');
  const count = lower / 2;
  if (flags === flag.branch) {
    if (count < 2) throw new PageFault('it leads to fewer than two pages');
    const nodes = Array.from({ length: count }, (_, i) => readBranchNode(bytes, entryAt(bytes, i, upper)));
    return { kind: 'branch', transaction, nodes };
  }
  if (count < 1) throw new PageFault('it is empty');
  const nodes = Array.from({ length: count }, (_, i) => readLeafNode(bytes, entryAt(bytes, i, upper)));
  return { kind: 'leaf', transaction, nodes };
}

/** Where the parts of a page stand: for who reads many of them. */
export const place = { flags: 18, pages: 20, lower: 20, upper: 22, entries: HEADER, node: NODE };
export const pageFlag = flag;
export const nodeFlag = node;

/** Pages that a value of so many bytes takes when it has pages of its own. */
export function overflowPages(bytes: number, pageSize: number): number {
  return Math.floor((HEADER - 1 + bytes) / pageSize) + 1;
}

/** Where the bytes of such a value begin in its first page. */
export const OVERFLOW_START = HEADER;

/** The order in which a tree keeps its keys. */
export function compareKeys(tree: Tree): (a: Buffer, b: Buffer) => number {
  if ((tree.flags & INTEGER_KEYS) === 0) return Buffer.compare;
  return (a, b) => (a.length === 8 && b.length === 8 ? integer(a, 0) - integer(b, 0) : small(a) - small(b));
}

function small(key: Buffer): number {
  if (key.length !== 4) throw new PageFault('a key has a wrong length');
  return key.readUInt32LE(0);
}

function entryAt(bytes: Buffer, index: number, upper: number): number {
  const offset = bytes.readUInt16LE(HEADER + 2 * index);
  if (offset < upper || offset % 2 !== 0 || HEADER + offset + NODE > bytes.length)
    throw new PageFault('an entry lies outside');
  return HEADER + offset;
}

function readBranchNode(bytes: Buffer, at: number): BranchNode {
  const child = bytes.readUInt32LE(at) + bytes.readUInt16LE(at + 4) * 2 ** 32;
  return { key: slice(bytes, at + NODE, bytes.readUInt16LE(at + 6)), child };
}

function readLeafNode(bytes: Buffer, at: number): LeafNode {
  const size = bytes.readUInt32LE(at);
  const flags = bytes.readUInt16LE(at + 4);
  const key = slice(bytes, at + NODE, bytes.readUInt16LE(at + 6));
  const data = at + NODE + key.length;
  if (flags === 0) return { key, value: slice(bytes, data, size) };
  if (flags === node.big) {
    const where = slice(bytes, data, 24);
    return { key, overflow: { page: integer(where, 0), pages: integer(where, 16), bytes: size } };
  }
  if (flags === node.table && size === 48) return { key, table: readTree(slice(bytes, data, 48), 0) };
  throw new PageFault('an entry is of no known kind');
}

function readTree(bytes: Buffer, at: number): Tree {
  const root = bytes.readBigUInt64LE(at + 40);
  return {
    flags: bytes.readUInt16LE(at + 4),
    depth: bytes.readUInt16LE(at + 6),
    entries: integer(bytes, at + 32),
    root: root === NO_PAGE ? undefined : integer(bytes, at + 40),
  };
}

function slice(bytes: Buffer, start: number, length: number): Buffer {
  if (start + length > bytes.length) throw new PageFault('an entry reaches beyond its end');
  return bytes.subarray(start, start + length);
}

/** A 64-bit number; one that is too large to be meant comes out as infinity. */
export function integer(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32LE(at + 4);
  return high >= 2 ** 21 ? Number.POSITIVE_INFINITY : high * 2 ** 32 + bytes.readUInt32LE(at);
}

/** Page numbers in a record of the free list: lone pages, or runs as a negative length before the first page. */
export function* freeRuns(value: Buffer): Generator<{ first: number; pages: number }> {
  const count = value.length / 8 - 1;
  if (!Number.isInteger(count) || count < 0 || integer(value, 0) > count)
    throw new PageFault('a record of the free list is not valid');
  for (let i = 1; i <= integer(value, 0); i++) {
    const entry = value.readBigInt64LE(8 * i);
    if (entry === 0n) continue;
    if (entry > 0n) yield { first: integer(value, 8 * i), pages: 1 };
    else {
      if (i === count) throw new PageFault('a record of the free list is not valid');
      yield { first: integer(value, 8 * ++i), pages: Number(-entry) };
    }
  }
}
