/**
 * Where a snapshot that is to be recovered comes from.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { describeFileError, FletchError } from '@fletch/base';
import { makeFolder } from '../manifest.js';
import type { RecoverSnapshot } from '../types.js';
import type { SnapshotFolder } from './folder.js';
import { sha256OfFile } from './unpack.js';

/** Milliseconds until a server must have begun to answer. */
const PATIENCE = 60_000;

/** A file that holds the snapshot; `temporary` ones are removed after use. */
export interface SnapshotSource {
  readonly path: string;
  readonly temporary: boolean;
}

/** What {@link withSource} may reach. */
export interface SourceLimits {
  /** The only folder whose files may be named by an address. */
  readonly snapshots: string;
  readonly temporary: string;
  /** Whether snapshots may be fetched from other machines. */
  readonly urls: boolean;
}

/**
 * Finds the file, fetching it first when it is elsewhere, checks its checksum and lets `work` use it.
 *
 * @param own - the snapshots of what is recovered
 * @throws FletchError `INVALID_ARGUMENT`, `NOT_FOUND`, `FORBIDDEN`, `UNAVAILABLE`, `CHECKSUM_MISMATCH`,
 *   `DISK_FULL`, `IO`
 */
export async function withSource(
  request: RecoverSnapshot,
  own: SnapshotFolder,
  limits: SourceLimits,
  work: (file: string) => Promise<void>,
): Promise<void> {
  const { location, shard, keepAs, checksum } = request;
  const named = shard !== undefined && location !== undefined && !URL.canParse(location);
  const { path, temporary } = named
    ? { path: await own.find(location), temporary: false }
    : await openSource(request, limits);
  try {
    const actual = checksum || keepAs !== undefined ? await sha256OfFile(path) : '';
    if (checksum && checksum.toLowerCase() !== actual)
      throw new FletchError('CHECKSUM_MISMATCH', `expected ${checksum}, actual ${actual}`, {
        details: { path, checksum: actual },
      });
    await work(path);
    if (keepAs !== undefined) await own.adopt(path, keepAs, actual);
  } finally {
    if (temporary) await rm(path, { force: true });
  }
}

async function openSource(request: RecoverSnapshot, limits: SourceLimits): Promise<SnapshotSource> {
  if (request.path !== undefined) return { path: request.path, temporary: false };
  const { location } = request;
  if (typeof location !== 'string' || !URL.canParse(location))
    throw new FletchError('INVALID_ARGUMENT', `location: expected an address, got ${String(location)}.`);
  const url = new URL(location);
  if (url.protocol === 'file:') return { path: await localFile(url, limits.snapshots), temporary: false };
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new FletchError(
      'INVALID_ARGUMENT',
      `URL ${location} with scheme ${url.protocol.slice(0, -1)} is not supported`,
    );
  if (!limits.urls)
    throw new FletchError('FORBIDDEN', 'Snapshot recovery from remote URLs is disabled in the configuration');
  return { path: await download(url, request.api_key ?? undefined, limits.temporary), temporary: true };
}

/** A file inside the folder of snapshots, links resolved. */
async function localFile(url: URL, folder: string): Promise<string> {
  let path: string;
  try {
    path = fileURLToPath(url);
  } catch (error) {
    throw new FletchError(
      'INVALID_ARGUMENT',
      'Invalid snapshot URI, file path must be absolute or on localhost',
      { cause: error },
    );
  }
  const inside = await realpath(folder).catch(() => folder);
  const real = await realpath(path).catch((error: unknown) => {
    // Whether there is such a file outside is not ours to tell.
    if (!path.startsWith(inside + sep)) throw forbidden(inside);
    throw new FletchError('INVALID_ARGUMENT', `Snapshot file "${path}" does not exist`, {
      details: { path },
      cause: error,
    });
  });
  if (!real.startsWith(inside + sep)) throw forbidden(inside);
  return real;
}

function forbidden(folder: string): FletchError {
  return new FletchError(
    'FORBIDDEN',
    `Snapshot file path must be inside the snapshots directory "${folder}"`,
  );
}

async function download(url: URL, apiKey: string | undefined, temporary: string): Promise<string> {
  await makeFolder(temporary);
  const path = join(temporary, `${randomUUID()}.download`);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE);
  try {
    const headers: Record<string, string> = apiKey === undefined ? {} : { 'api-key': apiKey };
    const response = await fetch(url, { headers, signal: abort.signal }).catch((cause: unknown) => {
      throw new FletchError('UNAVAILABLE', `The snapshot ${url.origin}${url.pathname} cannot be fetched.`, {
        cause,
      });
    });
    clearTimeout(timer);
    if (!response.ok || !response.body)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Failed to download snapshot from ${url.origin}${url.pathname}: status - ${response.status}`,
      );
    await pipeline(Readable.fromWeb(response.body as never), createWriteStream(path, { flags: 'wx' }));
    return path;
  } catch (error) {
    await rm(path, { force: true });
    throw describeFileError(error, path);
  } finally {
    clearTimeout(timer);
  }
}
