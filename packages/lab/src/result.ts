/**
 * The result of a run, and the folder of those that are kept.
 *
 * @module
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine, Versions } from '@fletch/array';
import { FletchError, replaceFile } from '@fletch/base';
import type { ClaimResult } from './claims.js';
import type { Experiment, Profile, Row } from './experiment.js';

/** What `fletch lab run --json` prints. */
export interface Result {
  readonly id: string;
  readonly number: number;
  readonly profile: Profile;
  readonly seeds: readonly number[];
  /** Wall-clock time, of all attempts when it was interrupted. */
  readonly seconds: number;
  /** Whether all claims hold. */
  readonly holds: boolean;
  readonly data: string;
  readonly claims: readonly ClaimResult[];
  readonly rows: readonly Row[];
  readonly paper: readonly Row[];
}

/** A result as it is kept. */
export interface StoredResult extends Result {
  /** Of this layout. */
  readonly format: 1;
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly machine: Machine;
  readonly versions: Versions;
  /** What the plot is drawn from, of the first seed. */
  readonly series: { readonly [name: string]: readonly Row[] };
}

const FORMAT = 1;

/** Where results of full runs are kept: in the package, under version control. */
export const resultsFolder = fileURLToPath(new URL('../results', import.meta.url));

/** The part of a stored result that the contract names. */
export function plainResult(stored: StoredResult): Result {
  const { format, date, machine, versions, series, ...result } = stored;
  return result;
}

/** Keeps a result. Throws `IO`, `DISK_FULL`. */
export async function storeResult(result: StoredResult, folder = resultsFolder): Promise<string> {
  const path = join(folder, `${result.id}.json`);
  await replaceFile(path, async (file) => {
    await file.writeFile(`${JSON.stringify(result, null, 1)}\n`);
  });
  return path;
}

/**
 * The kept result of a system, or undefined.
 *
 * @throws FletchError `INVALID_INPUT_FILE` when the file is damaged, `FORMAT_TOO_NEW`
 */
export async function readResult(id: string, folder = resultsFolder): Promise<StoredResult | undefined> {
  const path = join(folder, `${id}.json`);
  let content: StoredResult;
  try {
    content = JSON.parse(await readFile(path, 'utf8')) as StoredResult;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new FletchError('INVALID_INPUT_FILE', `${path} is no stored result: it is not JSON.`, { cause });
  }
  if (content?.format > FORMAT)
    throw new FletchError('FORMAT_TOO_NEW', `${path} was written by a newer version: update Fletch.`);
  if (content?.format !== FORMAT || content.id !== id || !Array.isArray(content.claims))
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${path} is no stored result of "${id}". Delete it and run: fletch lab run ${id} --profile full`,
    );
  return content;
}

/** Ids of the systems with a kept result. */
export async function storedIds(folder = resultsFolder): Promise<string[]> {
  const entries = await readdir(folder).catch(() => []);
  return entries.flatMap((name) => (name.endsWith('.json') ? name.slice(0, -5) : [])).sort();
}

/** What of a kept result no longer fits its experiment, in words; empty when it is current. */
export function outdated(result: StoredResult, { claims }: Experiment): string[] {
  const wanted = claims.filter(({ profiles }) => !profiles || profiles.includes(result.profile));
  const changes: string[] = [];
  for (const { id, relation, threshold, metric } of wanted) {
    const kept = result.claims.find((claim) => claim.id === id);
    if (!kept) changes.push(`claim ${id} is not in it`);
    else if (kept.threshold !== threshold || kept.relation !== relation || kept.metric !== metric)
      changes.push(`claim ${id} was ${kept.metric} ${kept.relation} ${kept.threshold}`);
  }
  return changes;
}
