import { rmSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { EncoderOptions } from '../options.js';
import { createEncoder } from '../registry.js';
import { type TinyModel, tinyModel, tinyTokenizer, tinyVector, writeFolder } from './model-folder.case.js';

const [CLS, SEP, RED, GREEN, BLUE] = [2, 3, 4, 5, 6] as const;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function tinyFolder(more: Parameters<typeof writeFolder>[0] = {}, model?: TinyModel): string {
  const folder = writeFolder({ 'model.onnx': tinyModel(model), 'tokenizer.json': tinyTokenizer, ...more });
  folders.push(folder);
  return folder;
}

/** Encodes, and gives rows of rounded numbers. */
async function encode(folder: string, texts: string[], options: EncoderOptions = {}): Promise<number[][]> {
  const encoder = await createEncoder(`onnx:${folder}`, { normalize: false, ...options });
  const vectors = await encoder.encode(texts);
  await encoder.close();
  const { dimension } = encoder;
  return texts.map((_, i) =>
    Array.from(vectors.subarray(i * dimension, (i + 1) * dimension), (value) => Number(value.toFixed(5))),
  );
}

const mean = (...ids: number[]) =>
  [0, 1, 2].map((j) =>
    Number((ids.reduce((sum, id) => sum + tinyVector(id)[j]!, 0) / ids.length).toFixed(5)),
  );

test('the mean of the token vectors, without padding', async () => {
  const vectors = await encode(tinyFolder(), ['red', 'Red green BLUE', '']);
  expect(vectors).toEqual([mean(CLS, RED, SEP), mean(CLS, RED, GREEN, BLUE, SEP), mean(CLS, SEP)]);
});

test('the first token, where the folder or the caller says so', async () => {
  const pooling = {
    word_embedding_dimension: 3,
    pooling_mode_cls_token: true,
    pooling_mode_mean_tokens: false,
  };
  const folder = tinyFolder({ '1_Pooling/config.json': pooling });
  expect(await encode(folder, ['red'])).toEqual([tinyVector(CLS)]);
  expect(await encode(folder, ['red'], { pooling: 'mean' })).toEqual([mean(CLS, RED, SEP)]);
});

test("the model's own text vector, where it gives one", async () => {
  const folder = tinyFolder({}, { output: 'sentence' });
  const negated = mean(CLS, RED, SEP).map((value) => -value);
  expect(await encode(folder, ['red'])).toEqual([negated]);
});

test('unit length by default, and a name that makes it again', async () => {
  const folder = tinyFolder();
  const encoder = await createEncoder(`onnx:${folder}?pooling=cls`);
  expect(encoder).toMatchObject({ name: `onnx:${folder}?pooling=cls`, dimension: 3 });
  const vector = await encoder.encode(['green']);
  const length = Math.hypot(...tinyVector(CLS));
  for (const [j, value] of tinyVector(CLS).entries()) expect(vector[j]).toBeCloseTo(value / length, 6);
  await encoder.close();
});

test('long texts are cut, but keep the closing token', async () => {
  const folder = tinyFolder({ 'sentence_bert_config.json': { max_seq_length: 4 } });
  expect(await encode(folder, ['red green blue red'])).toEqual([mean(CLS, RED, GREEN, SEP)]);
});

test('token types are filled in, and the model may stand in a folder of its own', async () => {
  const folder = writeFolder({
    'onnx/model.onnx': tinyModel({ inputs: ['token_type_ids'] }),
    'tokenizer.json': tinyTokenizer,
  });
  folders.push(folder);
  expect(await encode(folder, ['red'])).toEqual([mean(CLS, RED, SEP)]);
});

test('every token’s own vector at unit length, where no pooling is asked for', async () => {
  const encoder = await createEncoder(`onnx:${tinyFolder()}?pooling=none`);
  expect(encoder).toMatchObject({ dimension: 3, name: expect.stringContaining('pooling=none') });
  const { vectors, starts } = await encoder.encodeTokens!(['red', 'green blue']);
  expect([...starts]).toEqual([0, 3, 7]);
  [CLS, RED, SEP, CLS, GREEN, BLUE, SEP].forEach((id, i) => {
    const length = Math.hypot(...tinyVector(id));
    tinyVector(id).forEach((value, j) => {
      expect(vectors[i * 3 + j]).toBeCloseTo(value / length, 5);
    });
  });
  expect(await encoder.encode(['red'])).toHaveLength(3);
  await encoder.close();
  // Also of a model that has a vector of the text.
  const both = await createEncoder(`onnx:${tinyFolder({}, { output: 'sentence' })}?pooling=none`);
  expect((await both.encodeTokens!(['red'])).starts).toEqual(Uint32Array.of(0, 3));
  await both.close();
});

describe('refuses', () => {
  const refused = async (folder: string) => createEncoder(`onnx:${folder}`).catch((error) => error);

  test('a folder without model or tokenizer', async () => {
    const folder = writeFolder({ 'tokenizer.json': tinyTokenizer });
    folders.push(folder);
    expect(await refused(folder)).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('no model.onnx'),
    });
    expect(await refused(`${folder}/none`)).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a tokenizer that is not JSON', async () => {
    expect(await refused(tinyFolder({ 'tokenizer.json': '{"model":' }))).toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(/tokenizer\.json is not JSON/),
    });
  });

  test('a pooling that is not known', async () => {
    const folder = tinyFolder({ '1_Pooling/config.json': { pooling_mode_max_tokens: true } });
    expect(await refused(folder)).toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringContaining('asks for pooling_mode_max_tokens; only mean and cls are known'),
    });
  });

  test('a model with an input that is not known', async () => {
    const folder = tinyFolder({}, { inputs: ['pixel_values'] });
    expect(await refused(folder)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('takes an input "pixel_values"'),
    });
  });

  test('a model that is none', async () => {
    expect(await refused(tinyFolder({ 'model.onnx': 'version https://git-lfs' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});
