import { array } from '@fletch/array';
import { gpt2, type LetterGloss, Tokenizer, trainLetters } from '@fletch/models';
import { describe, expect, test } from 'vitest';
import {
  adapterOf,
  batchOf,
  everyMatrix,
  type GlossBase,
  glossTask,
  PLACES,
  packed,
  pretrainingLoss,
  rowsOf,
  taskJudge,
  tune,
  unpacked,
} from './index.js';

const things = ['a bird that flies', 'a fish that swims', 'a long feather'];
const acts = ['to walk with haste', 'to turn and run', 'to jump up high'];
const glosses: LetterGloss[] = Array.from({ length: 120 }, (_, i) => ({
  text: `${(i % 2 ? acts : things)[i % 3]} ${'abcdef'[i % 6]}${i}`,
  lexname: i % 2 ? 'verb.motion' : 'noun.animal',
  pos: i % 2 ? 'verb' : 'noun',
}));
const config = gpt2.config({
  ...{ vocab_size: 30, n_positions: 72, n_embd: 16, n_layer: 1, n_head: 2, n_inner: 32 },
  ...{ embd_pdrop: 0, attn_pdrop: 0, resid_pdrop: 0 },
});
const base: GlossBase = {
  config,
  params: gpt2.init(config, { seed: 1 }),
  tokenizer: new Tokenizer(
    trainLetters(
      glosses.map(({ text }) => text),
      { vocabularySize: 30 },
    ),
  ),
  glosses: { train: glosses, validation: [], test: glosses, tasks: glosses },
};
const task = glossTask(base, 'part of speech', { train: 90, test: 24 });

describe('tasks', () => {
  test('hold their classes, and keep test definitions apart', () => {
    expect([...task.classes].sort()).toEqual(['noun', 'verb']);
    expect(task.train.labels).toHaveLength(90);
    expect(task.test.labels).toHaveLength(24);
    expect(glossTask(base, 'verb file', { train: 90, test: 24 }).classes).toEqual(['verb.motion']);
  });

  test('weigh the letters of a definition, and no others, equally', () => {
    const [ids, shares, labels] = batchOf(task.train, [3, 0]);
    expect(ids.shape).toEqual([2, PLACES]);
    const length = task.train.lengths[3]!;
    const own = (shares.data as Float32Array).subarray(0, PLACES);
    expect(own.slice(0, length).every((share) => share === Math.fround(1 / length))).toBe(true);
    expect(own.slice(length).every((share) => share === 0)).toBe(true);
    expect(ids.data[0]).toBe(0);
    expect(labels.data[0]).toBe(task.train.labels[3]);
    expect(rowsOf(task.train, 8, 1, 2)).toEqual(rowsOf(task.train, 8, 1, 2));
  });
});

describe('tuning', () => {
  test.each(['all', 'adapter'] as const)('learns the task and leaves what is frozen: %s', async (kind) => {
    const ways = kind === 'all' ? everyMatrix(base.params) : adapterOf(base.params, { rank: 2 });
    const judge = taskJudge(base);
    const loss = pretrainingLoss(base, { windows: 4 });
    try {
      const tuned = await tune(base, task, ways, { learningRate: 1e-2, steps: 60, batch: 16, seed: 1 });
      expect(await judge.accuracy(task, tuned.params, tuned.head)).toBeGreaterThan(80);
      expect(tuned.params['transformer.wte.weight']).toEqual(base.params['transformer.wte.weight']);
      const name = 'transformer.h.0.mlp.c_fc.weight';
      expect(tuned.params[name]!.data).not.toEqual(base.params[name]!.data);
      expect(await loss.of(base.params)).toBeCloseTo(Math.log(30), 0);
      expect(await loss.of(tuned.params)).not.toBe(await loss.of(base.params));
    } finally {
      await judge.close();
      await loss.close();
    }
  });
});

test('arrays survive JSON', () => {
  const state = { a: array(Float32Array.of(1.5, -0.1, 3e-20), 'float32', [3, 1]) };
  const back = unpacked(JSON.parse(JSON.stringify(packed(state))));
  expect(back.a!.data).toEqual(state.a.data);
  expect(back.a!.shape).toEqual([3, 1]);
});
