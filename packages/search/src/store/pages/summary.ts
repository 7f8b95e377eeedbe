/**
 * What has to be known of each page to see whether all pages hang together. There are many pages with many entries,
 * so nothing is made per entry.
 *
 * @module
 */
import { integer, nodeFlag, PageFault, pageFlag, place } from './layout.js';

/** What one page leads to, and between which keys it lies. */
export interface Summary {
  readonly kind: 'branch' | 'leaf' | 'overflow';
  /** The first and the last key that count: those of a branch from its second on, as the first may be anything. */
  readonly first: Buffer;
  readonly last: Buffer;
  /** Of a branch: its children, with the key that each begins at. */
  readonly children: readonly { readonly page: number; readonly from: Buffer }[];
  /** Of a leaf: the values that have pages of their own. */
  readonly overflows: readonly { readonly page: number; readonly pages: number; readonly bytes: number }[];
  /** Number of entries, or of pages of a long value. */
  readonly entries: number;
  /** Of a leaf: whether it leads to tables, as those of the tree of tables do. */
  readonly hasTables: boolean;
  /** Whether the keys ascend as bytes, and as integers. */
  readonly ascends: { readonly bytes: boolean; readonly integers: boolean };
}

const NONE = Buffer.alloc(0);

/** Reads page `number` out of `bytes`, every bound checked. Throws PageFault. */
export function summarize(bytes: Buffer, number: number): Summary {
  if (integer(bytes, 0) !== number) throw new PageFault('it carries the number of another page');
  const flags = bytes.readUInt16LE(place.flags);
  if (flags === pageFlag.overflow) return overflow(bytes.readUInt32LE(place.pages));
  if (flags !== pageFlag.branch && flags !== pageFlag.leaf) throw new PageFault('it is of no known kind');
  const branch = flags === pageFlag.branch;
  const lower = bytes.readUInt16LE(place.lower);
  const upper = bytes.readUInt16LE(place.upper);
  if (lower % 2 !== 0 || lower > upper || place.entries + upper > bytes.length)
    throw new PageFault('its bounds are not valid');
  const count = lower / 2;
  if (count < (branch ? 2 : 1))
    throw new PageFault(branch ? 'it leads to fewer than two pages' : 'it is empty');

  const children: { page: number; from: Buffer }[] = [];
  const overflows: { page: number; pages: number; bytes: number }[] = [];
  let hasTables = false;
  let byBytes = true;
  let byIntegers = true;
  let before = 0;
  let beforeLength = -1;
  let first = NONE;
  for (let i = 0; i < count; i++) {
    const offset = bytes.readUInt16LE(place.entries + 2 * i);
    const at = place.entries + offset;
    if (offset < upper || offset % 2 !== 0 || at + place.node > bytes.length)
      throw new PageFault('an entry lies outside');
    const length = bytes.readUInt16LE(at + 6);
    const key = at + place.node;
    const data = key + length;
    if (data > bytes.length) throw new PageFault('an entry reaches beyond its end');
    if (branch)
      children.push({
        page: bytes.readUInt32LE(at) + bytes.readUInt16LE(at + 4) * 2 ** 32,
        from: Buffer.from(bytes.subarray(key, data)),
      });
    else {
      const size = bytes.readUInt32LE(at);
      const kind = bytes.readUInt16LE(at + 4);
      const stored = kind === nodeFlag.big ? 24 : size;
      if (data + stored > bytes.length) throw new PageFault('an entry reaches beyond its end');
      if (kind === nodeFlag.big)
        overflows.push({ page: integer(bytes, data), pages: integer(bytes, data + 16), bytes: size });
      else if (kind === nodeFlag.table && size === 48) hasTables = true;
      else if (kind !== 0) throw new PageFault('an entry is of no known kind');
    }
    if (branch && i === 0) continue;
    if (beforeLength < 0) {
      first = Buffer.from(bytes.subarray(key, data));
      byIntegers = length === 4 || length === 8;
    } else {
      if (byBytes) byBytes = bytes.compare(bytes, before, before + beforeLength, key, data) > 0;
      if (byIntegers)
        byIntegers = length === beforeLength && read(bytes, before, length) < read(bytes, key, length);
    }
    before = key;
    beforeLength = length;
  }
  return {
    kind: branch ? 'branch' : 'leaf',
    first,
    last: Buffer.from(bytes.subarray(before, before + beforeLength)),
    children,
    overflows,
    entries: count,
    hasTables,
    ascends: { bytes: byBytes, integers: byIntegers },
  };
}

function read(bytes: Buffer, at: number, length: number): number {
  return length === 4 ? bytes.readUInt32LE(at) : integer(bytes, at);
}

function overflow(pages: number): Summary {
  return {
    kind: 'overflow',
    first: NONE,
    last: NONE,
    children: [],
    overflows: [],
    entries: pages,
    hasTables: false,
    ascends: { bytes: true, integers: true },
  };
}
