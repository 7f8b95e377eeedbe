/**
 * Indexes on disk.
 *
 * Sections: `meta` (JSON: what the index is, and its owner's facts), `blocks` (numbers of the blocks that follow),
 * one section per region of a block (all blocks one after another), `upper` (per row of a level above 0: the row,
 * then its links). Where rows are codes there are also `second` (a region) and `tables` (float32: the mean, what reduces queries,
 * and what reduces data unless it is the same).
 *
 * @module
 */
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { describeFileError, FletchError, replaceFile } from '@fletch/base';
import { State } from '@fletch/kernels';
import type { Coding } from './codes.js';
import {
  CODED_VERSION,
  corrupt,
  encodeHeader,
  headerBytes,
  PLAIN_VERSION,
  readExactly,
  readHeader,
  type Section,
  writeExactly,
} from './format.js';
import type { LeanVecFacts } from './leanvec/settings.js';
import type { OsqFacts } from './osq/settings.js';
import { Rows, type RowsOptions } from './rows.js';
import type { SnapshotOwner } from './types.js';
import { checkDistance, checkInteger, MAX_DIMENSION } from './validate.js';

/** What the owner of the rows adds to a snapshot. */
export interface SnapshotFacts {
  readonly kind: 'flat' | 'hnsw' | 'leanvec' | 'osq';
  readonly efSearch?: number;
  /** What a LeanVec index goes on with. */
  readonly leanvec?: LeanVecFacts;
  /** The same of an OSQ index. */
  readonly osq?: OsqFacts;
  readonly owner: SnapshotOwner;
}

/** A coding without its matrices. */
type CodingFacts = Pick<Coding, 'reduced' | 'bits' | 'secondary' | 'squared'> & { readonly shared: boolean };

/** What a snapshot says of itself. */
export interface Meta extends SnapshotFacts, Omit<RowsOptions, 'coding'> {
  readonly coding?: CodingFacts;
  /** Whether what follows are the codes of an OSQ index. */
  readonly codes?: boolean;
  readonly live: number;
  readonly entry: readonly [row: number, level: number];
}

/** Regions that are stored; the addresses of upper links mean nothing outside their memory. */
const STORED = ['vectors', 'links', 'state'];
const CODED = [...STORED, 'second'];
const KINDS = ['flat', 'hnsw', 'leanvec', 'osq'];

/** Writes rows that do not change meanwhile. Throws `DISK_FULL` or `IO`. */
export async function saveSnapshot(path: string, rows: Rows, facts: SnapshotFacts): Promise<void> {
  const { dimension, distance, m, efConstruction, seed, coding } = rows.options;
  const regions = coding ? CODED : STORED;
  const meta: Meta = {
    ...facts,
    dimension,
    distance,
    m,
    efConstruction,
    seed,
    ...(coding && { coding: factsOf(coding) }),
    live: rows.live,
    entry: rows.entry,
  };
  const blocks = rows.blocks();
  await replaceFile(path, async (file) => {
    const sections: Section[] = [];
    let offset = headerBytes(regions.length + (coding ? 4 : 3));
    const write = async (name: string, parts: Iterable<Uint8Array>) => {
      const start = offset;
      let crc = 0;
      for (const part of parts) {
        // The checksum of nothing would be 0, whatever came before.
        if (part.length === 0) continue;
        crc = crc32(part, crc);
        await writeExactly(file, part, offset);
        offset += part.length;
      }
      sections.push({ name, crc, offset: start, length: offset - start });
    };
    await write('meta', [Buffer.from(JSON.stringify(meta))]);
    await write('blocks', [new Uint8Array(Uint32Array.from(blocks).buffer)]);
    for (const name of regions) await write(name, regionParts(rows, blocks, name));
    await write('upper', upperParts(rows));
    if (coding) await write('tables', tableParts(coding));
    await writeExactly(file, encodeHeader(sections, coding ? CODED_VERSION : PLAIN_VERSION), 0);
  });
}

function factsOf({ reduced, bits, secondary, squared, query, data }: Coding): CodingFacts {
  return { reduced, bits, secondary, squared, shared: query === data };
}

function* tableParts({ mean, query, data }: Coding): Generator<Uint8Array> {
  for (const { buffer, byteOffset, byteLength } of query === data ? [mean, query] : [mean, query, data])
    yield new Uint8Array(buffer, byteOffset, byteLength);
}

function readTables(bytes: Uint8Array, { coding, dimension }: Meta, path: string): Coding {
  const { shared, ...facts } = coding!;
  const size = facts.secondary === 'none' ? 0 : facts.reduced * dimension;
  const floats = new Float32Array(bytes.buffer, 0, bytes.length >>> 2);
  if (floats.length !== dimension + size * (shared ? 1 : 2))
    throw corrupt(path, `section "tables" holds ${floats.length} numbers`, { section: 'tables' });
  const query = floats.subarray(dimension, dimension + size);
  const data = shared ? query : floats.subarray(dimension + size);
  return { ...facts, mean: floats.subarray(0, dimension), query, data };
}

function* regionParts(rows: Rows, blocks: readonly number[], name: string): Generator<Uint8Array> {
  for (const block of blocks) yield rows.regionBytes(block, name);
}

function* upperParts(rows: Rows): Generator<Uint8Array> {
  for (const row of rows.upperRows()) {
    yield new Uint8Array(Uint32Array.of(row).buffer);
    yield rows.upperLinks(row);
  }
}

/** The owner's facts in a snapshot, read from its header alone. Throws `CORRUPT`, `FORMAT_TOO_NEW`, `NOT_FOUND`. */
export async function readSnapshotOwner(path: string): Promise<SnapshotOwner> {
  return (await readSnapshotMeta(path)).owner;
}

/** What a snapshot says of itself, read from its header alone. Throws as {@link readSnapshotOwner}. */
export async function readSnapshotMeta(path: string): Promise<Meta> {
  return withFile(path, async (file) => readMeta(file, path, await readHeader(file, path)));
}

/** Reads a snapshot and checks all of it. */
export async function loadSnapshot(path: string): Promise<{ rows: Rows; facts: SnapshotFacts }> {
  return withFile(path, async (file) => {
    const sections = await readHeader(file, path);
    const meta = await readMeta(file, path, sections);
    const coding =
      meta.coding && readTables(await readSection(file, path, section(sections, 'tables', path)), meta, path);
    const rows = await Rows.create({ ...meta, coding });
    const numbers = await readSection(file, path, section(sections, 'blocks', path));
    const blocks = new Uint32Array(numbers.buffer, 0, numbers.length >>> 2);
    const limit = rows.rowLimit / rows.rowsPerBlock;
    blocks.forEach((block, i) => {
      if (block >= limit || (i > 0 && block <= blocks[i - 1]!))
        throw corrupt(path, `block ${block} is out of order`);
      rows.allocateBlock(block);
    });
    for (const name of coding ? CODED : STORED)
      await readRegion(file, path, section(sections, name, path), rows, blocks);
    readUpper(await readSection(file, path, section(sections, 'upper', path)), rows, path);
    rows.restore(meta.live, meta.entry);
    checkGraph(rows, meta, path);
    return { rows, facts: meta };
  });
}

async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new FletchError('NOT_FOUND', `There is no snapshot ${path}.`, { details: { path }, cause });
    throw describeFileError(cause, path);
  }
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

function section(sections: ReadonlyMap<string, Section>, name: string, path: string): Section {
  const found = sections.get(name);
  if (!found) throw corrupt(path, `section "${name}" is missing`, { section: name });
  return found;
}

function checkCrc(actual: number, { name, crc, offset }: Section, path: string): void {
  if (actual !== crc)
    throw corrupt(path, `section "${name}" (byte ${offset} on) does not match its checksum`, {
      section: name,
      offset,
    });
}

async function readSection(file: FileHandle, path: string, found: Section): Promise<Uint8Array> {
  const bytes = new Uint8Array(found.length);
  await readExactly(file, bytes, found.offset, path, found.name);
  checkCrc(crc32(bytes), found, path);
  return bytes;
}

async function readRegion(
  file: FileHandle,
  path: string,
  found: Section,
  rows: Rows,
  blocks: Uint32Array,
): Promise<void> {
  let offset = found.offset;
  let crc = 0;
  for (const block of blocks) {
    const bytes = rows.regionBytes(block, found.name);
    if (offset + bytes.length > found.offset + found.length)
      throw corrupt(path, `section "${found.name}" is too short`, { section: found.name, offset });
    await readExactly(file, bytes, offset, path, found.name);
    crc = crc32(bytes, crc);
    offset += bytes.length;
  }
  checkCrc(crc, found, path);
}

async function readMeta(file: FileHandle, path: string, sections: Map<string, Section>): Promise<Meta> {
  const bytes = await readSection(file, path, section(sections, 'meta', path));
  try {
    const meta = JSON.parse(new TextDecoder().decode(bytes)) as Meta;
    checkInteger('dimension', meta.dimension, 1, MAX_DIMENSION);
    checkInteger('m', meta.m, 0, 256);
    checkInteger('efConstruction', meta.efConstruction, 0, 8192);
    checkInteger('seed', meta.seed, 0, 2 ** 32 - 1);
    checkInteger('live', meta.live, 0, 2 ** 32 - 1);
    checkDistance(meta.distance);
    if (!KINDS.includes(meta.kind)) throw new Error(`unknown kind ${String(meta.kind)}`);
    if (meta.coding) checkCoding(meta.coding, meta.dimension);
    return meta;
  } catch (cause) {
    throw corrupt(path, `its description is not valid (${String(cause)})`, { section: 'meta' });
  }
}

function checkCoding({ reduced, bits, secondary }: CodingFacts, dimension: number): void {
  checkInteger('reduced', reduced, 1, dimension);
  if (bits !== 4 && bits !== 8) throw new Error(`codes of ${String(bits)} bits`);
  const whole = reduced === dimension && bits === 8;
  if (!['lvq8', 'f32', ...(whole ? ['none'] : [])].includes(secondary))
    throw new Error(`unknown codes ${String(secondary)}`);
}

function readUpper(bytes: Uint8Array, rows: Rows, path: string): void {
  const words = new Uint32Array(bytes.buffer, 0, bytes.length >>> 2);
  for (let at = 0; at < words.length; ) {
    const row = words[at++]!;
    const address = row < rows.reach && rows.isAllocated(row) ? rows.allocateUpper(row) : 0;
    if (address === 0) throw corrupt(path, `row ${row} has no upper links`, { section: 'upper' });
    const length = rows.upperLinks(row).length >>> 2;
    rows.arena.words.set(words.subarray(at, at + length), address >>> 2);
    at += length;
  }
}

/** Checks that links lead to nodes only, as walks follow them unchecked. */
function checkGraph(rows: Rows, meta: Meta, path: string): void {
  const fail = (row: number) => corrupt(path, `row ${row} is linked to a row that is no node`, { row });
  // Per row: 0 when it is no node, else its highest level + 1.
  const heights = new Uint8Array(rows.reach);
  for (let row = 0; row < rows.reach; row++)
    if ((rows.state(row) & State.linked) !== 0) heights[row] = meta.m > 0 ? rows.kernels.levelOf(row) + 1 : 1;
  const [entry, height] = meta.entry;
  if (height > 0 && heights[entry] !== height) throw fail(entry);
  const { words } = rows.arena;
  heights.forEach((levels, row) => {
    for (let level = 0; level < levels && meta.m > 0; level++) {
      const start = rows.linksAddress(row, level) >>> 2;
      const end = start + rows.linkCapacity(level);
      for (let at = start; at < end && words[at] !== 0; at++)
        if (!(heights[words[at]! - 1]! > level)) throw fail(row);
    }
  });
}
