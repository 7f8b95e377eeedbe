import { readFileSync } from 'node:fs';
import { array, compile, type NDArray, type Tensor } from '@fletch/array';
import { unpackSafetensors } from '@fletch/data';
import { describe, expect, it } from 'vitest';
import type { AnyFamily } from './family.js';
import { classificationLoss, maskedTokenLoss, nextTokenLoss } from './losses.js';
import { loadModel } from './model-folder.js';
import type { Weights } from './parameters.js';

/**
 * Checkpoints, inputs and outputs that PyTorch's own layers made (testing/golden/make-goldens.py), in files that share no
 * code with ours.
 */
const folderOf = (name: string) => new URL(`./testing/golden/${name}`, import.meta.url).pathname;

type Named<Leaf> = Record<string, Leaf>;

function expectedOf(name: string): Named<NDArray> {
  const { tensors } = unpackSafetensors(readFileSync(`${folderOf(name)}/expected.safetensors`));
  return Object.fromEntries(
    [...tensors].map(([key, { data, dtype, shape }]) => [
      key,
      array(data as Float32Array, dtype === 'I64' ? 'int64' : 'float32', shape),
    ]),
  );
}

/** Outputs by the names of the golden files. */
type Outputs = (family: AnyFamily, config: never, params: Weights, given: Named<Tensor>) => Named<Tensor>;

const numbered = (name: string, list: readonly Tensor[]) =>
  Object.fromEntries(list.map((value, i) => [`${name}.${i}`, value]));

const decoder: Outputs = (family, config, params, given) => {
  const inputIds = given.input_ids!;
  const seen = given.attention_mask;
  const out = family.forward(config, params, { inputIds, attentionMask: seen });
  return {
    logits: out.logits,
    loss_unmasked: nextTokenLoss(out.logits, inputIds),
    ...(seen && { loss: nextTokenLoss(out.logits, inputIds, { seen }) }),
    ...numbered('hidden', out.hiddenStates),
    ...numbered('pattern', out.attentions),
  };
};

const bert: Outputs = (family, config: { architectures: string[] }, params, given) => {
  const out = family.forward(config, params, {
    inputIds: given.input_ids,
    tokenTypeIds: given.token_type_ids,
    attentionMask: given.attention_mask,
  });
  return {
    logits: out.logits,
    loss:
      given.labels!.rank === 2
        ? maskedTokenLoss(out.logits, given.labels!)
        : classificationLoss(out.logits, given.labels!, { smoothing: 0.1 }),
    pooled: out.pooled,
    next_sentence: out.nextSentenceLogits,
    ...numbered('hidden', out.hiddenStates),
    ...numbered('pattern', out.attentions),
  };
};

const convolutional: Outputs = (family, config, params, { images, labels }) => {
  const training = family.forward(config, params, { images }, { training: true });
  return {
    logits: family.forward(config, params, { images }).logits,
    training_logits: training.logits,
    loss: classificationLoss(training.logits, labels!),
    ...Object.fromEntries(
      Object.entries<Tensor>(training.buffers).map(([name, value]) => [`buffer.${name}`, value]),
    ),
  };
};

const cases: Named<Outputs> = {
  gpt2: decoder,
  'gpt2-old': decoder,
  'gpt2-untied': decoder,
  llama: decoder,
  llama3: decoder,
  'bert-pretraining-old': bert,
  'bert-masked': bert,
  'bert-classes': bert,
  vit(family, config, params, { images, labels }) {
    const out = family.forward(config, params, { images });
    return {
      logits: out.logits,
      loss: classificationLoss(out.logits, labels!),
      ...numbered('hidden', out.hiddenStates),
      ...numbered('pattern', out.attentions),
    };
  },
  dit(family, config, params, { images, timesteps, labels }) {
    const out = family.forward(config, params, { images, timesteps, labels });
    return {
      sample: out.sample,
      ...numbered('hidden', out.hiddenStates),
      ...numbered('pattern', out.attentions),
    };
  },
  'resnet-basic': convolutional,
  'resnet-bottleneck': convolutional,
  cnn: convolutional,
  mlp(family, config, params, { features, labels }) {
    const out = family.forward(config, params, { features });
    return { logits: out.logits, loss: classificationLoss(out.logits, labels!) };
  },
};

const inputs = /^(input_ids|token_type_ids|attention_mask|labels|images|timesteps|features)$/;

describe.each(Object.keys(cases))('%s, written by PyTorch', (name) => {
  it('gives the same outputs', async () => {
    const { family, config, params } = await loadModel(folderOf(name));
    const all = Object.entries(expectedOf(name));
    const given = Object.fromEntries(all.filter(([key]) => inputs.test(key)));
    const wanted = all.filter(([key]) => !inputs.test(key));
    const run = compile(
      (weights: Named<Tensor>, x: Named<Tensor>) => {
        const outputs = cases[name]!(family as AnyFamily, config as never, weights, x);
        return Object.fromEntries(wanted.map(([key]) => [key, outputs[key]!]));
      },
      { threads: 1 },
    );
    const found = await run(params, given);
    await run.close();
    expect(wanted.length).toBeGreaterThan(0);
    for (const [key, { shape, data }] of wanted) {
      expect([key, found[key]!.shape]).toEqual([key, shape]);
      const largest = Math.max(1, ...(data as Float32Array).map(Math.abs));
      const off = (data as Float32Array).map((value, i) => Math.abs(value - Number(found[key]!.data[i])));
      expect([key, Math.max(...off) / largest < 1e-4]).toEqual([key, true]);
    }
  });
});
