/**
 * Fitted estimators in files.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { FletchError, replaceFile } from '@fletch/base';
import type { Estimator } from './estimator.js';
import { loadEstimator } from './registry.js';

/** The layout of the file. */
const VERSION = 1;
const FORMAT = 'fletch-model';

/** An estimator and what it predicts. */
export interface SavedModel {
  readonly estimator: Estimator;
  /** Name of the column that it was fitted to. */
  readonly target: string;
  /** Columns that were read as categories although they hold numbers. */
  readonly categorical: readonly string[];
}

/**
 * Writes a fitted estimator as JSON; a crash leaves the old file or the new one.
 *
 * @throws FletchError `INVALID_ARGUMENT` when it is not fitted, `DISK_FULL`, `IO`
 */
export async function saveModel(path: string, { estimator, target, categorical }: SavedModel): Promise<void> {
  const model = { format: FORMAT, version: VERSION, target, categorical, estimator: estimator.toJSON() };
  const text = `${JSON.stringify(model)}\n`;
  await replaceFile(path, async (file) => {
    await file.writeFile(text);
  });
}

/**
 * Reads what {@link saveModel} wrote.
 *
 * @throws FletchError `NOT_FOUND`, `IO`; `CORRUPT` when it is no model, `FORMAT_TOO_NEW`
 */
export async function loadModel(path: string): Promise<SavedModel> {
  const corrupt = (what: string, cause?: unknown) =>
    new FletchError('CORRUPT', `${path} is no model: ${what}.`, { details: { path }, cause });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new FletchError(
      missing ? 'NOT_FOUND' : 'IO',
      missing ? `There is no file ${path}.` : `${path} cannot be read.`,
      {
        details: { path },
        cause: error,
      },
    );
  }
  let json: Partial<Record<'format' | 'version' | 'target' | 'categorical' | 'estimator', unknown>> | null;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw corrupt(`it is not JSON (${(error as Error).message})`, error);
  }
  if (json?.format !== FORMAT || typeof json.version !== 'number') throw corrupt('fletch fit writes models');
  if (json.version > VERSION)
    throw new FletchError(
      'FORMAT_TOO_NEW',
      `${path} was written by a newer Fletch (version ${json.version}).`,
    );
  const { target, categorical } = json;
  if (typeof target !== 'string' || !Array.isArray(categorical))
    throw corrupt('it does not say what it predicts');
  return { estimator: loadEstimator(json.estimator), target, categorical };
}
