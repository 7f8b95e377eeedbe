/**
 * What an interrupted run has done already.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, replaceFile } from '@fletch/base';

/** Outcomes of the parts of a run, one file each, kept until the run is complete. */
export interface Journal {
  /** Runs a part unless its outcome is there. */
  once<T>(part: string, work: () => Promise<T>): Promise<T>;
  /** How many outcomes were found instead of worked out. */
  readonly found: number;
  clear(): Promise<void>;
}

/**
 * The journal of one kind of run.
 *
 * @param key - everything that the outcomes depend on
 */
export function openJournal(key: readonly string[]): Journal {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(), 'lab', hash(JSON.stringify(key)));
  let found = 0;
  return {
    async once<T>(part: string, work: () => Promise<T>): Promise<T> {
      const path = join(folder, `${hash(part)}.json`);
      const known = await readOutcome<T>(path, part);
      if (known !== undefined) {
        found++;
        return known.outcome;
      }
      const outcome = await work();
      await replaceFile(path, async (file) => {
        await file.writeFile(JSON.stringify({ part, outcome }));
      });
      return outcome;
    },
    get found() {
      return found;
    },
    clear: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A damaged or foreign file counts as none. */
async function readOutcome<T>(path: string, part: string): Promise<{ outcome: T } | undefined> {
  try {
    const content = JSON.parse(await readFile(path, 'utf8')) as { part: string; outcome: T };
    return content.part === part ? content : undefined;
  } catch {
    return undefined;
  }
}

/** A run that is not worth remembering. */
export const noJournal: Journal = {
  once: (_part, work) => work(),
  found: 0,
  async clear() {},
};
