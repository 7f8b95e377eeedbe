/**
 * Gets a model: from the cache, or by training it.
 *
 * @module
 */
import { mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { machine, type NDArray, type Trained, train, tree, versions } from '@fletch/array';
import {
  cacheFolder,
  FletchError,
  isFletchError,
  type LongWork,
  type Progress,
  replaceFile,
  takeLock,
  throwIfAborted,
} from '@fletch/base';
import { sha256 } from '@fletch/data';
import {
  type CurvePoint,
  Damaged,
  readModel,
  type TrainingRecord,
  writeModel,
  type ZooModel,
} from './folder.js';
import { optimizerOf } from './optimizer.js';
import { type Prepared, type Recipe, type RecipePlan, recipeHash } from './recipe.js';

export interface ObtainOptions extends LongWork {
  /** Default: all cores. */
  readonly threads?: number | undefined;
  /** Forget what is in the cache and what an interrupted training has done. Default false. */
  readonly fresh?: boolean;
  /** Milliseconds between two savings while training. Default 20000. */
  readonly saveEvery?: number;
  /** Told the step from which an interrupted training goes on. */
  readonly onResume?: (step: number) => void;
}

/** Milliseconds between two looks whether another process has finished. */
const WAITING = 500;

/** Where the model of a plan is kept. */
export function modelFolder(plan: RecipePlan): string {
  return join(cacheFolder(), 'zoo', `${plan.name}-${recipeHash(plan)}`);
}

/** Where its training keeps what it needs to go on. */
const trainingFolder = (plan: RecipePlan) => `${modelFolder(plan)}.training`;

/** How far an interrupted or running training has come. */
export interface Unfinished {
  readonly done: number;
  readonly total: number;
}

/** What was saved of a training that has not ended, or undefined. */
export async function unfinishedTraining(plan: RecipePlan): Promise<Unfinished | undefined> {
  try {
    return JSON.parse(await readFile(join(trainingFolder(plan), 'progress.json'), 'utf8')) as Unfinished;
  } catch {
    return undefined;
  }
}

/**
 * The model of a recipe. What is in the cache is compared with its checksums, and made again when it is damaged. Of
 * several processes one trains, the others wait for it; an interrupted training goes on from what it saved.
 *
 * @throws FletchError `ABORTED`, `DISK_FULL`, `IO`, `NON_FINITE`, and what loading the data throws
 */
export async function obtain(recipe: Recipe, options: ObtainOptions = {}): Promise<ZooModel> {
  const { plan } = recipe;
  const { signal, onProgress } = options;
  const work = trainingFolder(plan);
  for (;;) {
    throwIfAborted(signal);
    const found = options.fresh ? undefined : await readKept(plan, onProgress);
    if (found) return found;
    let release: () => Promise<void>;
    try {
      await mkdir(work, { recursive: true });
      release = await takeLock(work, { what: 'The training in', advice: 'Wait for its end.' });
    } catch (error) {
      // Another one trains, or has just removed the folder: look again.
      const isBusy = isFletchError(error, 'LOCKED');
      if (!isBusy && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      if (isBusy) onProgress?.(await waiting(plan, error));
      await pause(WAITING);
      continue;
    }
    try {
      return await underLock(recipe, work, options);
    } finally {
      await release();
      // Not empty when somebody waits or there is something to go on from.
      await rmdir(work).catch(() => undefined);
    }
  }
}

/** What the cache holds; a damaged model counts as none, and is said to be. */
async function readKept(plan: RecipePlan, onProgress: LongWork['onProgress']): Promise<ZooModel | undefined> {
  try {
    return await readModel(modelFolder(plan));
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    onProgress?.({
      done: 0,
      total: plan.training.steps,
      stage: `${error.file} in the cache is damaged: making ${plan.name} again`,
    });
    return undefined;
  }
}

async function waiting(plan: RecipePlan, error: FletchError): Promise<Progress> {
  const known = await unfinishedTraining(plan);
  return {
    done: known?.done ?? 0,
    total: plan.training.steps,
    stage: `waiting for process ${error.details.pid}, which trains ${plan.name}`,
  };
}

async function underLock(recipe: Recipe, work: string, options: ObtainOptions): Promise<ZooModel> {
  const { plan } = recipe;
  const folder = modelFolder(plan);
  if (options.fresh) await rm(join(work, 'state.safetensors'), { force: true });
  // Another process may have finished between the look and the lock.
  else {
    const found = await readKept(plan, undefined);
    if (found) return found;
  }
  const { signal, onProgress, threads } = options;
  const shared = { ...(signal && { signal }), ...(onProgress && { onProgress }), threads };
  const prepared = await recipe.prepare(shared);
  try {
    const { trained, resumed } = await trainPlan(plan, prepared, work, options);
    throwIfAborted(signal);
    const {
      params,
      quality,
      samples = [],
      files = [],
    } = await prepared.finish(trained.params, trained.carried, shared);
    const record: TrainingRecord = {
      format: 1,
      name: plan.name,
      hash: recipeHash(plan),
      plan,
      parameters: tree.leaves<NDArray>(trained.params).reduce((sum, { size }) => sum + size, 0),
      facts: prepared.facts ?? {},
      curves: curvesOf(trained),
      quality,
      samples,
      seconds: Math.round(trained.seconds * 10) / 10,
      cpuSeconds: Math.round(trained.cpuSeconds * 10) / 10,
      resumed,
      date: new Date().toISOString(),
      machine: machine(),
      versions: versions(),
    };
    await writeModel(folder, {
      config: prepared.config,
      params,
      record,
      files: [...(prepared.files ?? []), ...files],
    });
  } finally {
    await prepared.close?.();
  }
  for (const name of ['state.safetensors', 'progress.json']) await rm(join(work, name), { force: true });
  const made = await readModel(folder);
  if (!made) throw new FletchError('IO', `${folder} vanished right after it was written.`);
  return made;
}

async function trainPlan(
  plan: RecipePlan,
  prepared: Prepared,
  work: string,
  options: ObtainOptions,
): Promise<{ trained: Trained<unknown>; resumed: number }> {
  const { training } = plan;
  const { signal, onProgress, threads, saveEvery = 20_000, onResume } = options;
  const status = join(work, 'progress.json');
  const state = join(work, 'state.safetensors');
  const facts = sha256(Buffer.from(JSON.stringify(prepared.facts ?? {})));
  const before = await readStatus(status);
  // What was learned of other data is no beginning: a corpus may change between two runs.
  if (before.facts !== facts) await rm(state, { force: true });
  let resumed = before.facts === facts ? (before.resumed ?? 0) : 0;
  let told = Number.NEGATIVE_INFINITY;
  const tell = async (done: number) => {
    told = performance.now();
    await replaceFile(status, (file) =>
      file.writeFile(JSON.stringify({ done, total: training.steps, resumed, facts })),
    );
  };
  if (before.facts !== facts) await tell(0);
  const trained = await train<unknown>({
    name: plan.name,
    params: prepared.params,
    ...(prepared.carried !== undefined && { carried: prepared.carried }),
    loss: prepared.loss,
    optimizer: optimizerOf(training, prepared.params, prepared.specs),
    steps: training.steps,
    clip: training.clip,
    draw: async (step) => {
      if (performance.now() - told >= saveEvery) await tell(step);
      return prepared.draw(step);
    },
    watch: { name: 'validation', every: training.look, look: prepared.look },
    saved: {
      path: state,
      every: saveEvery,
      onResume: (step) => {
        resumed++;
        onResume?.(step);
      },
    },
    threads,
    ...(signal && { signal }),
    ...(onProgress && {
      onProgress: (progress: Progress) => onProgress({ ...progress, stage: `training ${plan.name}` }),
    }),
  });
  return { trained, resumed };
}

/** What the training in this folder said of itself: how often it went on, and what its data were found to be. */
async function readStatus(path: string): Promise<{ readonly resumed?: number; readonly facts?: string }> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return {};
  }
}

/** Points of the training curve. */
const POINTS = 100;

function curvesOf({ losses, watched }: Trained<unknown>): TrainingRecord['curves'] {
  const stretch = Math.max(1, Math.ceil(losses.length / POINTS));
  const points: CurvePoint[] = [];
  for (let start = 0; start < losses.length; start += stretch) {
    const part = losses.subarray(start, start + stretch);
    points.push({
      step: start + part.length,
      loss: part.reduce((sum, loss) => sum + loss, 0) / part.length,
    });
  }
  return { train: points, validation: watched.map(({ step, value }) => ({ step, loss: value })) };
}
