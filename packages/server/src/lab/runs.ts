/**
 * Runs of experiments that clients asked for: one at a time, in a process of its own.
 *
 * @module
 */
import {
  type Profile,
  plainResult,
  type Result,
  runInBackground,
  type StoredResult,
  storeResult,
} from '@fletch/lab';
import { Runs } from '../runs/runs.js';

/** What is run. */
export interface LabRequest {
  readonly id: string;
  readonly profile: Profile;
}

/** Runs of experiments; the result of a full one is kept. */
export class LabRuns extends Runs<LabRequest, Result> {
  constructor(
    runner: typeof runInBackground = runInBackground,
    keep: (result: StoredResult) => Promise<unknown> = storeResult,
  ) {
    super(async (request, work) => {
      const result = await runner(request, work);
      if (request.profile === 'full') await keep(result);
      return plainResult(result);
    });
  }
}
