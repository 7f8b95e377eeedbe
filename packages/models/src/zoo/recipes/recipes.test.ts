import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { array, type Tensor } from '@fletch/array';
import { isFletchError } from '@fletch/base';
import type { ImageSet } from '@fletch/data';
import { rng } from '@fletch/linalg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cnn } from '../../families/cnn.js';
import { vit } from '../../families/vit.js';
import { loadModel } from '../../model-folder.js';
import { trainWords } from '../../tokenizer/index.js';
import { obtain } from '../obtain.js';
import { type Recipe, type RecipePlan, recipeHash } from '../recipe.js';
import { END } from './generate.js';
import { imageClassifier } from './image-classifier.js';
import { classifierJudge, imageDiffusion } from './image-diffusion.js';
import { recipes } from './index.js';
import { languageModel } from './language-model.js';
import { frequencies, maskedLanguageModel } from './masked-language-model.js';
import { maskTokens } from './masking.js';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'fletch-recipes-'));
  vi.stubEnv('FLETCH_CACHE', cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

const threads = 1;
const training = {
  seed: 1,
  steps: 60,
  batch: 20,
  learningRate: 5e-3,
  warmup: 5,
  weightDecay: 0.01,
  beta2: 0.98,
  clip: 1,
  look: 30,
};
const plan = <Config, Data>(name: string, family: string, config: Config, data: Data, more: object = {}) =>
  ({ name, family, config, data, training: { ...training, ...more }, version: 1 }) as RecipePlan & {
    config: Config & RecipePlan['config'];
    data: Data & RecipePlan['data'];
  };
/** A folder of the zoo is one that any family loads. */
async function expectLoads(model: Awaited<ReturnType<typeof obtain>>) {
  const loaded = await loadModel(model.folder);
  expect(loaded.family.name).toBe(model.record.plan.family);
  expect(Object.keys(loaded.params).sort()).toEqual(Object.keys(model.params).sort());
  for (const [name, { data }] of Object.entries(model.params))
    expect(loaded.params[name]!.data).toEqual(data);
}

const figure = (model: Awaited<ReturnType<typeof obtain>>, name: string) =>
  model.record.quality.figures.find((one) => one.name === name)!;

/** 8 × 8 pictures: a bar that lies (class 0) or stands (class 1), somewhere, with noise. */
function bars(count: number, seed: number): ImageSet {
  const random = rng(seed);
  const images = new Uint8Array(count * 64);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
  for (let i = 0; i < count; i++) {
    const at = 1 + random.integer(6);
    for (let row = 0; row < 8; row++)
      for (let column = 0; column < 8; column++)
        images[i * 64 + row * 8 + column] =
          random.integer(40) + ((labels[i] ? column : row) === at ? 200 : 0);
  }
  return { count, channels: 1, rows: 8, columns: 8, images, labels, classes: ['lies', 'stands'] };
}
const splits = async () => ({ train: bars(400, 1), test: bars(100, 2) });

const noun = ['archer', 'fletcher', 'bowyer', 'squire'];
const sentences = (count: number, seed: number) => {
  const random = rng(seed);
  return Array.from({ length: count }, () => {
    const who = noun[random.integer(4)];
    // Who is named at the start comes again at the end: no trigram sees that far.
    return `the ${who} takes an arrow and then one more; good shot, said the ${who}`;
  });
};
const corpus = async () => ({
  train: sentences(300, 1),
  validation: sentences(20, 2),
  test: sentences(40, 3),
  facts: { documents: 360 },
});

describe('classifiers of images', () => {
  const config = { num_channels: 1, hidden_sizes: [8, 8], strides: [2, 2] };
  const data = { set: 'bars', validation: 50, augmentation: { shift: 1 } };

  it('learn, are measured, and say how pixels go in', async () => {
    const model = await obtain(
      imageClassifier({
        plan: plan('bars', 'cnn', config, data),
        title: '',
        summary: '',
        family: cnn,
        load: splits,
      }),
      { threads },
    );
    const accuracy = figure(model, 'test accuracy');
    expect(accuracy.value).toBeGreaterThan(0.9);
    expect(accuracy.baseline!.value).toBeGreaterThan(0.3);
    expect(model.config).toMatchObject({ id2label: { 0: 'lies', 1: 'stands' }, model_type: 'cnn' });
    await expectLoads(model);
    // Running statistics moved from their first values.
    expect(model.params['bn1.running_mean']!.data.some((value) => value !== 0)).toBe(true);
    const scaling = JSON.parse(await readFile(join(model.folder, 'preprocessor_config.json'), 'utf8'));
    expect(scaling.image_mean).toEqual(model.record.facts.mean);
  });

  it('of another family have its names', async () => {
    const small = {
      image_size: 8,
      patch_size: 4,
      num_channels: 1,
      hidden_size: 16,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      intermediate_size: 32,
    };
    const model = await obtain(
      imageClassifier({
        plan: plan('bars-vit', 'vit', small, { ...data, augmentation: {} }),
        title: '',
        summary: '',
        family: vit,
        load: splits,
      }),
      { threads },
    );
    expect(figure(model, 'test accuracy').value).toBeGreaterThan(0.8);
    await expectLoads(model);
    expect(model.params['vit.encoder.layer.0.attention.attention.query.weight']!.shape).toEqual([16, 16]);
  });
});

describe('language models', () => {
  it('learn what no trigram can, and go on with a text', async () => {
    const config = { vocab_size: 300, n_positions: 64, n_embd: 32, n_layer: 2, n_head: 2 };
    const model = await obtain(
      languageModel({
        plan: plan(
          'sentences',
          'gpt2',
          config,
          { share: 1 },
          { steps: 150, batch: 8, learningRate: 1e-2, matrixRate: 2e-2 },
        ),
        title: '',
        summary: '',
        prompts: ['the archer takes'],
        load: corpus,
      }),
      { threads },
    );
    const { value, baseline } = figure(model, 'perplexity');
    expect(value).toBeLessThan(baseline!.value);
    await expectLoads(model);
    expect(model.config).toMatchObject({ vocab_size: model.tokenizer!.vocabularySize, eos_token_id: 0 });
    expect(model.record.samples[0]).toMatchObject({ kind: 'text', prompt: 'the archer takes' });
    expect(model.record.facts).toMatchObject({ documents: 360, tokens: { train: expect.any(Number) } });
  });

  it('of whole words read passages that come twice', async () => {
    const config = { vocab_size: 60, n_positions: 32, n_embd: 16, n_layer: 1, n_head: 2 };
    const model = await obtain(
      languageModel({
        plan: plan('words', 'gpt2', config, { share: 1, repeated: 0.5 }, { steps: 30, batch: 4 }),
        title: '',
        summary: '',
        prompts: ['the archer'],
        load: corpus,
        tokenize: (texts, options) =>
          trainWords(texts, { ...options, always: ['bowyer'], specialTokens: ['[UNK]', END] }),
      }),
      { threads },
    );
    expect(model.tokenizer!.encode('bowyer')).toHaveLength(1);
    expect(model.config).toMatchObject({ eos_token_id: 1 });
    // Unknown words have no bytes of their own.
    expect(model.record.quality.figures.map(({ name }) => name)).toEqual(['perplexity']);
    await expectLoads(model);
  });

  it('refuse a corpus with no text', async () => {
    const empty = languageModel({
      plan: plan(
        'empty',
        'gpt2',
        { vocab_size: 300, n_positions: 8, n_embd: 8, n_layer: 1, n_head: 1 },
        { share: 1 },
      ),
      title: '',
      summary: '',
      prompts: [],
      load: async () => ({ train: ['', ''], validation: [], test: [], facts: {} }),
    });
    await expect(obtain(empty, { threads })).rejects.toThrow(
      expect.toSatisfy(
        (error) => isFletchError(error, 'INVALID_ARGUMENT') && /holds any text/.test(error.message),
      ),
    );
  });
});

describe('models that guess hidden tokens', () => {
  it('learn, and are measured against frequencies', async () => {
    const config = {
      vocab_size: 80,
      max_position_embeddings: 32,
      hidden_size: 32,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      intermediate_size: 64,
    };
    const model = await obtain(
      maskedLanguageModel({
        plan: plan(
          'guess',
          'bert',
          config,
          { masked: 0.3, share: 1 },
          { steps: 240, learningRate: 1e-2, matrixRate: 2e-2, batch: 8 },
        ),
        title: '',
        summary: '',
        load: corpus,
      }),
      { threads },
    );
    const [accuracy, perplexity] = [figure(model, 'masked accuracy'), figure(model, 'pseudo-perplexity')];
    expect(accuracy.value).toBeGreaterThan(accuracy.baseline!.value + 0.3);
    expect(perplexity.value).toBeLessThan(perplexity.baseline!.value / 2);
    expect(model.config).toMatchObject({ model_type: 'bert', architectures: ['BertForMaskedLM'] });
    await expectLoads(model);
    expect(model.tokenizer!.idOf('[MASK]')).toBe(4);
  });

  it('hide the share that is asked for: 80 % masked, 10 % another, 10 % as they were', () => {
    const tokens = Int32Array.from({ length: 20_000 }, (_, i) => i % 100);
    const options = { rate: 0.3, mask: 4, vocabularySize: 100, special: 5 };
    const { ids, labels } = maskTokens(tokens, rng(1), options);
    const hidden = [...labels.keys()].filter((i) => labels[i] !== -100);
    expect(hidden.length / 19_000).toBeCloseTo(0.3, 1);
    expect(hidden.every((i) => labels[i] === tokens[i] && tokens[i]! >= 5)).toBe(true);
    const share = (test: (i: number) => boolean) => hidden.filter(test).length / hidden.length;
    expect(share((i) => ids[i] === 4)).toBeCloseTo(0.8, 1);
    expect(share((i) => ids[i] === tokens[i])).toBeCloseTo(0.1, 1);
    expect([...labels.keys()].every((i) => labels[i] !== -100 || ids[i] === tokens[i])).toBe(true);
    // However small the share, something is hidden.
    const one = maskTokens(Int32Array.of(2, 50, 60), rng(1), { ...options, rate: 0 });
    expect(one.labels.filter((label) => label >= 0)).toHaveLength(1);
  });

  it('guess by frequency as counted', () => {
    const { accuracy, perplexity } = frequencies(Int32Array.of(5, 5, 6, 2), Int32Array.of(5, 6, 2, 5), 7, 5);
    expect(accuracy).toBeCloseTo(2 / 3, 12);
    expect(perplexity).toBeCloseTo(((3 / 5) ** 2 * (2 / 5)) ** (-1 / 3), 12);
  });
});

describe('models that draw', () => {
  const config = { patch_size: 4, hidden_size: 16, depth: 1, num_heads: 2, class_dropout_prob: 0.1 };
  const data = { set: 'bars', validation: 50, average: 0.9, drawn: 4, guidance: 1 };

  it('learn to take noise out, and keep pictures of what they draw', async () => {
    const brightness: number[] = [];
    const model = await obtain(
      imageDiffusion({
        plan: plan('draw', 'dit', config, data),
        title: '',
        summary: '',
        load: splits,
        judge: async () => ({
          name: 'a judge',
          classify: async (images) => {
            brightness.push(...(images.data as Float32Array));
            return Array.from({ length: images.shape[0]! }, (_, i) => (i < 6 ? 0 : 1));
          },
        }),
      }),
      { threads },
    );
    const left = model.record.quality.figures[0]!;
    expect(left.value).toBeLessThan(1);
    expect(left.baseline!.value).toBeLessThan(1);
    // Four of each class were asked for; the judge calls the first six of class 0.
    expect(model.record.quality.figures[1]).toMatchObject({ value: 6 / 8, baseline: { value: 0.5 } });
    expect(brightness).toHaveLength(8 * 64);
    expect(brightness.every((value) => value >= -1 && value <= 1)).toBe(true);
    expect(model.record.samples).toEqual([
      { kind: 'image', label: 'lies', file: 'sample-0.png' },
      { kind: 'image', label: 'stands', file: 'sample-1.png' },
    ]);
    const png = await readFile(join(model.folder, 'sample-1.png'));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([4 * 8, 8]);
    const start = png.indexOf('IDAT') + 4;
    const lines = inflateSync(png.subarray(start, start + png.readUInt32BE(start - 8)));
    const first = brightness[4 * 64]!;
    expect(lines[1]).toBe(Math.round(((first + 1) / 2) * 255));
    await expectLoads(model);
  });

  it('are judged on pixels scaled as the judge is used to', async () => {
    const judge = classifierJudge(
      (images: Tensor) => images as never,
      { mean: 0.25, deviation: 0.5 },
      { threads },
    );
    // Seen as (1/2 − 1/4) / (1/2) = 1/2 and (1 − 1/4) / (1/2) = 3/2.
    expect(
      Array.from(
        await judge(
          array([
            [0, 1],
            [1, -1],
          ]),
        ),
      ),
    ).toEqual([1, 0]);
  });
});

describe('the catalogue', () => {
  it('names each recipe once, with a hash of its own and words for people', () => {
    expect(recipes.map(({ plan: { name } }) => name)).toEqual(
      expect.arrayContaining([
        'gpt-nano-text',
        'bert-nano-text',
        'vit-nano-fashion',
        'cnn-mnist',
        'dit-nano-mnist',
      ]),
    );
    expect(new Set(recipes.map(({ plan: { name } }) => name)).size).toBe(recipes.length);
    expect(new Set(recipes.map((recipe: Recipe) => recipeHash(recipe.plan))).size).toBe(recipes.length);
    for (const { title, summary, plan: own } of recipes) {
      expect(title.length).toBeGreaterThan(10);
      expect(summary.length).toBeGreaterThan(30);
      expect(own.training.steps % own.training.look).toBe(0);
    }
  });
});
