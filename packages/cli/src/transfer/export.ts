/**
 * Moving a collection out to files.
 *
 * @module
 */
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FletchError, type Progress, throwIfAborted } from '@fletch/base';
import type { ExportRow, VectorWriter, WriteFormat } from '@fletch/data';
import type { CollectionInfo, Filter, PointId, PointRecord, VectorParams } from '@fletch/search';
import type { Target } from './target.js';

export interface ExportRequest {
  readonly target: Target;
  readonly collection: string;
  readonly path: string;
  readonly format: WriteFormat;
  /** Default: the unnamed vector, or the only one. Formats of whole points write all unless one is named. */
  readonly vector?: string | undefined;
  readonly filter?: Filter | undefined;
  readonly textField?: string | undefined;
  readonly force?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface ExportOutcome {
  readonly collection: string;
  readonly format: string;
  readonly files: readonly string[];
  readonly exported: number;
  /** Points without that vector, or without a text. */
  readonly skipped: number;
}

const PAGE = 500;

/**
 * Writes the points in the order of their ids. The files get their names when all is written.
 *
 * @throws FletchError `NOT_FOUND`, `ALREADY_EXISTS` without `force`, `DISK_FULL` before anything is written,
 *   `INVALID_ARGUMENT` when the vector does not fit the format, `ABORTED`
 */
export async function exportCollection(request: ExportRequest): Promise<ExportOutcome> {
  const { target, collection, path, format, force = false, filter } = request;
  const info = await target.info(collection);
  if (!info) throw await unknown(target, collection);
  const vector = chooseVector(request, info);
  const dimension = vector?.size;
  const total = await target.count(collection, filter);
  await checkRoom(request, total, dimension ?? 0);
  const textField = request.textField ?? recordedTextField(info) ?? 'text';
  const writer = await format.open(path, {
    force,
    ...(dimension === undefined ? {} : { dimension }),
    textField,
  });
  try {
    const { exported, skipped } = await copy({ ...request, textField }, writer, vector?.name, total);
    if (exported === 0 && total > 0) {
      const needed =
        format.rows === 'texts' ? `a text in "${textField}" (--text-field)` : `the vector "${vector?.name}"`;
      throw new FletchError('INVALID_ARGUMENT', `None of ${total} points has ${needed}.`);
    }
    return { collection, format: format.name, files: await writer.finish(), exported, skipped };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function unknown(target: Target, collection: string): Promise<FletchError> {
  const names = (await target.names()).map((name) => `"${name}"`).join(', ') || 'none';
  return new FletchError('NOT_FOUND', `There is no collection "${collection}". There are: ${names}.`);
}

function recordedTextField(info: CollectionInfo): string | undefined {
  const facts = info.config.metadata?.fletch;
  const field =
    typeof facts === 'object' && facts !== null && !Array.isArray(facts) ? facts.text_field : undefined;
  return typeof field === 'string' ? field : undefined;
}

interface Chosen {
  readonly name: string;
  readonly size: number;
}

/** The vector of formats that hold one a row; undefined where whole points are written. */
function chooseVector(
  { format, vector, collection }: ExportRequest,
  info: CollectionInfo,
): Chosen | undefined {
  if (format.rows === 'texts') return undefined;
  const { vectors, sparse_vectors = {} } = info.config.params;
  const named =
    typeof vectors.size === 'number'
      ? { '': vectors as VectorParams }
      : (vectors as Record<string, VectorParams>);
  const dense = Object.entries(named).filter(([, { multivector_config }]) => !multivector_config);
  const all = [...Object.keys(named), ...Object.keys(sparse_vectors)];
  if (vector !== undefined && !all.includes(vector))
    throw new FletchError(
      'NOT_FOUND',
      `"${collection}" has no vector "${vector}". It has: ${all.map((name) => `"${name}"`).join(', ')}.`,
    );
  if (format.rows === 'wire')
    return vector === undefined ? undefined : { name: vector, size: named[vector]?.size ?? 0 };
  const [name, params] =
    dense.find(([each]) => each === (vector ?? '')) ??
    (vector === undefined && dense.length === 1 ? dense[0]! : []);
  if (name !== undefined && params) return { name, size: params.size };
  throw new FletchError(
    'INVALID_ARGUMENT',
    `A .${format.name} file holds one dense vector a point: choose with --vector among ${dense.map(([each]) => `"${each}"`).join(', ') || 'none'}, or write .jsonl, which holds all kinds.`,
  );
}

/** Bytes of a number as text. */
const TEXT = 20;

/** Compares what the files will need, roughly, with what the disk has. */
async function checkRoom(
  { path, format, target, collection, filter }: ExportRequest,
  total: number,
  dimension: number,
): Promise<void> {
  const { points } = await target.scroll(collection, {
    limit: 100,
    with_payload: true,
    ...(filter ? { filter } : {}),
  });
  const payloads = points.reduce(
    (sum, { payload }) => sum + Buffer.byteLength(JSON.stringify(payload ?? null)),
    0,
  );
  const perPoint =
    payloads / Math.max(1, points.length) + 40 + dimension * (format.rows === 'wire' ? TEXT : 4);
  const bytes = Math.ceil(total * perPoint);
  const { bavail, bsize } = await statfs(await existing(dirname(resolve(path))));
  if (bytes > bavail * bsize)
    throw new FletchError(
      'DISK_FULL',
      `The files need about ${bytes} bytes, the disk of ${path} has ${bavail * bsize} free: free some space or choose another disk.`,
      { details: { path, bytes, free: bavail * bsize } },
    );
}

/** The nearest folder above that is there. */
async function existing(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    const found = await statfs(at).then(
      () => true,
      () => false,
    );
    if (found || dirname(at) === at) return at;
  }
}

async function copy(
  {
    target,
    collection,
    format,
    filter,
    textField,
    signal,
    onProgress,
  }: ExportRequest & { readonly textField: string },
  writer: VectorWriter,
  vector: string | undefined,
  total: number,
): Promise<Pick<ExportOutcome, 'exported' | 'skipped'>> {
  let offset: PointId | null = null;
  let exported = 0;
  let skipped = 0;
  do {
    throwIfAborted(signal);
    const page = await target.scroll(collection, {
      limit: PAGE,
      with_payload: true,
      with_vector: format.rows === 'texts' ? false : vector === undefined || vector === '' ? true : [vector],
      ...(filter ? { filter } : {}),
      ...(offset === null ? {} : { offset }),
    });
    const rows = page.points.flatMap((point) => row(point, format, vector, textField));
    await writer.write(rows);
    exported += rows.length;
    skipped += page.points.length - rows.length;
    offset = page.next_page_offset;
    onProgress({ done: exported + skipped, total });
  } while (offset !== null);
  return { exported, skipped };
}

/** The point as the format wants it; none where it lacks what the format needs. */
function row(
  { id, payload, vector: all }: PointRecord,
  format: WriteFormat,
  vector: string | undefined,
  textField: string,
): ExportRow[] {
  const kept = payload ?? undefined;
  if (format.rows === 'texts') return typeof kept?.[textField] === 'string' ? [{ id, payload: kept }] : [];
  if (format.rows === 'wire') return [{ id, vector: (all ?? {}) as ExportRow['vector'], payload: kept }];
  const one = vector === '' ? all : (all as Record<string, ExportRow['vector']> | undefined)?.[vector!];
  return one === undefined || one === null ? [] : [{ id, vector: one as ExportRow['vector'], payload: kept }];
}
