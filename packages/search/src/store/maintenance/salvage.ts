/**
 * Saving the points of a damaged store: everything that can still be read goes into files of JSON lines.
 *
 * @module
 */
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { decodeVector } from '../../space/codec.js';
import { readSpecs, type VectorSpec } from '../../space/spec.js';
import type { VectorValue } from '../../space/types.js';
import type { Payload, PointId, VectorOutput } from '../../types/index.js';
import { pathPart } from '../archive/folder.js';
import { intoNewFolder } from '../archive/store.js';
import { decodeId } from '../ids.js';
import { lockStore } from '../lock.js';
import type { CollectionManifest } from '../manifest.js';
import type { Root, Tree } from '../pages/layout.js';
import { DamagedFile } from '../pages/walk.js';
import { unseal } from '../sealed.js';
import { storeFolder } from './verify.js';

/** What was saved of one collection. */
export interface SalvagedCollection {
  readonly name: string;
  /** File of its points, one `{id, payload, vector}` per line. */
  readonly file: string;
  readonly points: number;
  /** Points without one of the vectors that they may have had, as it is damaged. */
  readonly incomplete: number;
  /** Payloads whose id cannot be read; they stand in a file of their own. */
  readonly orphans: number;
  /** What could not be read, in words. */
  readonly lost: readonly string[];
}

/** The new folder, and what is in it. */
export interface SalvageReport {
  readonly path: string;
  readonly collections: readonly SalvagedCollection[];
}

/** Messages of one collection that are kept. */
const MOST_MESSAGES = 100;

/**
 * Copies every readable point of every collection into a new folder: `<name>.jsonl`, beside it `<name>.json` with
 * the collection's vectors. The store itself is only read, and may be in any state.
 *
 * @throws FletchError `LOCKED`, `INVALID_ARGUMENT`, `ABORTED`, `DISK_FULL`, `IO`
 */
export async function salvage(store: string, out: string, options: LongWork = {}): Promise<SalvageReport> {
  const path = await storeFolder(store);
  const collections: SalvagedCollection[] = [];
  const release = await lockStore(path);
  try {
    await intoNewFolder(out, async (folder) => {
      const home = join(path, 'collections');
      for (const entry of (await readdir(home)).filter((each) => !each.startsWith('.')).sort()) {
        throwIfAborted(options.signal);
        const saved = await salvageCollection(join(home, entry), entry, folder, options);
        collections.push({ ...saved, file: join(resolve(out), saved.file) });
      }
    });
  } finally {
    await release();
  }
  return { path, collections };
}

async function salvageCollection(
  folder: string,
  entry: string,
  out: string,
  { signal, onProgress }: LongWork,
): Promise<SalvagedCollection> {
  const lost: string[] = [];
  let damaged = 0;
  const lose = (what: string) => {
    if (++damaged <= MOST_MESSAGES) lost.push(what);
  };
  const manifest = await readable(folder, lose);
  const name = typeof manifest?.name === 'string' ? manifest.name : entry;
  const base = await freeName(out, pathPart(name));
  const counts = { points: 0, incomplete: 0, orphans: 0 };
  const lines = new Lines(join(out, `${base}.jsonl`));
  const orphans = new Lines(join(out, `${base}.orphans.jsonl`));
  try {
    const file = await open(join(folder, 'data.mdb'), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      lose('data.mdb is missing');
      return undefined;
    });
    try {
      if (file)
        for await (const { id, payload, vector, incomplete } of points(file, manifest, lose)) {
          throwIfAborted(signal);
          if (incomplete) counts.incomplete++;
          if (id === undefined) {
            counts.orphans++;
            await orphans.write({ payload, vector });
          } else {
            counts.points++;
            await lines.write({ id, payload, vector });
          }
          if (counts.points % 1000 === 0) onProgress?.({ done: counts.points, stage: `saving "${name}"` });
        }
    } finally {
      await file?.close();
    }
    const description = { name, vectors: manifest?.vectors ?? null, ...counts, lost };
    const about = new Lines(join(out, `${base}.json`));
    await about.write(description);
    await about.close();
  } finally {
    await lines.close(true);
    await orphans.close();
  }
  if (damaged > MOST_MESSAGES) lost.push(`and ${damaged - MOST_MESSAGES} more`);
  return { name, file: `${base}.jsonl`, ...counts, lost };
}

/** The manifest, taken at its word when its checksum does not fit. */
async function readable(
  folder: string,
  lose: (what: string) => void,
): Promise<Partial<CollectionManifest> | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, 'collection.json'), 'utf8')) as unknown;
    if (typeof manifest === 'object' && manifest !== null) return manifest;
  } catch {}
  lose('collection.json cannot be read: the names of the vectors are not known');
  return undefined;
}

interface SavedPoint {
  readonly id: PointId | undefined;
  readonly payload: Payload;
  readonly vector: VectorOutput | { [name: string]: VectorOutput };
  readonly incomplete: boolean;
}

/** Joins the tables by rows, which all of them are in order of. */
async function* points(
  file: Awaited<ReturnType<typeof open>>,
  manifest: Partial<CollectionManifest> | undefined,
  lose: (what: string) => void,
): AsyncGenerator<SavedPoint> {
  const source = new DamagedFile(file, lose);
  const found = await source.tables();
  if (!found) {
    lose('data.mdb: no root leads to any table');
    return;
  }
  const { root, tables } = found;
  // Without a manifest it is tried whether there are checksums.
  const sealed = manifest?.format === undefined ? undefined : manifest.format >= 2;
  const reader = new Reader(source, root, tables, sealed, lose);
  const idOf = new Map<number, PointId>();
  for await (const { key, value } of reader.read('ids', (bytes) => bytes))
    if (value.length === 4) idOf.set(value.readUInt32LE(0), decodeId(key));
  // A table that no vector names is left over from one that was removed.
  const specs = Array.isArray(manifest?.vectors) ? [...readSpecs(manifest.vectors).values()] : undefined;
  const vectors = [...tables.keys()].filter(
    (name) => name.startsWith('vectors.') && (!specs || specs.some(({ slot }) => name === `vectors.${slot}`)),
  );
  const cursors = vectors.map((table) => new Cursor(reader.read(table, rowOf)));
  for await (const { key, value } of reader.read('points', rowOf)) {
    const row = rowOf(key);
    const named: [string, VectorOutput][] = [];
    let incomplete = false;
    for (const [i, cursor] of cursors.entries()) {
      const bytes = await cursor.at(row);
      const slot = Number(vectors[i]!.slice('vectors.'.length));
      const spec = specs?.find((each) => each.slot === slot);
      const value = bytes && decodeStored(spec, bytes, (what) => lose(`${vectors[i]}, ${row}: ${what}`));
      if (value) named.push([spec?.name ?? `vector ${slot}`, value]);
      else if (bytes || reader.damaged.has(vectors[i]!)) incomplete = true;
    }
    let payload: Payload;
    try {
      payload = JSON.parse(value.toString('utf8', 8)) as Payload;
    } catch {
      lose(`points, ${row}: its payload is not JSON`);
      continue;
    }
    const one = named.length === 1 && named[0]![0] === '' ? named[0]![1] : undefined;
    yield { id: idOf.get(row), payload, vector: one ?? Object.fromEntries(named), incomplete };
    idOf.delete(row);
  }
  for (const id of idOf.values()) lose(`points: the payload of ${id} is gone`);
}

function rowOf(key: Buffer): number {
  return key.length >= 4 ? key.readUInt32LE(0) : -1;
}

/** A stored vector as JSON has it; of one that nothing is known of, its bytes as 32-bit floats. */
function decodeStored(
  spec: VectorSpec | undefined,
  bytes: Buffer,
  lose: (what: string) => void,
): VectorOutput | undefined {
  if (!spec) return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readFloatLE(4 * i));
  let value: VectorValue;
  try {
    value = decodeVector(spec, bytes);
  } catch (error) {
    lose((error as Error).message);
    return undefined;
  }
  if (value instanceof Float32Array) return [...value];
  if ('indices' in value) return { indices: [...value.indices], values: [...value.values] };
  return Array.from({ length: value.tokens }, (_, i) => [
    ...value.values.subarray(
      (i * value.values.length) / value.tokens,
      ((i + 1) * value.values.length) / value.tokens,
    ),
  ]);
}

/** Reads tables, leaving out what does not match its checksum. */
class Reader {
  /** Tables of which something was left out. */
  readonly damaged = new Set<string>();
  readonly #source: DamagedFile;
  readonly #root: Root;
  readonly #tables: ReadonlyMap<string, Tree>;
  readonly #sealed: boolean | undefined;
  readonly #lose: (what: string) => void;

  constructor(
    source: DamagedFile,
    root: Root,
    tables: ReadonlyMap<string, Tree>,
    sealed: boolean | undefined,
    lose: (what: string) => void,
  ) {
    this.#source = source;
    this.#root = root;
    this.#tables = tables;
    this.#sealed = sealed;
    this.#lose = lose;
  }

  /** @param asKey - the key as the checksum was made with it */
  async *read(
    table: string,
    asKey: (key: Buffer) => Buffer | number,
  ): AsyncGenerator<{ key: Buffer; value: Buffer }> {
    const tree = this.#tables.get(table);
    if (!tree) {
      this.damaged.add(table);
      this.#lose(`the table "${table}" is not there`);
      return;
    }
    let count = 0;
    for await (const { key, value } of this.#source.entries(this.#root, tree)) {
      count++;
      const opened = this.#sealed === false ? value : unseal(table, asKey(key), value);
      if (opened) yield { key, value: opened };
      else if (this.#sealed === undefined) yield { key, value };
      else {
        this.damaged.add(table);
        const shown = typeof asKey(key) === 'number' ? asKey(key) : decodeId(key);
        this.#lose(`${table}, ${shown}: its value does not match its checksum`);
      }
    }
    if (count !== tree.entries) this.damaged.add(table);
  }
}

/** One table read along with another one. */
class Cursor {
  readonly #entries: AsyncGenerator<{ key: Buffer; value: Buffer }>;
  #next: { row: number; value: Buffer } | undefined;
  #done = false;

  constructor(entries: AsyncGenerator<{ key: Buffer; value: Buffer }>) {
    this.#entries = entries;
  }

  /** The value of a row; rows must be asked for in ascending order. */
  async at(row: number): Promise<Buffer | undefined> {
    while (!this.#done && (this.#next === undefined || this.#next.row < row)) {
      const step = await this.#entries.next();
      if (step.done) this.#done = true;
      else this.#next = { row: rowOf(step.value.key), value: step.value.value };
    }
    return this.#next?.row === row ? this.#next.value : undefined;
  }
}

/** A file of JSON lines, made when the first one is written. */
class Lines {
  readonly #path: string;
  #stream: ReturnType<typeof createWriteStream> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async write(value: object): Promise<void> {
    this.#stream ??= createWriteStream(this.#path, { flags: 'wx' });
    if (this.#stream.write(`${JSON.stringify(value)}\n`)) return;
    await new Promise<void>((resolve, reject) => {
      this.#stream!.once('drain', resolve).once('error', reject);
    });
  }

  /** @param always - make the file even if nothing was written */
  async close(always = false): Promise<void> {
    if (!this.#stream && always) this.#stream = createWriteStream(this.#path, { flags: 'wx' });
    if (!this.#stream) return;
    this.#stream.end();
    await finished(this.#stream);
  }
}

async function freeName(folder: string, base: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const taken = new Set(await readdir(folder));
  for (let i = 1; ; i++) {
    const name = i === 1 ? base : `${base} (${i})`;
    if (!taken.has(`${name}.jsonl`)) return name;
    if (i > 10_000)
      throw new FletchError('INVALID_ARGUMENT', `There are too many collections called ${base}.`);
  }
}
