import { type AnyFamily, families, type ParameterKind, type ParameterSpec } from '@fletch/models';
import { describe, expect, test } from 'vitest';
import { layoutOf, type TensorKind } from './layouts.js';

const tensorsOf = (shapes: Readonly<Record<string, readonly number[]>>) =>
  new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));

/** What the table may say of what a family calls so. */
const agreeing: Readonly<Record<ParameterKind, readonly TensorKind[]>> = {
  linear: ['linear', 'head'],
  conv1d: ['conv1d'],
  conv: ['conv'],
  embedding: ['embedding'],
  bias: ['bias'],
  scale: ['norm'],
  buffer: ['buffer'],
};

const cases = Object.values(families).flatMap((family: AnyFamily) =>
  family.architectures.map((architecture) => [architecture, family] as const),
);

describe('the table agrees with the families of @fletch/models', () => {
  test.each(cases)('%s', (architecture, family) => {
    const config = family.config({ architectures: [architecture] });
    const specs: readonly ParameterSpec[] = family.parameters(config);
    const tensors = new Map(specs.map((spec) => [spec.name, spec]));
    for (const known of [config, null]) {
      const layout = layoutOf({ config: known, tensors });
      expect(layout.architecture).toBe(family.name);
      for (const { name, kind, shape } of specs) {
        const role = layout.roles.get(name)!;
        expect(agreeing[kind], `${name} is ${role.kind}`).toContain(role.kind);
        expect(role.block === '' ? role.slot : `${role.block}.${role.slot}`).toBe(name);
        if (family.isHead(name) && kind === 'linear' && shape.length === 2) expect(role.kind).toBe('head');
      }
    }
  });
});

test('a fused tensor is said to be one, in weight and bias', () => {
  const { roles } = layoutOf({
    config: { model_type: 'gpt2' },
    tensors: tensorsOf({
      'h.3.attn.c_attn.weight': [8, 24],
      'h.3.attn.c_attn.bias': [24],
      'h.3.attn.bias': [1, 1, 4, 4],
    }),
  });
  expect(roles.get('h.3.attn.c_attn.weight')).toEqual({
    kind: 'conv1d',
    layer: 3,
    block: 'h.3',
    slot: 'attn.c_attn.weight',
    fused: 'qkv',
  });
  expect(roles.get('h.3.attn.c_attn.bias')).toMatchObject({ kind: 'bias', fused: 'qkv' });
  expect(roles.get('h.3.attn.bias')).toMatchObject({ kind: 'buffer', fused: null });
});

test('blocks of residual networks are counted through', () => {
  const { roles, layers } = layoutOf({
    config: null,
    tensors: tensorsOf({
      'conv1.weight': [4, 3, 3, 3],
      'layer2.0.conv1.weight': [4, 4, 3, 3],
      'layer1.10.conv1.weight': [4, 4, 3, 3],
      'layer1.0.conv1.weight': [4, 4, 3, 3],
    }),
  });
  expect(layers).toBe(3);
  expect([...roles.values()].map(({ layer }) => layer)).toEqual([null, 2, 1, 0]);
});

test.each<[string, string, readonly number[], string, TensorKind]>([
  ['llama', 'blk.3.attn_q.weight', [8, 8], 'blk.3.attn_output.weight', 'linear'],
  ['llama', 'token_embd.weight', [8, 8], 'blk.3.attn_output.weight', 'embedding'],
  ['llama', 'output.weight', [8, 8], 'blk.3.attn_output.weight', 'head'],
  ['llama', 'blk.0.attn_norm.weight', [8], 'blk.3.attn_output.weight', 'norm'],
  [
    'llama',
    'model.layers.0.self_attn.qkv_proj.weight',
    [24, 8],
    'model.layers.0.self_attn.o_proj.weight',
    'linear',
  ],
  [
    'bert',
    'roberta.encoder.layer.0.output.dense.weight',
    [8, 8],
    'roberta.embeddings.token_type_embeddings.weight',
    'linear',
  ],
  ['gpt_neox', 'gpt_neox.layers.0.attention.query_key_value.weight', [24, 8], '', 'linear'],
])('%s: %s', (architecture, name, shape, mark, kind) => {
  const layout = layoutOf({
    config: null,
    tensors: tensorsOf({ [name]: shape, ...(mark && { [mark]: [8, 8] }) }),
  });
  expect(layout.architecture).toBe(architecture);
  expect(layout.roles.get(name)?.kind).toBe(kind);
});

test('of what is not known, shapes and endings say something', () => {
  const { architecture, roles } = layoutOf({
    config: { model_type: 'mamba' },
    tensors: tensorsOf({ 'mixer.x.weight': [4, 4], 'mixer.x.bias': [4], A_log: [4, 4, 4], 'f.weight': [4] }),
  });
  expect(architecture).toBeNull();
  expect([...roles.values()].map(({ kind }) => kind)).toEqual(['linear', 'bias', 'other', 'norm']);
});
