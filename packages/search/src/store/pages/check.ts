/**
 * A check of a database file's structure, page by page, without mapping it into memory.
 *
 * @module
 */
import type { FileHandle } from 'node:fs/promises';
import {
  compareKeys,
  freeRuns,
  INTEGER_KEYS,
  newerRoot,
  OVERFLOW_START,
  overflowPages,
  type Page,
  PageFault,
  ROOT_BYTES,
  type Root,
  readPage,
  readRoot,
  type Tree,
} from './layout.js';
import { type Summary, summarize } from './summary.js';

/** Bytes that are read at a time. */
const CHUNK = 4 * 2 ** 20;

/** The root of `file` that counts. Throws PageFault. */
export async function fileRoot(file: FileHandle): Promise<Root> {
  const read = async (position: number) => {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(ROOT_BYTES), 0, ROOT_BYTES, position);
    return buffer.subarray(0, bytesRead);
  };
  const first = readRoot(await read(0), 0);
  return newerRoot(first, readRoot(await read(first.pageSize), 1));
}

/**
 * Reads every page and follows every tree: that pages exist, are of the right kind, belong to one place only and
 * keep their keys in order, and that no page in use counts as free.
 *
 * @throws PageFault, with the number of the page
 */
export async function checkStructure(file: FileHandle, root: Root): Promise<void> {
  const pages = new Map<number, Summary | string>();
  const leaves = new Map<number, Page>();
  for await (const { number, bytes } of eachPage(file, root)) {
    try {
      const summary = summarize(bytes, number);
      pages.set(number, summary);
      // Those of the tables, and those that may be of the free list, whose keys are transactions.
      if (summary.kind === 'leaf' && (summary.hasTables || summary.first.length === 8))
        leaves.set(number, readPage(Buffer.from(bytes), number));
    } catch (error) {
      if (!(error instanceof PageFault) && !(error instanceof RangeError)) throw error;
      pages.set(number, error.message);
    }
  }
  const walk = new Walk(root, pages, leaves);
  walk.tree(root.main, 'tables');
  for (const { name, tree } of walk.tables) walk.tree(tree, name);
  walk.tree(root.free, 'free pages');
  await walk.checkFree(file);
}

async function* eachPage(file: FileHandle, root: Root): AsyncGenerator<{ number: number; bytes: Buffer }> {
  const { pageSize, lastPage } = root;
  const perChunk = CHUNK / pageSize;
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let first = 2; first <= lastPage; first += perChunk) {
    const wanted = Math.min(perChunk, lastPage + 1 - first) * pageSize;
    const { bytesRead } = await file.read(buffer, 0, wanted, first * pageSize);
    for (let i = 0; (i + 1) * pageSize <= bytesRead; i++)
      yield { number: first + i, bytes: buffer.subarray(i * pageSize, (i + 1) * pageSize) };
    if (bytesRead < wanted) return;
  }
}

/** Follows trees and remembers which pages they use. */
class Walk {
  readonly tables: { name: string; tree: Tree }[] = [];
  readonly #root: Root;
  readonly #pages: ReadonlyMap<number, Summary | string>;
  readonly #leaves: ReadonlyMap<number, Page>;
  readonly #used: Uint8Array;
  readonly #freeLeaves: number[] = [];

  constructor(root: Root, pages: ReadonlyMap<number, Summary | string>, leaves: ReadonlyMap<number, Page>) {
    this.#root = root;
    this.#pages = pages;
    this.#leaves = leaves;
    this.#used = new Uint8Array(root.lastPage + 1);
  }

  tree(tree: Tree, name: string): void {
    if (tree.root === undefined) {
      if (tree.entries !== 0) throw new PageFault(`the tree of ${name} has no root`);
      return;
    }
    const entries = this.#descend(tree, name, tree.root, tree.depth, undefined, undefined);
    if (entries !== tree.entries)
      throw new PageFault(`the tree of ${name} has ${entries} entries instead of ${tree.entries}`);
  }

  /** Checks the list of free pages against what the trees use. */
  async checkFree(file: FileHandle): Promise<void> {
    for (const number of this.#freeLeaves) {
      const page = this.#leaves.get(number);
      if (page?.kind !== 'leaf') throw new PageFault(`page ${number} is not part of the free list`);
      for (const { value, overflow } of page.nodes) {
        const record = value ?? (overflow && (await this.#readOverflow(file, overflow)));
        if (!record) throw new PageFault('a record of the free list is not valid');
        for (const { first, pages } of freeRuns(record)) {
          if (!(first >= 2 && first + pages - 1 <= this.#root.lastPage))
            throw new PageFault(`page ${first} counts as free and does not exist`);
          for (let page = first; page < first + pages; page++)
            if (this.#used[page]) throw new PageFault(`page ${page} counts as free and is in use`);
        }
      }
    }
  }

  async #readOverflow(file: FileHandle, { page, bytes }: { page: number; bytes: number }): Promise<Buffer> {
    const record = Buffer.alloc(bytes);
    await file.read(record, 0, bytes, page * this.#root.pageSize + OVERFLOW_START);
    return record;
  }

  #descend(
    tree: Tree,
    name: string,
    number: number,
    depth: number,
    from: Buffer | undefined,
    to: Buffer | undefined,
  ): number {
    const seen = this.#take(number, name);
    if (seen.kind !== (depth === 1 ? 'leaf' : 'branch') || depth < 1)
      throw new PageFault(`page ${number} (${name}) is of the wrong kind`);
    const integers = (tree.flags & INTEGER_KEYS) !== 0;
    if (!(integers ? seen.ascends.integers : seen.ascends.bytes))
      throw new PageFault(`page ${number} (${name}) has its keys out of order`);
    const compare = compareKeys(tree);
    if ((from && compare(seen.first, from) < 0) || (to && compare(seen.last, to) >= 0))
      throw new PageFault(`page ${number} (${name}) has keys that belong elsewhere`);
    if (seen.kind === 'leaf') {
      this.#leaf(number, name, seen);
      return seen.entries;
    }
    let entries = 0;
    seen.children.forEach(({ page, from: start }, i) => {
      const next = seen.children[i + 1]?.from ?? to;
      entries += this.#descend(tree, name, page, depth - 1, i === 0 ? from : start, next);
    });
    return entries;
  }

  #leaf(number: number, name: string, { overflows }: Summary): void {
    for (const { page, pages, bytes } of overflows) {
      // A value that became shorter keeps the pages it had.
      if (pages < overflowPages(bytes, this.#root.pageSize) || page + pages - 1 > this.#root.lastPage)
        throw new PageFault(`page ${number} (${name}) has a value of the wrong length`);
      const head = this.#take(page, name);
      if (head.kind !== 'overflow' || head.entries !== pages)
        throw new PageFault(`page ${page} (${name}) is of the wrong kind`);
      for (let rest = page + 1; rest < page + pages; rest++) this.#use(rest, name);
    }
    if (name === 'free pages') this.#freeLeaves.push(number);
    const page = this.#leaves.get(number);
    if (name !== 'tables' || page?.kind !== 'leaf') return;
    for (const { key, table } of page.nodes)
      if (table) this.tables.push({ name: key.toString().replace(/\0+$/, ''), tree: table });
  }

  #take(number: number, name: string): Summary {
    this.#use(number, name);
    const seen = this.#pages.get(number);
    if (seen === undefined || typeof seen === 'string')
      throw new PageFault(`page ${number} (${name}): ${seen ?? 'it is missing'}`);
    return seen;
  }

  #use(number: number, name: string): void {
    if (!(number >= 2 && number <= this.#root.lastPage))
      throw new PageFault(`page ${number} (${name}) does not exist`);
    if (this.#used[number]) throw new PageFault(`page ${number} (${name}) is used twice`);
    this.#used[number] = 1;
  }
}
