/**
 * Codes on disk: in the frame of a snapshot, the partitions one after another in each section.
 *
 * Sections: `meta` (JSON), `sizes` (rows of each partition), `radii`, `centroids`, `mean`, `axes`, `bits`, `bounds`, `rows`, `norms`,
 * `signs` and `codes` (container by container).
 *
 * @module
 */

import { wordsOf } from '../../squash/binary.js';
import { MAX_BITS } from '../../squash/bits.js';
import { corrupt } from '../format.js';
import { readSections, writeSections } from '../sections.js';
import type { SnapshotFacts } from '../snapshot.js';
import type { Distance } from '../types.js';
import { CodeIndex } from './code-index.js';
import { CodeRows } from './code-rows.js';
import { type CodedPartition, NONE } from './coded-partition.js';
import type { LearnedPartition } from './learn.js';
import type { OsqSettings } from './settings.js';

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function joined(parts: readonly ArrayBufferView[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(bytesOf(part), at);
    at += part.byteLength;
  }
  return all;
}

/** A partition's rows without gaps. */
function compact(partition: CodedPartition, words: number) {
  const slots = partition.live();
  const signs = new Uint32Array(slots.length * words);
  slots.forEach((slot, i) => {
    signs.set(partition.signs.subarray(slot * words, (slot + 1) * words), i * words);
  });
  return {
    signs,
    rows: slots.map((slot) => partition.rows[slot]!),
    norms: Float32Array.from(slots, (slot) => partition.norm(slot)),
    codes: partition.segments.map((segment) => Uint8Array.from(slots, (slot) => segment[slot]!)),
  };
}

/** Writes codes that do not change before this returns its promise. Throws `DISK_FULL` or `IO`. */
export async function saveCodes(path: string, codes: CodeRows, facts: SnapshotFacts): Promise<void> {
  const { dimension, distance, partitions, centroids, size } = codes;
  const meta = {
    ...facts,
    ...{ dimension, distance, m: 0, efConstruction: 0, seed: facts.osq!.settings.seed, live: size },
    entry: [0, 0],
    partitions: partitions.length,
    axes: partitions.map(({ learned }) => learned.bits.length),
    codes: true,
  };
  const parts = partitions.map((partition) => compact(partition, wordsOf(dimension)));
  await writeSections(path, {
    meta: Buffer.from(JSON.stringify(meta)),
    sizes: bytesOf(Uint32Array.from(parts, ({ rows }) => rows.length)),
    radii: bytesOf(Float64Array.from(partitions, ({ radius }) => radius)),
    centroids: bytesOf(centroids.data),
    mean: joined(partitions.map(({ learned }) => learned.mean)),
    axes: joined(partitions.map(({ learned }) => learned.axes)),
    bits: joined(partitions.map(({ learned }) => learned.bits)),
    bounds: joined(partitions.map(({ learned }) => learned.bounds)),
    rows: joined(parts.map(({ rows }) => rows)),
    norms: joined(parts.map(({ norms }) => norms)),
    signs: joined(parts.map(({ signs }) => signs)),
    codes: joined(parts.flatMap((part) => part.codes)),
  });
}

/** What `meta` says besides what every snapshot's does. */
export interface CodeMeta {
  readonly dimension: number;
  readonly distance: Distance;
  readonly live: number;
  readonly partitions: number;
  readonly axes: readonly number[];
}

/** Takes numbers from sections, one partition's after another's. */
class Reader {
  readonly #path: string;
  readonly #sections: ReadonlyMap<string, Uint8Array>;
  readonly #at = new Map<string, number>();

  constructor(path: string, sections: ReadonlyMap<string, Uint8Array>) {
    this.#path = path;
    this.#sections = sections;
  }

  /** The next bytes of a section, in a buffer of their own. */
  #take(name: string, bytes: number): ArrayBuffer {
    const section = this.#sections.get(name);
    if (!section) throw corrupt(this.#path, `section "${name}" is missing`, { section: name });
    const at = this.#at.get(name) ?? 0;
    if (at + bytes > section.length)
      throw corrupt(this.#path, `section "${name}" is too short`, { section: name });
    this.#at.set(name, at + bytes);
    return new Uint8Array(section.subarray(at, at + bytes)).buffer;
  }

  bytes(name: string, count: number): Uint8Array {
    return new Uint8Array(this.#take(name, count));
  }

  words(name: string, count: number): Uint32Array {
    return new Uint32Array(this.#take(name, 4 * count));
  }

  floats(name: string, count: number): Float32Array {
    return new Float32Array(this.#take(name, 4 * count));
  }

  doubles(name: string, count: number): Float64Array {
    return new Float64Array(this.#take(name, 8 * count));
  }
}

/** Reads codes that {@link saveCodes} wrote, and checks all of them. Throws `CORRUPT`. */
export async function loadCodes(
  path: string,
  settings: OsqSettings,
  { dimension, distance, live, partitions: count, axes }: CodeMeta,
): Promise<CodeIndex> {
  const read = new Reader(path, await readSections(path));
  if (!(Array.isArray(axes) && count === axes.length && count >= 1 && count <= 255))
    throw corrupt(path, `it tells of ${String(count)} partitions`);
  const sizes = read.words('sizes', count);
  const radii = read.doubles('radii', count);
  const centroids = read.floats('centroids', count * dimension);
  const partitions = axes.map((number): LearnedPartition => {
    if (!(Number.isInteger(number) && number >= 0 && number <= dimension))
      throw corrupt(path, `a partition has ${String(number)} axes`);
    const bits = read.bytes('bits', number);
    if (bits.some((width) => width > MAX_BITS)) throw corrupt(path, 'a code has too many bits');
    const cells = bits.reduce((sum, width) => sum + (width > 0 ? 2 ** width + 1 : 0), 0);
    return {
      bits,
      mean: read.floats('mean', dimension),
      axes: read.floats('axes', number * dimension),
      bounds: read.floats('bounds', cells),
    };
  });
  const codes = new CodeRows({ dimension, centroids, partitions }, distance, settings.seed);
  codes.partitions.forEach((partition, p) => {
    const size = sizes[p]!;
    const rows = read.words('rows', size);
    if (rows.includes(NONE)) throw corrupt(path, 'a row has no number');
    partition.restore(
      rows,
      read.words('signs', size * wordsOf(dimension)),
      read.floats('norms', size),
      partition.segments.map(() => read.bytes('codes', size)),
      radii[p]!,
    );
    try {
      codes.adopt(p);
    } catch (cause) {
      throw corrupt(path, (cause as Error).message);
    }
  });
  if (codes.size !== live) throw corrupt(path, `it holds ${codes.size} rows instead of ${live}`);
  return new CodeIndex(codes, settings);
}
