/**
 * Locks that let one process at a time use a folder.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError } from './errors.js';
import { describeFileError } from './files.js';

/** Who holds a lock. `started` and `boot` tell a process from a later one with the same number. */
interface Holder {
  readonly pid: number;
  readonly started: string | null;
  readonly boot: string | null;
  /** Tells the locks of one process apart. */
  readonly lock?: string;
}

/** The parts of the message that says who holds a lock. */
export interface LockWords {
  /** `The store`. */
  readonly what: string;
  /** A sentence. */
  readonly advice: string;
}

const heldHere = new Set<string>();
/** Locks that this process released but could not remove, by their content. */
const abandoned = new Set<string>();
/** Files that this process could not remove. */
const leftOver = new Set<string>();

/**
 * Takes the lock of `folder`; one left by a process that is gone is taken over.
 *
 * @param folder - real path of a folder that is there
 * @param words - what is in use, and what to do about it, as the message shall say it
 * @returns a function that releases the lock
 * @throws FletchError `LOCKED` with the process number
 */
export async function takeLock(folder: string, words: LockWords): Promise<() => Promise<void>> {
  const locked = (pid: number, why: string) =>
    new FletchError('LOCKED', `${words.what} ${folder} is in use: ${why}. ${words.advice}`, {
      details: { path: folder, pid },
    });
  const path = join(folder, 'lock');
  if (heldHere.has(folder)) throw locked(process.pid, 'this process has it open already');
  heldHere.add(folder);
  const lock = randomUUID();
  const own = `${path}.${process.pid}.${lock}`;
  const text = JSON.stringify({ ...describe(process.pid), lock });
  try {
    await writeFile(own, text);
    while (!(await linked(own, path))) {
      const found = await readIfThere(path);
      if (found === undefined) continue;
      const holder = parse(found);
      if (holder && !abandoned.has(found) && isRunning(holder))
        throw locked(holder.pid, `process ${holder.pid} has it open`);
      await takeAway(path, found);
    }
  } catch (error) {
    heldHere.delete(folder);
    throw describeFileError(error, path);
  } finally {
    leftOver.add(own);
    await tidy();
  }
  await removeStale(folder);
  return async () => {
    try {
      if ((await readIfThere(path)) === text) await rm(path, { force: true });
      // The folder was moved meanwhile, and the lock with it.
      else abandoned.add(text);
    } catch (error) {
      abandoned.add(text);
      throw describeFileError(error, path);
    } finally {
      heldHere.delete(folder);
    }
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Removes the files that nobody needs any more; what cannot be removed is tried again with the next lock. */
async function tidy(): Promise<void> {
  for (const path of leftOver)
    await rm(path, { force: true }).then(
      () => leftOver.delete(path),
      () => undefined,
    );
}

/** Removes what processes left behind that were killed while they took the lock. */
async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = /^lock\.(\d+)\.[\w-]+$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a dead process's lock, but puts back one that somebody else took in the meantime. */
async function takeAway(path: string, expected: string): Promise<void> {
  const aside = `${path}.${process.pid}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    if ((await readFile(aside, 'utf8')) === expected) abandoned.delete(expected);
    else await linked(aside, path);
  } catch (error) {
    await linked(aside, path).catch(() => false);
    throw error;
  } finally {
    leftOver.add(aside);
    await tidy();
  }
}

function parse(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder;
    return Number.isInteger(holder.pid) ? holder : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return true;
}

function isRunning(holder: Holder): boolean {
  if (!isAlive(holder.pid)) return false;
  const now = describe(holder.pid);
  if (now.started === null || holder.started === null) return holder.pid !== process.pid;
  return now.started === holder.started && now.boot === holder.boot;
}

function describe(pid: number): Holder {
  return { pid, started: startTime(pid), boot: read('/proc/sys/kernel/random/boot_id') };
}

/** Field 22 of `/proc/<pid>/stat`: ticks between the boot and the start of the process. */
function startTime(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
