import { array, evaluate, gather, type NDArray } from '@fletch/array';
import { isFletchError } from '@fletch/base';
import { describe, expect, it } from 'vitest';
import { gpt2 } from './gpt2.js';

const config = gpt2.config({ vocab_size: 11, n_positions: 6, n_embd: 8, n_layer: 2, n_head: 2 });
const params = gpt2.init(config, { seed: 3 });
const inputIds = array(
  [
    [1, 4, 2, 9],
    [7, 7, 0, 3],
  ],
  'int32',
);

describe('embeddings in place of tokens', () => {
  it('of the tokens’ own rows are read as the tokens are', () => {
    const inputEmbeddings = evaluate(gather(params['transformer.wte.weight']!, inputIds)) as NDArray;
    const attentionMask = array(
      [
        [1, 1, 1, 0],
        [1, 1, 1, 1],
      ],
      'int32',
    );
    const read = (inputs: Parameters<typeof gpt2.forward>[2]) =>
      evaluate(gpt2.forward(config, params, { ...inputs, attentionMask }).lastHiddenState) as NDArray;
    expect(read({ inputEmbeddings }).data).toEqual(read({ inputIds }).data);
  });

  it('must have the width of the model, and no more places than it reads', () => {
    const refuses = (
      shape: readonly number[],
      code: 'DIMENSION_MISMATCH' | 'INVALID_ARGUMENT',
      message: RegExp,
    ) =>
      expect(() => {
        const inputEmbeddings = array(new Float32Array(shape.reduce((a, b) => a * b, 1)), 'float32', shape);
        gpt2.forward(config, params, { inputEmbeddings });
      }).toThrow(expect.toSatisfy((error) => isFletchError(error, code) && message.test(error.message)));
    refuses([2, 4, 7], 'DIMENSION_MISMATCH', /\[2,4,7\], not \[batch, places, 8\]/);
    refuses([2, 8], 'DIMENSION_MISMATCH', /not \[batch, places, 8\]/);
    refuses([1, 7, 8], 'INVALID_ARGUMENT', /7 places.*between 1 and 6/);
  });
});
