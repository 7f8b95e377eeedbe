/**
 * Reading of a database file that may be damaged: whatever can be reached is read, page by page, without mapping
 * the file into memory.
 *
 * @module
 */
import type { FileHandle } from 'node:fs/promises';
import {
  OVERFLOW_START,
  overflowPages,
  PageFault,
  ROOT_BYTES,
  type Root,
  readPage,
  readRoot,
  type Tree,
} from './layout.js';

/** Trees are not deeper than this. */
const MAX_DEPTH = 32;

/** An entry of a table, and pages that could not be read. */
export interface Salvaged {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** A damaged database file. */
export class DamagedFile {
  readonly #file: FileHandle;
  readonly #onFault: (what: string) => void;

  /** @param onFault - hears of every page that cannot be read */
  constructor(file: FileHandle, onFault: (what: string) => void) {
    this.#file = file;
    this.#onFault = onFault;
  }

  /** The tables by their names, of the newest root that leads to any. */
  async tables(): Promise<{ root: Root; tables: Map<string, Tree> } | undefined> {
    for (const root of await this.#roots()) {
      const tables = new Map<string, Tree>();
      for await (const { key, table } of this.#leaves(root, root.main))
        if (table) tables.set(key.toString().replace(/\0+$/, ''), table);
      if (tables.size > 0) return { root, tables };
    }
    return undefined;
  }

  /** The entries of a table in order of their keys; those on damaged pages are missing. */
  async *entries(root: Root, tree: Tree): AsyncGenerator<Salvaged> {
    for await (const { key, value, overflow } of this.#leaves(root, tree)) {
      if (value) yield { key: Buffer.from(key), value: Buffer.from(value) };
      else if (overflow) {
        const whole = await this.#overflow(root, overflow);
        if (whole) yield { key: Buffer.from(key), value: whole };
      }
    }
  }

  async #roots(): Promise<Root[]> {
    const roots: Root[] = [];
    // Where the second root is depends on the page size, which the first one may not tell any more.
    for (const [number, sizes] of [
      [0, [0]],
      [1, [16_384, 4096, 8192, 32_768, 65_536]],
    ] as const)
      for (const position of sizes)
        try {
          roots.push(readRoot(await this.#read(position, ROOT_BYTES), number));
          break;
        } catch (error) {
          if (!(error instanceof PageFault) && !(error instanceof RangeError)) throw error;
          if (position === sizes.at(-1)) this.#onFault(`root ${number}: ${error.message}`);
        }
    return roots.sort((a, b) => b.transaction - a.transaction);
  }

  async *#leaves(root: Root, tree: Tree): AsyncGenerator<LeafEntry> {
    if (tree.root !== undefined) yield* this.#descend(root, tree.root, new Set(), 0);
  }

  async *#descend(root: Root, number: number, seen: Set<number>, depth: number): AsyncGenerator<LeafEntry> {
    let nodes: readonly LeafEntry[] = [];
    let children: readonly number[] = [];
    try {
      if (!(number >= 2 && number <= root.lastPage)) throw new PageFault('it does not exist');
      if (seen.has(number) || depth > MAX_DEPTH) throw new PageFault('it is used twice');
      seen.add(number);
      const page = readPage(await this.#read(number * root.pageSize, root.pageSize), number);
      if (page.kind === 'leaf') nodes = page.nodes;
      else if (page.kind === 'branch') children = page.nodes.map(({ child }) => child);
      else throw new PageFault('it is of the wrong kind');
    } catch (error) {
      if (!(error instanceof PageFault) && !(error instanceof RangeError)) throw error;
      this.#onFault(`page ${number}: ${error.message}`);
      return;
    }
    yield* nodes;
    for (const child of children) yield* this.#descend(root, child, seen, depth + 1);
  }

  async #overflow(root: Root, { page, bytes }: { page: number; bytes: number }): Promise<Buffer | undefined> {
    const fits = page >= 2 && page + overflowPages(bytes, root.pageSize) - 1 <= root.lastPage;
    const value = fits ? await this.#read(page * root.pageSize + OVERFLOW_START, bytes) : undefined;
    if (value?.length === bytes) return value;
    this.#onFault(`page ${page}: a value of ${bytes} bytes is not there`);
    return undefined;
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const { bytesRead, buffer } = await this.#file.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  }
}

interface LeafEntry {
  readonly key: Buffer;
  readonly value?: Buffer;
  readonly overflow?: { readonly page: number; readonly pages: number; readonly bytes: number };
  readonly table?: Tree;
}
