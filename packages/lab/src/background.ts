/**
 * A run in a process of its own, so that training holds up nothing else.
 *
 * @module
 */
import { createRequire } from 'node:module';
import { type LongWork, runInProcess } from '@fletch/base';
import type { Profile } from './experiment.js';
import type { StoredResult } from './result.js';

/** What is asked of the process. */
export interface BackgroundRequest {
  readonly id: string;
  readonly profile: Profile;
}

/**
 * `runExperiment` in another process, which is ended when the signal is aborted.
 *
 * @throws FletchError what the run throws, `ABORTED`, `UNAVAILABLE` when the process ends by itself
 */
export function runInBackground(request: BackgroundRequest, work: LongWork = {}): Promise<StoredResult> {
  const program = createRequire(import.meta.url).resolve('@fletch/lab/process');
  return runInProcess<StoredResult>(program, request, { ...work, name: 'run' });
}
