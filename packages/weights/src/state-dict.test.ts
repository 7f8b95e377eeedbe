import { array } from '@fletch/array';
import { describe, expect, it } from 'vitest';
import { checkSameStates } from './state-dict.js';

const state = (shapes: Record<string, number[]>) =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      array(new Float32Array(shape.reduce((a, b) => a * b, 1)), 'float32', shape),
    ]),
  );

describe('checkSameStates', () => {
  it('lets models of one architecture pass', () => {
    expect(() => checkSameStates(state({ a: [2, 3] }), state({ a: [2, 3] }), ['one', 'two'])).not.toThrow();
  });

  it('names the tensors that differ, and in what', () => {
    expect(() =>
      checkSameStates(state({ a: [2, 3], b: [1] }), state({ a: [3, 2], c: [4] }), ['one', 'two']),
    ).toThrow(
      'one and two are not of one architecture: "a" is [2, 3] and [3, 2]; "b" [1] is only in the first; "c" [4] is only in the second.',
    );
  });

  it('lists ten and counts the others', () => {
    const many = state(Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`t${i}`, [1]])));
    expect(() => checkSameStates(many, state({}), ['one', 'two'])).toThrow('; and 3 more.');
  });
});
