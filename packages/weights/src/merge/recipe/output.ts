/**
 * Where a merged model is written: a folder beside its final place, that an interrupted run goes on with.
 *
 * @module
 */
import { mkdir, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFileError, FletchError, replaceFile, syncFolder } from '@fletch/base';

const STATE = 'fletch-merge.json';

/** A folder that becomes the model when all is written. */
export interface OutputFolder {
  /** Where files are written meanwhile. */
  readonly folder: string;
  /** Names of files that an earlier run of the same merge finished. */
  readonly finished: ReadonlySet<string>;
  write(name: string, content: string | Uint8Array): Promise<void>;
  /** Moves everything to its place. */
  publish(): Promise<void>;
}

/** What keeps a folder from being written, as an error that says so. */
function unwritable(error: unknown, path: string): FletchError {
  const described = describeFileError(error, path);
  if (described instanceof FletchError) return described;
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return new FletchError('IO', `${path} cannot be written (${code}): name a folder that can be made.`, {
    details: { path, errno: code },
    cause: error,
  });
}

async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unwritable(error, folder);
  }
}

async function stateIn(folder: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(join(folder, STATE), 'utf8')) as { merge?: string }).merge;
  } catch {
    return undefined;
  }
}

/**
 * Opens the output. What an interrupted run of the same merge finished stays, what another one left is removed.
 *
 * @param merge - stands for recipe, models and options: only the same one is gone on with
 * @throws FletchError `ALREADY_EXISTS` for a folder with something in it, unless `force`; `IO`
 */
export async function openOutput(
  out: string,
  merge: string,
  { force = false }: { readonly force?: boolean } = {},
): Promise<OutputFolder> {
  const there = await namesIn(out);
  if (there && there.length > 0 && !force)
    throw new FletchError(
      'ALREADY_EXISTS',
      `${out} is there already and not empty: name another folder, or replace it (--force).`,
      { details: { path: out } },
    );
  const folder = `${out}.partial`;
  const left = await namesIn(folder);
  const before = left && (await stateIn(folder));
  if (left && before === undefined && left.length > 0)
    throw new FletchError(
      'ALREADY_EXISTS',
      `${folder} is there already, and no merge left it: move it away, it is written to meanwhile.`,
      { details: { path: folder } },
    );
  try {
    if (left && before !== merge) await rm(folder, { recursive: true });
    await mkdir(folder, { recursive: true });
    // What was being written when a run ended is of no use.
    for (const name of (await readdir(folder)).filter((one) => one.endsWith('.tmp')))
      await rm(join(folder, name));
    const write = (name: string, content: string | Uint8Array) =>
      replaceFile(join(folder, name), (file) => file.writeFile(content));
    await write(STATE, `${JSON.stringify({ merge })}\n`);
    return {
      folder,
      finished: new Set(before === merge ? await readdir(folder) : []),
      write,
      publish: () => publish(out, folder),
    };
  } catch (error) {
    throw unwritable(error, out);
  }
}

async function publish(out: string, folder: string): Promise<void> {
  try {
    await rm(join(folder, STATE));
    const old = `${out}.${process.pid}.old`;
    const there = await stat(out).catch(() => undefined);
    if (there) await rmdir(out).catch(() => rename(out, old));
    await rename(folder, out);
    await rm(old, { recursive: true, force: true });
    await syncFolder(join(out, '..'));
  } catch (error) {
    throw unwritable(error, out);
  }
}
