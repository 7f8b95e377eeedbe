/**
 * Tunes for one task after another, each time from what the last left, and looks back.
 *
 * @module
 */
import type { NDArray } from '@fletch/array';
import type { Row } from '../../experiment.js';
import type { GlossBase, GlossTask, TaskJudge } from '../gloss-gpt/index.js';
import { tune } from '../gloss-gpt/index.js';
import { round } from './measures.js';
import { type Method, parametrizationOf } from './methods.js';

/** What is asked one after the other: each adapter is merged before the next begins anew. */
export async function continualCurve(
  base: GlossBase,
  tasks: readonly GlossTask[],
  method: Method,
  judge: TaskJudge,
  { seed, steps, signal, threads }: { seed: number; steps: number; signal: AbortSignal; threads: number },
): Promise<Row[]> {
  const rows: Row[] = [];
  const heads: NDArray[] = [];
  let params = base.params;
  for (const [i, task] of tasks.entries()) {
    const tuned = await tune(base, task, parametrizationOf(method, params, seed + i), {
      learningRate: method.learningRate,
      steps,
      seed: seed + 50 + i,
      signal,
      threads,
    });
    params = tuned.params;
    heads.push(tuned.head);
    for (const [j, head] of heads.entries())
      rows.push({
        method: method.name,
        after: i + 1,
        task: tasks[j]!.name,
        accuracy: round(await judge.accuracy(tasks[j]!, params, head)),
      });
  }
  return rows;
}
