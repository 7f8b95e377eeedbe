import { add, array, conv2d, evaluate, flatten, matmul, relu } from '@fletch/array';
import { describe, expect, test } from 'vitest';
import type { StateDict } from '../state-dict.js';
import { applyPermutation, checkSpec, inversePerms, permutationSpec, randomPerms } from './index.js';
import { normals, specOf, tinyLayouts } from './support.case.js';

const far = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((most, value) => Math.max(most, value), 0);

describe.each(Object.entries(tinyLayouts))('%s', (_, layout) => {
  const model = layout.draw(1);
  const spec = specOf(layout);
  const facts = checkSpec(spec, model);

  test.each([1, 2, 3])('computes the same with its units in another order, seed %i', (seed) => {
    const perms = randomPerms(facts, seed);
    const other = applyPermutation(spec, perms, model);
    expect(far(layout.logits(other), layout.logits(model))).toBeLessThan(1e-5);
    // Something has moved, and moves back.
    expect(
      Object.keys(model).some(
        (name) => far(other[name]!.data as Float32Array, model[name]!.data as Float32Array) > 0,
      ),
    ).toBe(true);
    expect(applyPermutation(spec, inversePerms(perms), other)).toEqual(model);
  });

  test('every permutation matters: an axis that misses it computes something else', () => {
    const perms = randomPerms(facts, 4);
    const [tensor] = Object.keys(spec).filter(
      (name) => /weight$/.test(name) && model[name]!.shape.length > 1,
    );
    const broken = { ...applyPermutation(spec, perms, model), [tensor!]: model[tensor!]! };
    expect(far(layout.logits(broken), layout.logits(model))).toBeGreaterThan(1e-3);
  });
});

test('the permutations of the layouts', () => {
  const sizes = (name: string) =>
    Object.fromEntries(checkSpec(specOf(tinyLayouts[name]!), tinyLayouts[name]!.draw(0)).sizes);
  expect(sizes('mlp')).toEqual({ 'layers.0': 8, 'layers.1': 5 });
  expect(sizes('resnet, basic')).toEqual({
    conv1: 4,
    'layer1.0.conv1': 4,
    'layer1.1.conv1': 4,
    'layer2.0.conv1': 8,
    'layer2.0': 8,
    'layer2.1.conv1': 8,
  });
  expect(sizes('llama, heads in groups')).toMatchObject({
    'model.layers.0.mlp': 12,
    'model.layers.0.attn.heads': 6,
    'model.layers.0.attn.values': 8,
  });
});

test('VGG: kernels, normalizations, and a linear layer over flattened channels', () => {
  const model: StateDict = {
    // Alphabetical, as files are.
    'classifier.0.bias': normals([7], 1),
    'classifier.0.weight': normals([7, 5 * 4], 2),
    'classifier.3.bias': normals([3], 3),
    'classifier.3.weight': normals([3, 7], 4),
    'features.0.bias': normals([4], 5),
    'features.0.weight': normals([4, 2, 3, 3], 6),
    'features.1.weight': normals([4], 7),
    'features.1.bias': normals([4], 8),
    'features.10.bias': normals([5], 9),
    'features.10.weight': normals([5, 4, 3, 3], 10),
  };
  const spec = permutationSpec('vgg', model);
  expect(spec['classifier.0.weight']).toEqual(['classifier.0', { perm: 'features.10', each: 4 }]);
  expect(spec['features.1.weight']).toEqual(['features.0']);
  const images = normals([3, 2, 2, 2], 11);
  const at = (m: StateDict, name: string) => m[name]!;
  const logits = (m: StateDict) => {
    const first = conv2d(images, at(m, 'features.0.weight'), at(m, 'features.0.bias'), { padding: 1 });
    const scaled = relu(
      add(
        conv2d(first, diagonal(at(m, 'features.1.weight').data as Float32Array)),
        at(m, 'features.1.bias').reshape([4, 1, 1]),
      ),
    );
    const second = relu(
      conv2d(scaled, at(m, 'features.10.weight'), at(m, 'features.10.bias'), { padding: 1 }),
    );
    const wide = relu(
      add(
        matmul(flatten(second, 1), at(m, 'classifier.0.weight'), { transposeB: true }),
        at(m, 'classifier.0.bias'),
      ),
    );
    return evaluate(
      add(matmul(wide, at(m, 'classifier.3.weight'), { transposeB: true }), at(m, 'classifier.3.bias')),
    ).data as Float32Array;
  };
  const other = applyPermutation(spec, randomPerms(checkSpec(spec, model), 5), model);
  const before = logits(model);
  expect(far(logits(other), before) / Math.max(...before)).toBeLessThan(1e-5);
});

/** A 1 × 1 kernel that scales channels. */
function diagonal(values: Float32Array) {
  const n = values.length;
  return array(
    Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? values[i / (n + 1)]! : 0)),
    'float32',
    [n, n, 1, 1],
  );
}

describe('refuses', () => {
  const gpt2 = tinyLayouts.gpt2!.draw(0);
  const llama = tinyLayouts['llama, heads in groups']!.draw(0);
  test.each([
    ['an unknown architecture', () => permutationSpec('rnn' as never, gpt2), /"rnn" are not known.*gpt2/],
    ['weights of another layout', () => permutationSpec('llama', gpt2), /not the weights of a Llama/],
    [
      'a network without layers',
      () => permutationSpec('mlp', { b: gpt2['transformer.ln_f.bias']! }),
      /0 layers/,
    ],
    ['layers that do not follow one another', () => permutationSpec('mlp', gpt2), /reads/],
    ['a residual network without blocks', () => permutationSpec('resnet20', gpt2), /layer1\.0\.conv1/],
    [
      'heads that do not divide',
      () => permutationSpec('gpt2', gpt2, { heads: 3 }),
      /do not divide into 3 heads/,
    ],
    ['no heads', () => permutationSpec('gpt2', gpt2, { heads: 0 }), /positive whole number/],
    [
      'to permute inside of rotated heads',
      () => permutationSpec('llama', llama, { heads: 6, keyHeads: 2, queryKeys: true }),
      /would change the function/,
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(call).toThrow(message);
  });
});
