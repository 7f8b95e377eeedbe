/**
 * Making a damaged store whole again, as far as that is possible in place.
 *
 * @module
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LongWork } from '@fletch/base';
import { readSpecs } from '../../space/spec.js';
import { isIndexFile } from '../archive/copy.js';
import { Environment } from '../environment.js';
import { lockStore } from '../lock.js';
import { open } from '../open.js';
import { dropRecords } from './records.js';
import type { StoreProblem } from './report.js';
import { examine, storeFolder } from './verify.js';

/** What may be done besides rebuilding damaged indexes. */
export interface RepairOptions extends LongWork {
  /** Remove entries that cannot be read any more, with the points they belong to. Default: only list them. */
  readonly dropDamaged?: boolean;
  /** Build every index again, also those that are whole: with the graph parameters of today. */
  readonly rebuildIndexes?: boolean;
}

/** What was wrong, and what still is. */
export interface RepairReport {
  readonly path: string;
  /** What was wrong and is not any more. */
  readonly repaired: StoreProblem[];
  /** What is still wrong. */
  readonly remaining: StoreProblem[];
  readonly dropped: { readonly points: number; readonly vectors: number };
}

/**
 * Rebuilds indexes that are damaged, and with `dropDamaged` removes entries that are. A collection whose file does
 * not hang together any more stays as it is: its points are saved by `salvage`.
 *
 * @throws FletchError `LOCKED`, `INVALID_ARGUMENT`, `ABORTED`, `DISK_FULL`, `IO`
 */
export async function repair(store: string, options: RepairOptions = {}): Promise<RepairReport> {
  const { dropDamaged = false, rebuildIndexes = false, ...work } = options;
  const path = await storeFolder(store);
  const dropped = { points: 0, vectors: 0 };
  const release = await lockStore(path);
  let before: readonly StoreProblem[];
  try {
    const report = await examine(path, work, async (folder, manifest, bad) => {
      const drop = dropDamaged && bad.length > 0;
      if (drop) {
        const specs = readSpecs(manifest.vectors).values();
        const environment = new Environment(folder, specs, { sealed: manifest.format >= 2 });
        try {
          const gone = await dropRecords(environment, bad, manifest.uuid);
          dropped.points += gone.points;
          dropped.vectors += gone.vectors;
        } finally {
          await environment.close();
        }
      }
      if (drop || rebuildIndexes)
        for (const file of (await readdir(folder)).filter(isIndexFile)) await rm(join(folder, file));
    });
    before = report.problems;
    for (const problem of before) {
      if (problem.remedy === 'rebuild') await rm(problem.path, { force: true });
      if (problem.remedy === 'drop' && problem.table === undefined && dropDamaged && !problem.collection)
        await rm(problem.path, { force: true });
    }
  } finally {
    await release();
  }
  if (before.length > 0 || rebuildIndexes) await rebuild(path, work);
  const { problems } = await (async () => {
    const again = await lockStore(path);
    try {
      return await examine(path, work);
    } finally {
      await again();
    }
  })();
  const still = new Set(problems.map(({ message }) => message));
  return {
    path,
    repaired: before.filter(({ message }) => !still.has(message)),
    remaining: problems,
    dropped,
  };
}

/** Opens the store, which builds what is missing, and saves that. */
async function rebuild(path: string, { onProgress }: LongWork): Promise<void> {
  const store = await open(path);
  try {
    for (const name of store.collections()) {
      onProgress?.({ done: 0, stage: `building the index of "${name}"` });
      try {
        await store.collection(name).settled();
      } catch {
        // It cannot be opened, which the report says.
      }
    }
  } finally {
    await store.close();
  }
}
