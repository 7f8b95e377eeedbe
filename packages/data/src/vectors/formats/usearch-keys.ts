/**
 * Keys in the graph of a USearch index (include/usearch/index.hpp): a header, the level of every node, then the nodes,
 * each as long as its level makes it.
 *
 * @module
 */
import { type Bytes, invalidFile } from '../bytes.js';

const HEADER = 40;

/** Bytes of a node before its links: key and level. */
const NODE_HEAD = 10;

/** The key of what was removed. */
const REMOVED = 2n ** 64n - 1n;

/** Levels read at once. */
const LEVELS = 65_536;

/** Bytes of nodes read at once. */
const PIECE = 4 * 2 ** 20;

export interface KeyReader {
  /** Keys of the rows; null for removed ones. */
  read(first: number, count: number): Promise<(bigint | null)[]>;
}

/**
 * Opens the graph that begins at `start`.
 *
 * @throws FletchError `INVALID_INPUT_FILE`; from `read` also when a node lies past the end
 */
export async function usearchKeys(bytes: Bytes, start: number, rows: number): Promise<KeyReader> {
  const header = await bytes.read(start, HEADER);
  const [size, connectivity, base] = [0, 8, 16].map((at) => Number(header.readBigUInt64LE(at))) as [
    ...[number, number, number],
  ];
  if (size !== rows)
    throw invalidFile(
      bytes.name,
      `its graph has ${size} nodes, but there are ${rows} vectors: it is damaged.`,
      {
        offset: start,
      },
    );
  if (connectivity > 65_536 || base > 131_072)
    throw invalidFile(bytes.name, `its nodes would have ${connectivity} links: it is damaged.`);
  // 32-bit slots and their count.
  const upper = 4 * connectivity + 4;
  const lowest = NODE_HEAD + 4 * base + 4;
  const levelsAt = start + HEADER;
  const nodesAt = levelsAt + 2 * rows;
  if (nodesAt + rows * lowest > bytes.size)
    throw invalidFile(bytes.name, `its graph of ${rows} nodes does not fit into the file: it was cut off.`, {
      offset: levelsAt,
    });
  const sizesOf = async (first: number, count: number): Promise<number[]> => {
    const levels = await bytes.read(levelsAt + 2 * first, 2 * count);
    return Array.from({ length: count }, (_, i) => {
      const level = levels.readInt16LE(2 * i);
      if (level < 0) throw invalidFile(bytes.name, `node ${first + i} is on level ${level}: it is damaged.`);
      return lowest + upper * level;
    });
  };
  let row = 0;
  let offset = nodesAt;
  const advance = async (to: number): Promise<void> => {
    if (to < row) [row, offset] = [0, nodesAt];
    while (row < to) {
      const count = Math.min(LEVELS, to - row);
      for (const size of await sizesOf(row, count)) offset += size;
      row += count;
    }
  };
  return {
    async read(first, count) {
      await advance(first);
      const sizes = await sizesOf(first, count);
      const length = sizes.reduce((sum, size) => sum + size, 0);
      // A damaged level must not ask for the whole file at once.
      const all = length <= PIECE ? await bytes.read(offset, length) : undefined;
      const keys: (bigint | null)[] = [];
      let at = 0;
      for (const size of sizes) {
        const key = (all ?? (await bytes.read(offset + at, 8))).readBigUInt64LE(all ? at : 0);
        keys.push(key === REMOVED ? null : key);
        at += size;
      }
      offset += length;
      row += count;
      return keys;
    },
  };
}
