/**
 * An index of sets in a folder: `sets.fletch` has the sets (one matrix and where each begins), how they are encoded and
 * quantized encodings; encodings as floats are an index of their own beside it, `encodings.snapshot`.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { FletchError } from '@fletch/base';
import { Matrix, type ProductQuantizer } from '@fletch/linalg';
import { loadIndex } from '../index/create.js';
import { corrupt } from '../index/format.js';
import { readSections, writeSections } from '../index/sections.js';
import { type CodeIndex, FloatCodes, QuantizedCodes } from './code-index.js';
import { FDE } from './fde.js';
import { type FdeOptions, type FdeParameters, readFdeOptions } from './parameters.js';
import type { VectorSets } from './sets.js';

const SETS = 'sets.fletch';
const ENCODINGS = 'encodings.snapshot';

/** What a folder holds. */
export interface FolderContent {
  readonly fde: FDE;
  readonly sets: VectorSets;
  readonly codes: CodeIndex;
}

interface Meta {
  /** That of the encodings beside it. */
  readonly build: string;
  readonly kind: CodeIndex['kind'];
  readonly fde: FdeParameters;
  readonly count: number;
  readonly centroids?: number;
}

/** Writes an index of sets; the encodings first, so that what `sets.fletch` names is there. */
export async function saveFolder(folder: string, { fde, sets, codes }: FolderContent): Promise<void> {
  const build = randomUUID();
  if (codes instanceof FloatCodes) await codes.index.save(join(folder, ENCODINGS), { build });
  const quantized = codes instanceof QuantizedCodes ? codes : undefined;
  const meta: Meta = {
    build,
    kind: codes.kind,
    fde: fde.parameters,
    count: sets.starts.length - 1,
    ...(quantized && { centroids: quantized.quantizer.centroids }),
  };
  await writeSections(join(folder, SETS), {
    meta: Buffer.from(JSON.stringify(meta)),
    starts: bytesOf(sets.starts),
    vectors: bytesOf(sets.vectors.data),
    ...(quantized && {
      parts: bytesOf(quantized.quantizer.starts),
      codebooks: bytesOf(quantized.quantizer.codebooks),
      codes: quantized.codes,
    }),
  });
}

/** Reads and checks what {@link saveFolder} wrote. */
export async function loadFolder(
  folder: string,
  { fde: expected, threads }: { readonly fde?: Partial<FdeOptions>; readonly threads?: number },
): Promise<FolderContent> {
  const path = join(folder, SETS);
  const sections = await readSections(path);
  const get = (name: string): Uint8Array => {
    const bytes = sections.get(name);
    if (!bytes) throw corrupt(path, `section "${name}" is missing`, { section: name });
    return bytes;
  };
  const meta = readMeta(get('meta'), path);
  if (expected) checkSame(meta.fde, expected, path);
  const fde = new FDE(meta.fde);
  const starts = words(get('starts'));
  const data = floats(get('vectors'));
  const rows = starts.at(-1) ?? 0;
  const ascending = starts.every((start, i) => (i === 0 ? start === 0 : start > starts[i - 1]!));
  if (starts.length !== meta.count + 1 || !ascending || data.length !== rows * meta.fde.dim)
    throw corrupt(path, 'its sets are not where it says', { section: 'starts' });
  const sets = { vectors: new Matrix(data, rows, meta.fde.dim), starts };
  if (meta.kind === 'pq') return { fde, sets, codes: readCodes(meta, fde, get, path) };
  const encodings = join(folder, ENCODINGS);
  const { index, owner } = await loadIndex(encodings, threads === undefined ? {} : { threads });
  if (owner.build === meta.build && index.dimension === fde.dim && index.size === meta.count)
    return { fde, sets, codes: new FloatCodes(meta.kind, index) };
  await index.close();
  throw corrupt(encodings, `it does not belong to ${path}`);
}

function readCodes(
  { count, centroids = 0 }: Meta,
  fde: FDE,
  get: (name: string) => Uint8Array,
  path: string,
): QuantizedCodes {
  const starts = words(get('parts'));
  const quantizer: ProductQuantizer = {
    dimension: fde.dim,
    parts: starts.length - 1,
    centroids,
    starts,
    codebooks: floats(get('codebooks')),
  };
  const codes = get('codes');
  const ok =
    starts.at(-1) === fde.dim &&
    quantizer.codebooks.length === centroids * fde.dim &&
    codes.length === count * quantizer.parts &&
    codes.every((code) => code < centroids);
  if (!ok) throw corrupt(path, 'its quantized encodings are not whole', { section: 'codes' });
  return new QuantizedCodes(quantizer, codes, count);
}

function readMeta(bytes: Uint8Array, path: string): Meta {
  try {
    const meta = JSON.parse(new TextDecoder().decode(bytes)) as Meta;
    readFdeOptions(meta.fde);
    if (!['exact', 'hnsw', 'pq'].includes(meta.kind)) throw new Error(`unknown kind ${String(meta.kind)}`);
    return meta;
  } catch (cause) {
    throw corrupt(path, `its description is not valid (${String(cause)})`, { section: 'meta' });
  }
}

/** @throws FletchError `INVALID_ARGUMENT` naming the first parameter that is another */
function checkSame(built: FdeParameters, expected: Partial<FdeOptions>, path: string): void {
  const wanted = readFdeOptions({ ...built, ...expected });
  for (const name of Object.keys({ ...built, ...wanted }) as (keyof FdeParameters)[]) {
    if (JSON.stringify(built[name]) === JSON.stringify(wanted[name])) continue;
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The index ${path} was built with another ${name} (${String(built[name])}) than it is opened with ` +
        `(${String(wanted[name])}): encodings of two maps cannot be compared. Build it again, or open it as it is.`,
      { details: { path, parameter: name } },
    );
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array | Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
const words = (bytes: Uint8Array): Uint32Array => new Uint32Array(bytes.buffer, 0, bytes.length >>> 2);
const floats = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.buffer, 0, bytes.length >>> 2);
