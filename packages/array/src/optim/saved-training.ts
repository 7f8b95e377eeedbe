/**
 * The state of a training in a file, from which it goes on after an interruption.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import { array, NDArray } from '../core/ndarray.js';
import { sameShape } from '../core/shape.js';
import { tree } from '../core/tree.js';
import { loadTree, saveTree } from './checkpoint.js';

/** Everything that the next step depends on, and what was seen so far. */
export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  readonly params: unknown;
  readonly state: unknown;
  readonly carried: unknown;
  /** As long as there are steps. */
  readonly losses: Float64Array;
  readonly watched: readonly { readonly step: number; readonly value: number }[];
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** A file that holds the last saved state. */
export interface SavedTraining {
  /** The saved state; undefined when there is none, it is damaged, or it is that of another training than `like`. */
  load(like: TrainingState): Promise<TrainingState | undefined>;
  /** Saves; a crash leaves the state before. */
  save(now: TrainingState): Promise<void>;
  /** Saves when enough time has passed since the last saving. */
  saveWhenDue(now: TrainingState): Promise<void>;
}

/**
 * A state's file.
 *
 * @param every - milliseconds between two savings. Default 20000
 */
export function openSavedTraining(path: string, every = 20_000): SavedTraining {
  let last = performance.now();
  const save = async ({ step, params, state, carried, losses, watched, ...time }: TrainingState) => {
    await saveTree(path, {
      progress: array(Float64Array.of(step, time.seconds, time.cpuSeconds)),
      params,
      state,
      carried,
      losses: array(losses),
      watched: array(Float64Array.from(watched.flatMap((each) => [each.step, each.value]))),
    });
    last = performance.now();
  };
  return {
    save,
    saveWhenDue: async (now) => {
      if (performance.now() - last >= every) await save(now);
    },
    async load(like) {
      try {
        return restore(tree.flatten<NDArray>(await loadTree(path)), like);
      } catch (error) {
        if (isFletchError(error, 'NOT_FOUND') || isFletchError(error, 'INVALID_INPUT_FILE')) return undefined;
        throw error;
      }
    },
  };
}

/** The state that arrays with dotted names hold, shaped like another one. */
function restore(named: Readonly<Record<string, NDArray>>, like: TrainingState): TrainingState | undefined {
  let fits = true;
  const part = (name: 'params' | 'state' | 'carried') =>
    tree.map((leaf: unknown, path) => {
      const [given, found] = [leaf as NDArray, named[path === '' ? name : `${name}.${path}`]];
      if (found && found.dtype === given.dtype && sameShape(found.shape, given.shape)) return found;
      fits = false;
      return given;
    }, like[name]);
  const [params, state, carried] = [part('params'), part('state'), part('carried')];
  const { progress, losses, watched } = named;
  const isOf = (held: NDArray | undefined, dtype: string) => held instanceof NDArray && held.dtype === dtype;
  if (!fits || !isOf(progress, 'float64') || !isOf(losses, 'float64') || !isOf(watched, 'float64'))
    return undefined;
  const [step, seconds, cpuSeconds] = progress!.data as Float64Array;
  if (progress!.size !== 3 || losses!.size !== like.losses.length || !(step! <= losses!.size))
    return undefined;
  const seen = watched!.data as Float64Array;
  return {
    step: step!,
    seconds: seconds!,
    cpuSeconds: cpuSeconds!,
    params,
    state,
    carried,
    losses: losses!.data as Float64Array,
    watched: Array.from({ length: seen.length / 2 }, (_, i) => ({
      step: seen[2 * i]!,
      value: seen[2 * i + 1]!,
    })),
  };
}
