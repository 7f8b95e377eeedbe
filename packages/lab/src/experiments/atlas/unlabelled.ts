/**
 * What is only reported: adapting without labels, and unlearning.
 *
 * @module
 */
import { AtlasComposer, learnCoefficients } from '@fletch/weights';
import type { Row } from '../../experiment.js';
import { mean, type Pool, THREADS, taskOf } from './pool.js';

const round = (value: number) => Number(value.toFixed(2));

/** Test images of each task without their labels, with the vectors of the others. */
export async function adapted(pool: Pool, steps: number): Promise<Row[]> {
  const { tasks, base, vectors, model, judge, seed, signal } = pool;
  const rows: Row[] = [];
  for (const objective of ['entropy', 'ufm'] as const) {
    const found: number[] = [];
    for (const [i, { test }] of tasks.entries()) {
      const composer = new AtlasComposer(
        base.backbone,
        vectors.filter((_, j) => j !== i),
      );
      const { name, inputs } = taskOf(pool, i, test);
      const options = { steps, learningRate: 1e-2, seed, signal, threads: THREADS };
      await learnCoefficients(composer, objective, model, { task: { name, inputs } }, options);
      found.push(await judge.accuracy(composer.compose(), base.heads, i, test));
    }
    rows.push({
      part: 'test-time adaptation, mean of 5 targets',
      method: `aTLAS, ${objective}`,
      normalized: null,
      accuracy: round(mean(found)),
      setting: 'rate 0.01, chosen without labels',
    });
  }
  return rows;
}

/** Each task is unlearned with its own vector; the next is the control. */
export async function negated(pool: Pool, steps: number): Promise<Row[]> {
  const { tasks, base, vectors, model, judge, seed, signal } = pool;
  const atlas: [target: number, control: number][] = [];
  const scalar: [target: number, control: number][] = [];
  const start: [target: number, control: number][] = [];
  for (const [i, { validation, test }] of tasks.entries()) {
    const j = (i + 1) % tasks.length;
    const control = tasks[j]!;
    const both = async (backbone: typeof base.backbone): Promise<[number, number]> => [
      await judge.accuracy(backbone, base.heads, i, test),
      await judge.accuracy(backbone, base.heads, j, control.test),
    ];
    start.push(await both(base.backbone));
    const composer = new AtlasComposer(base.backbone, [vectors[i]!]);
    const data = { target: taskOf(pool, i, validation), control: taskOf(pool, j, control.validation) };
    const options = { steps, learningRate: 5e-3, look: 2, seed, signal, threads: THREADS };
    await learnCoefficients(composer, 'negation', model, data, options);
    atlas.push(await both(composer.compose()));
    const least = 0.95 * (await judge.accuracy(base.backbone, base.heads, j, control.validation));
    let best = { target: Number.POSITIVE_INFINITY, model: base.backbone };
    for (let lambda = 0; lambda <= 1; lambda += 0.05) {
      const moved = vectors[i]!.addTo(base.backbone, -lambda);
      const target = await judge.accuracy(moved, base.heads, i, validation);
      const kept = await judge.accuracy(moved, base.heads, j, control.validation);
      if (kept >= least && target < best.target) best = { target, model: moved };
    }
    scalar.push(await both(best.model));
  }
  const row = (method: string, pairs: typeof atlas): Row => ({
    part: 'negation, mean of 5 targets (lower is better)',
    method,
    normalized: null,
    accuracy: round(mean(pairs.map(([target]) => target))),
    setting: `control ${round(mean(pairs.map(([, control]) => control)))}`,
  });
  return [row('base', start), row('task arithmetic', scalar), row('aTLAS', atlas)];
}
