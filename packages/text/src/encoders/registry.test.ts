import { expect, test } from 'vitest';
import { createEncoder, encoderUsages } from './registry.js';

test('an unknown name lists the known ones', async () => {
  for (const spec of ['bert', '', 'constructor', 'USE', '?precision=int8'])
    await expect(createEncoder(spec)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `There is no encoder "${spec}". Encoders: ${encoderUsages.join(', ')}.`,
    });
  expect(encoderUsages).toEqual(['use', 'onnx:<folder>', 'transformers:<model>', 'openai:<model>']);
});

test.each([
  'use?size=3',
  'use?precision=int4',
  'use?threads=0',
  'openai:x?dimension=-1',
  'onnx:x?pooling=max',
])('%s has an option that is none', async (spec) => {
  await expect(createEncoder(spec)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(/unknown option .*Options: precision, pooling/),
  });
});

test.each(['onnx', 'transformers', 'openai'])('%s needs to be told of what', async (spec) => {
  await expect(createEncoder(spec)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(`The encoder "${spec}" needs a`),
  });
});
