/**
 * The plans of the zoo's models.
 *
 * @module
 */
import { loadFashionMnist, loadMnist } from '@fletch/data';
import { cnn } from '../../families/cnn.js';
import { resnet } from '../../families/resnet.js';
import { vit } from '../../families/vit.js';
import { imageClassifier } from './image-classifier.js';

const small = {
  seed: 1,
  beta2: 0.98,
  clip: 1,
} as const;

export const cnnMnist = imageClassifier({
  title: 'A convolutional network that reads digits',
  summary:
    'Four layers of 3 × 3 convolution with batch normalization. It judges the drawings of dit-nano-mnist, and is a network with convolutions to prune, quantize and merge.',
  family: cnn,
  load: loadMnist,
  plan: {
    name: 'cnn-mnist',
    family: 'cnn',
    config: { num_channels: 1, hidden_sizes: [32, 64, 128, 256], strides: [2, 1, 2, 2] },
    data: { set: 'MNIST', validation: 5000, augmentation: { shift: 2 } },
    training: {
      ...small,
      steps: 1000,
      batch: 100,
      learningRate: 4e-3,
      warmup: 100,
      weightDecay: 0.02,
      look: 250,
    },
    version: 1,
  },
});

export const resnetNanoFashion = imageClassifier({
  title: 'A residual network that tells clothes apart',
  summary:
    'Three stages of one block each, with residual connections and batch normalization, named as torchvision names them.',
  family: resnet,
  load: loadFashionMnist,
  plan: {
    name: 'resnet-nano-fashion',
    family: 'resnet',
    config: {
      num_channels: 1,
      embedding_size: 16,
      hidden_sizes: [32, 64, 128],
      depths: [1, 1, 1],
      layer_type: 'basic',
      stem: 'small',
      downsample_in_first_stage: true,
    },
    data: { set: 'Fashion-MNIST', validation: 5000, augmentation: { shift: 1, mirror: true } },
    training: {
      ...small,
      steps: 1500,
      batch: 100,
      learningRate: 5e-3,
      warmup: 100,
      weightDecay: 0.02,
      look: 250,
    },
    version: 1,
  },
});

export const vitNanoFashion = imageClassifier({
  title: 'A vision transformer that tells clothes apart',
  summary:
    'Four blocks of width 96 over 7 × 7 patches of 4 × 4 pixels, with Hugging Face’s names (ViTForImageClassification).',
  family: vit,
  load: loadFashionMnist,
  plan: {
    name: 'vit-nano-fashion',
    family: 'vit',
    config: {
      image_size: 28,
      patch_size: 4,
      num_channels: 1,
      hidden_size: 96,
      num_hidden_layers: 4,
      num_attention_heads: 4,
      intermediate_size: 192,
    },
    data: { set: 'Fashion-MNIST', validation: 5000, augmentation: { shift: 1, mirror: true } },
    training: {
      ...small,
      steps: 3000,
      batch: 64,
      learningRate: 2e-3,
      warmup: 200,
      weightDecay: 0.05,
      look: 300,
    },
    version: 1,
  },
});
