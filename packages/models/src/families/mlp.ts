/**
 * A multi-layer perceptron.
 *
 * @module
 */
import { reshape, type Tensor, tensor, type Value } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { z } from 'zod';
import { type ConfigOf, checkLabels, defineFamily, field, labelFields, labelsOf } from '../family.js';
import { activate, activationName } from '../layers/activations.js';
import { linear, linearSpecs } from '../layers/dense.js';
import { uniform } from '../parameters.js';

const fields = {
  input_size: field.count(784),
  /** Widths of the layers before the last. */
  hidden_sizes: z.array(z.int().positive()).default([512, 512]),
  hidden_act: activationName.default('relu'),
  /** Of the hidden layers. */
  hidden_dropout_prob: field.rate(0),
  ...labelFields,
};

/** A perceptron's `config.json`. */
export type MlpConfig = ConfigOf<typeof fields>;

/** What a perceptron takes. */
export interface MlpInputs {
  /** `[batch, …]`: all axes after the first are flattened to `input_size` numbers. */
  readonly features: Value;
}

/** What a perceptron gives. */
export interface MlpOutput {
  /** `[batch, classes]`. */
  readonly logits: Tensor;
  /** After each hidden layer, `[batch, width]`. */
  readonly hiddenStates: readonly Tensor[];
}

const widthsOf = (config: MlpConfig) => [config.input_size, ...config.hidden_sizes, labelsOf(config)];

/** Perceptrons. Their parameters are `layers.0.weight` (`[out, in]`), `layers.0.bias`, … */
export const mlp = defineFamily({
  name: 'mlp',
  title: 'A multi-layer perceptron',
  architectures: ['MlpForClassification'],
  fields,
  check: checkLabels,
  parameters: (config) =>
    widthsOf(config)
      .slice(1)
      .flatMap((out, i) => {
        const inner = widthsOf(config)[i]!;
        // As torch.nn.Linear begins, times √6 before a rectifier (He et al., ICCV 2015).
        const hidden = i < config.hidden_sizes.length;
        return linearSpecs(`layers.${i}`, inner, out, {
          initial: uniform(Math.sqrt((hidden ? 6 : 1) / inner)),
        });
      }),
  forward(run, config, { features }: MlpInputs): MlpOutput {
    const given = tensor(features);
    const batch = given.shape[0] ?? 0;
    if (given.rank < 2 || given.size !== batch * config.input_size)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `mlp: features must have ${config.input_size} numbers for each of a batch, not shape [${given.shape}].`,
      );
    let x = reshape(given, [batch, config.input_size]);
    const hiddenStates = config.hidden_sizes.map((_, i) => {
      x = run.drop(activate(config.hidden_act, linear(run, `layers.${i}`, x)), config.hidden_dropout_prob);
      return x;
    });
    return { logits: linear(run, `layers.${config.hidden_sizes.length}`, x), hiddenStates };
  },
  isHead: () => false,
});
