/**
 * The layouts whose permutations are known.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { StateDict } from '../../state-dict.js';
import type { PermSpec } from '../spec.js';
import { chainSpec } from './chain.js';
import { resnetSpec } from './resnet.js';
import {
  type TransformerName,
  type TransformerOptions,
  transformerNames,
  transformerSpec,
} from './transformers.js';

/** Architectures that {@link permutationSpec} knows. */
export type PermArchitecture = 'mlp' | 'vgg' | 'cnn' | 'resnet' | 'resnet20' | TransformerName;

/** Names of all of them. */
export const permArchitectures: readonly PermArchitecture[] = [
  'mlp',
  'vgg',
  'cnn',
  'resnet',
  'resnet20',
  ...transformerNames,
];

/**
 * Which axes of a model's tensors carry which permutation.
 *
 * `mlp`, `vgg`, `cnn`: layers one after the other, whatever their names. `resnet` (`resnet20` is another word for it):
 * torchvision's names. Transformers: Hugging Face's names, with or without the prefix of the model below the head.
 *
 * @param model - its names and shapes are read
 * @param options - of transformers: how many heads there are, and what of them moves
 * @throws FletchError `INVALID_ARGUMENT` for an architecture that is not known and for weights of another one
 */
export function permutationSpec(
  architecture: PermArchitecture,
  model: StateDict,
  options: TransformerOptions = {},
): PermSpec {
  switch (architecture) {
    case 'mlp':
      return chainSpec('perceptron', model);
    case 'vgg':
    case 'cnn':
      return chainSpec('plain convolutional network', model);
    case 'resnet':
    case 'resnet20':
      return resnetSpec(model);
  }
  if (!transformerNames.includes(architecture))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The permutations of "${String(architecture)}" are not known: there are ${permArchitectures.join(', ')}; or write a spec.`,
    );
  return transformerSpec(architecture, model, options);
}

export type { TransformerName, TransformerOptions };
