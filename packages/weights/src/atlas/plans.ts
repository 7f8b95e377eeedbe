/**
 * Objectives made ready: the loss that is traced, the batches it takes, the score that coefficients are chosen by.
 *
 * @module
 */
import {
  add,
  array,
  type Compiled,
  compile,
  crossEntropy,
  type NDArray,
  sub,
  type Tensor,
  type Value,
} from '@fletch/array';
import type { Rng } from '@fletch/linalg';
import type { AtlasComposer } from './composer.js';
import {
  type AtlasData,
  type AtlasInputs,
  type AtlasModel,
  type AtlasObjective,
  type AtlasTask,
  checkTask,
  drawRows,
  drawTask,
  entropyOf,
  fixMatch,
  takeRows,
} from './objectives.js';

/** An objective made ready. */
export interface LearningPlan {
  /** Traced. */
  loss(weights: Readonly<Record<string, Value>>, batch: readonly Tensor[]): Tensor;
  draw(batch: number, random: Rng): NDArray[];
  /** Higher is better; `stop` says why learning ends and these coefficients must not be kept. */
  score(coefficients: NDArray): Promise<{ readonly score: number; readonly stop?: string }>;
  close(): Promise<void>;
}

/** Inputs that are judged at a time. */
const JUDGED = 512;

/** Scores of tasks with composed weights, compiled once a task. */
class Judge {
  readonly #composer: AtlasComposer;
  readonly #model: AtlasModel;
  readonly #threads: number | undefined;
  readonly #compiled = new Map<string, Compiled<[coefficients: Tensor, inputs: Tensor], Tensor>>();

  constructor(composer: AtlasComposer, model: AtlasModel, threads: number | undefined) {
    this.#composer = composer;
    this.#model = model;
    this.#threads = threads;
  }

  /** `[count, classes]`, row by row. */
  async logits(
    coefficients: NDArray,
    { name, inputs }: AtlasInputs,
  ): Promise<{ rows: Float32Array[]; classes: number }> {
    const run =
      this.#compiled.get(name) ??
      compile(
        (given: Tensor, batch: Tensor) => this.#model.logits(this.#composer.apply(given), batch, name),
        { name: `aTLAS ${name}`, ...(this.#threads !== undefined && { threads: this.#threads }) },
      );
    this.#compiled.set(name, run);
    const rows: Float32Array[] = [];
    let classes = 0;
    const count = inputs.shape[0]!;
    for (let first = 0; first < count; first += JUDGED) {
      const taken = Array.from({ length: Math.min(JUDGED, count - first) }, (_, i) => first + i);
      const found = await run(coefficients, takeRows(inputs, taken));
      classes = found.shape[1]!;
      for (let i = 0; i < taken.length; i++)
        rows.push((found.data as Float32Array).slice(i * classes, (i + 1) * classes));
    }
    return { rows, classes };
  }

  /** Share of right classes, 0 … 1. */
  async accuracy(coefficients: NDArray, task: AtlasTask): Promise<number> {
    const { rows } = await this.logits(coefficients, task);
    const right = rows.filter((row, i) => row.indexOf(Math.max(...row)) === task.labels[i]).length;
    return right / rows.length;
  }

  /** Checks a task with the number of classes that its head has. */
  async check(task: AtlasInputs & Partial<AtlasTask>): Promise<void> {
    checkTask(task);
    const { classes } = await this.logits(this.#composer.coefficients, {
      ...task,
      inputs: takeRows(task.inputs, [0]),
    });
    checkTask(task, classes);
  }

  async close(): Promise<void> {
    for (const run of this.#compiled.values()) await run.close();
  }
}

type Open<O extends AtlasObjective> = (
  model: AtlasModel,
  data: AtlasData[O],
  judge: Judge,
  composer: AtlasComposer,
) => Promise<Omit<LearningPlan, 'close'>>;

const addition: Open<'addition'> = async (model, { tasks, held = tasks, fineTuned }, judge) => {
  for (const task of new Set([...tasks, ...held])) await judge.check(task);
  return {
    loss: (weights, batch) =>
      tasks
        .map(({ name }, i) => crossEntropy(model.logits(weights, batch[2 * i]!, name), batch[2 * i + 1]!))
        .reduce((a, b) => add(a, b)),
    draw: (batch, random) =>
      tasks.flatMap((task) => drawTask(task, Math.max(1, Math.floor(batch / tasks.length)), random)),
    async score(coefficients) {
      let sum = 0;
      for (const [i, task] of held.entries())
        sum += (await judge.accuracy(coefficients, task)) / (fineTuned?.[i] ?? 1);
      return { score: sum / held.length };
    },
  };
};

const negation: Open<'negation'> = async (
  model,
  { target, control, least = 0.95 },
  judge,
  { coefficients: start },
) => {
  await judge.check(target);
  await judge.check(control);
  const zero = array(new Float32Array(start.size), 'float32', start.shape);
  const limit = least * (await judge.accuracy(zero, control));
  return {
    loss: (weights, [inputs, labels, others, right]) =>
      sub(
        crossEntropy(model.logits(weights, others!, control.name), right!),
        crossEntropy(model.logits(weights, inputs!, target.name), labels!),
      ),
    draw: (batch, random) =>
      [target, control].flatMap((task) => drawTask(task, Math.max(1, batch >> 1), random)),
    async score(coefficients) {
      const kept = await judge.accuracy(coefficients, control);
      const score = -(await judge.accuracy(coefficients, target));
      if (kept >= limit) return { score };
      return { score, stop: `the control's accuracy fell to ${kept.toFixed(3)}, below ${limit.toFixed(3)}` };
    },
  };
};

const fewShot: Open<'fewShot'> = (model, { task, held = task }, judge, composer) =>
  addition(model, { tasks: [task], held: [held] }, judge, composer);

const entropy: Open<'entropy'> = async (model, { task }, judge) => {
  await judge.check(task);
  const count = task.inputs.shape[0]!;
  return {
    loss: (weights, [inputs]) => entropyOf(model.logits(weights, inputs!, task.name)),
    draw: (batch, random) => [takeRows(task.inputs, drawRows(count, batch, random))],
    async score(coefficients) {
      const { rows } = await judge.logits(coefficients, task);
      return { score: -rows.reduce((sum, row) => sum + entropyOfRow(row), 0) / rows.length };
    },
  };
};

function probabilities(row: Float32Array): number[] {
  const most = Math.max(...row);
  const powers = Array.from(row, (value) => Math.exp(value - most));
  const all = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / all);
}

const entropyOfRow = (row: Float32Array) =>
  probabilities(row).reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);

/** The most confident rows of each class that is predicted, with that class; all others -1. */
function trustedClasses(rows: readonly Float32Array[], classes: number, each: number): Int32Array {
  const found = Int32Array.from(rows, () => -1);
  const sure = rows.map((row) => Math.max(...probabilities(row)));
  for (let label = 0; label < classes; label++) {
    const own = rows.flatMap((row, i) => (row.indexOf(Math.max(...row)) === label ? [i] : []));
    for (const i of own.sort((a, b) => sure[b]! - sure[a]!).slice(0, each)) found[i] = label;
  }
  return found;
}

const ufm: Open<'ufm'> = async (
  model,
  { task, views = (given) => [given, given], trusted },
  judge,
  composer,
) => {
  await judge.check(task);
  const count = task.inputs.shape[0]!;
  const { rows, classes } = await judge.logits(composer.coefficients, task);
  const each = trusted ?? Math.max(1, Math.min(Math.floor(count / classes / 10), 100));
  const first = trustedClasses(rows, classes, each);
  const [sure, unsure] = [true, false].map((wanted) =>
    Uint32Array.from(Array.from(first.keys()).filter((i) => first[i]! >= 0 === wanted)),
  );
  return {
    loss: (weights, [weak, strong, targets]) =>
      fixMatch(model.logits(weights, weak!, task.name), model.logits(weights, strong!, task.name), targets!),
    draw(batch, random) {
      const half = unsure!.length === 0 ? batch : Math.max(1, batch >> 1);
      const pick = (from: Uint32Array, size: number) =>
        Array.from(drawRows(from.length, size, random), (i) => from[i]!);
      const rowsOfBatch = [
        ...pick(sure!, half),
        ...(unsure!.length === 0 ? [] : pick(unsure!, batch - half)),
      ];
      const [weak, strong] = views(takeRows(task.inputs, rowsOfBatch), random);
      const targets = new Float32Array(rowsOfBatch.length * classes);
      for (const [i, row] of rowsOfBatch.entries())
        if (first[row]! >= 0) targets[i * classes + first[row]!] = 1;
      return [weak, strong, array(targets, 'float32', [rowsOfBatch.length, classes])];
    },
    // Nothing says which coefficients are best without labels: the share of sure predictions that keep the trusted ones.
    async score(coefficients) {
      const now = await judge.logits(coefficients, task);
      const agreed = now.rows.reduce((sum, row, i) => {
        const p = probabilities(row);
        const label = p.indexOf(Math.max(...p));
        return sum + (first[i]! >= 0 ? Number(label === first[i]) : Math.max(...p));
      }, 0);
      return { score: agreed / now.rows.length };
    },
  };
};

const table: { readonly [O in AtlasObjective]: Open<O> } = { addition, negation, fewShot, ufm, entropy };

/** Makes an objective ready; close it. Throws what {@link checkTask} throws. */
export async function openPlan<O extends AtlasObjective>(
  composer: AtlasComposer,
  objective: O,
  model: AtlasModel,
  data: AtlasData[O],
  threads: number | undefined,
): Promise<LearningPlan> {
  const judge = new Judge(composer, model, threads);
  try {
    const plan = await table[objective](model, data, judge, composer);
    return { ...plan, close: () => judge.close() };
  } catch (error) {
    await judge.close();
    throw error;
  }
}
