/**
 * The list of the files of a checkpoint: `model.safetensors.index.json`.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { invalidFile } from '../vectors/bytes.js';
import { type FolderOptions, openInFolder } from './folder.js';
import type { TensorInfo } from './header.js';

/** Bytes of a list. */
const MAX_INDEX = 25_000_000;

/** Files of one checkpoint. */
export const maxShards = 10_000;

/** Which tensor is in which file. */
export interface ShardIndex {
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Names of the tensors in each file. */
  readonly files: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Reads the list.
 *
 * @throws FletchError `INVALID_INPUT_FILE` when it is none, `LIMIT_EXCEEDED`, `UNSAFE_PATH`
 */
export async function readShardIndex(
  folder: string,
  name: string,
  options: FolderOptions,
): Promise<ShardIndex> {
  const bytes = await openInFolder(folder, name, options);
  try {
    if (bytes.size > MAX_INDEX)
      throw invalidFile(bytes.name, `it has ${bytes.size} bytes, more than ${MAX_INDEX} are not read.`);
    return parseShardIndex(await bytes.read(0, bytes.size), bytes.name);
  } finally {
    await bytes.close();
  }
}

/** Reads the list from memory. Throws `INVALID_INPUT_FILE`, `LIMIT_EXCEEDED`. */
export function parseShardIndex(content: Uint8Array, file: string): ShardIndex {
  let root: { metadata?: unknown; weight_map?: unknown } | null;
  try {
    root = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (cause) {
    throw invalidFile(file, `it is no JSON: ${(cause as Error).message.slice(0, 120)}.`, {}, cause);
  }
  const map = root?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw invalidFile(file, 'it has no "weight_map" from tensors to files.');
  const files = new Map<string, Set<string>>();
  for (const [tensor, shard] of Object.entries(map)) {
    if (typeof shard !== 'string')
      throw invalidFile(file, `the file of the tensor ${JSON.stringify(tensor)} is no text.`);
    const names = files.get(shard) ?? new Set();
    names.add(tensor);
    files.set(shard, names);
    if (files.size > maxShards)
      throw new FletchError('LIMIT_EXCEEDED', `${file} names more than ${maxShards} files.`);
  }
  const metadata = root?.metadata;
  return { metadata: typeof metadata === 'object' && metadata !== null ? { ...metadata } : {}, files };
}

/** How many differences are listed. */
const LISTED = 20;

/**
 * Compares what the list says with what the files hold.
 *
 * @throws FletchError `SHARD_MISMATCH` with the differences
 */
export function checkShards(
  index: ShardIndex,
  shards: ReadonlyMap<string, readonly TensorInfo[]>,
  file: string,
): void {
  const problems: string[] = [];
  const homes = new Map<string, string>();
  for (const [shard, tensors] of shards) {
    const listed = index.files.get(shard)!;
    const held = new Set<string>();
    for (const { name } of tensors) {
      held.add(name);
      const other = homes.get(name);
      if (other !== undefined) problems.push(`"${name}" is in ${other} and in ${shard}`);
      else if (!listed.has(name)) problems.push(`"${name}" is in ${shard}, but not listed for it`);
      homes.set(name, shard);
    }
    for (const name of listed) if (!held.has(name)) problems.push(`"${name}" is not in ${shard}`);
  }
  if (problems.length === 0) return;
  const more = problems.length > LISTED ? `; and ${problems.length - LISTED} more` : '';
  throw new FletchError(
    'SHARD_MISMATCH',
    `${file} and its files do not agree: ${problems.slice(0, LISTED).join('; ')}${more}. Fetch all files of one version.`,
    { details: { file, problems: problems.slice(0, LISTED), count: problems.length } },
  );
}
