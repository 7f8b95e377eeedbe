/**
 * The lock that lets one process at a time open a store.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFileError, FletchError } from '@fletch/base';

/** Who holds a lock. `started` and `boot` tell a process from a later one with the same number. */
interface Holder {
  readonly pid: number;
  readonly started: string | null;
  readonly boot: string | null;
}

const heldHere = new Set<string>();

/**
 * Takes the lock of the store at `folder`; one left by a process that is gone is taken over.
 *
 * @param folder - real path of the store
 * @returns a function that releases the lock
 * @throws FletchError `LOCKED` with the process number
 */
export async function takeLock(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  if (heldHere.has(folder)) throw locked(folder, process.pid, 'this process has it open already');
  heldHere.add(folder);
  const own = `${path}.${process.pid}.${randomUUID()}`;
  const text = JSON.stringify(describe(process.pid));
  try {
    await writeFile(own, text);
    while (!(await linked(own, path))) {
      const found = await readFile(path, 'utf8').catch(() => undefined);
      if (found === undefined) continue;
      const holder = parse(found);
      if (holder && isRunning(holder)) throw locked(folder, holder.pid, `process ${holder.pid} has it open`);
      await takeAway(path, found);
    }
  } catch (error) {
    heldHere.delete(folder);
    throw describeFileError(error, path);
  } finally {
    await rm(own, { force: true });
  }
  return async () => {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === text) await rm(path, { force: true });
    heldHere.delete(folder);
  };
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
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== expected) await linked(aside, path);
  await unlink(aside);
}

function locked(folder: string, pid: number, why: string): FletchError {
  return new FletchError(
    'LOCKED',
    `The store ${folder} is in use: ${why}. Close it there, or use that process's HTTP interface.`,
    { details: { path: folder, pid } },
  );
}

function parse(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder;
    return Number.isInteger(holder.pid) ? holder : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
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
