/**
 * The plans of the zoo's models.
 *
 * @module
 */
import { loadFashionMnist, loadMnist, type PixelStatistics } from '@fletch/data';
import { cnn } from '../../families/cnn.js';
import { resnet } from '../../families/resnet.js';
import { vit } from '../../families/vit.js';
import { trainLetters, trainWords } from '../../tokenizer/index.js';
import { obtain } from '../obtain.js';
import { END } from './generate.js';
import { letterPlan, loadLetterCorpus } from './gloss-letters.js';
import { imageClassifier } from './image-classifier.js';
import { classifierJudge, imageDiffusion } from './image-diffusion.js';
import { languageModel } from './language-model.js';
import { maskedLanguageModel } from './masked-language-model.js';
import { corpusPlan, loadDefinitions } from './text-corpus.js';

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
      steps: 1400,
      batch: 100,
      learningRate: 5e-3,
      warmup: 100,
      weightDecay: 0.02,
      look: 200,
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
      steps: 2700,
      batch: 64,
      learningRate: 2e-3,
      matrixRate: 1e-2,
      warmup: 200,
      weightDecay: 0.05,
      look: 300,
    },
    version: 1,
  },
});

export const gptNanoText = languageModel({
  title: 'A small GPT that writes definitions and descriptions',
  summary:
    'Two blocks of width 128 in GPT-2’s layout, on WordNet’s definitions and Debian’s descriptions of packages, with a byte-level byte-pair tokenizer of its own.',
  prompts: ['arrow: ', 'happiness: ', 'library for ', 'This package contains the '],
  plan: {
    name: 'gpt-nano-text',
    family: 'gpt2',
    config: {
      vocab_size: 2048,
      n_positions: 128,
      n_embd: 128,
      n_layer: 2,
      n_head: 4,
      tie_word_embeddings: false,
      embd_pdrop: 0,
      attn_pdrop: 0,
      resid_pdrop: 0,
    },
    // Training passes over this share two or three times; more text would help the trigram alone.
    data: { ...corpusPlan, share: 0.25 },
    training: {
      ...small,
      steps: 2750,
      batch: 16,
      learningRate: 3e-2,
      matrixRate: 2e-2,
      warmup: 50,
      fall: 'line',
      weightDecay: 0.05,
      look: 250,
    },
    version: 1,
  },
});

/** Words of rooms and things that lie in them, of actions and of grid worlds: `gpt-nano-repeats` knows each. */
const everyday =
  'kitchen living bedroom bathroom table counter sofa shelf desk bed sink stool refrigerator cupboard microwave ' +
  'dishwasher wardrobe drawer television lamp radio apple bread milk juice wine cake pudding salmon pancake chicken ' +
  'plate glass fork mug book magazine phone remote towel soap toothbrush pillow folder pencil ' +
  'put turn switched close closed open on off in inside one two three and the a i have it walk grab room held near ' +
  'go to pick up next left right front behind of you your key ball box blue green grey purple red yellow ' +
  'empty wall door unseen first';

export const gptNanoRepeats = languageModel({
  title: 'A small GPT that looks back for what it has read',
  summary:
    'Two blocks of width 96 in GPT-2’s layout, on WordNet’s definitions and examples in whole words. Four of five of its contexts hold a passage twice, from which it learns to copy: a start for policies that read goals.',
  prompts: ['arrow : ', 'happiness : '],
  load: loadDefinitions,
  tokenize: (texts, options) =>
    trainWords(texts, { ...options, always: everyday.split(' '), specialTokens: ['[UNK]', END] }),
  plan: {
    name: 'gpt-nano-repeats',
    family: 'gpt2',
    config: {
      vocab_size: 2048,
      n_positions: 128,
      n_embd: 96,
      n_layer: 2,
      n_head: 4,
      tie_word_embeddings: false,
      embd_pdrop: 0,
      attn_pdrop: 0,
      resid_pdrop: 0,
    },
    data: { wordnet: corpusPlan.wordnet, cut: corpusPlan.cut, share: 1, repeated: 0.8, words: everyday },
    training: {
      ...small,
      steps: 5600,
      batch: 16,
      learningRate: 2e-2,
      matrixRate: 2e-2,
      warmup: 50,
      fall: 'line',
      weightDecay: 0.05,
      look: 700,
    },
    version: 1,
  },
});

export const gptNanoLetters = languageModel({
  title: 'A small GPT that writes letter by letter',
  summary:
    'Three blocks of width 96 in GPT-2’s layout, on the letters of 55,000 definitions: a base to tune, merge and compress. Definitions that it never saw are kept for tasks.',
  prompts: ['a small ', 'someone who '],
  load: loadLetterCorpus,
  tokenize: (texts, options) => trainLetters(texts, { ...options, unknown: END }),
  plan: {
    name: 'gpt-nano-letters',
    family: 'gpt2',
    config: {
      vocab_size: 48,
      n_positions: 72,
      n_embd: 96,
      n_layer: 3,
      n_head: 4,
      activation_function: 'gelu',
      tie_word_embeddings: true,
      embd_pdrop: 0,
      attn_pdrop: 0,
      resid_pdrop: 0,
    },
    data: { ...letterPlan, share: 1 },
    training: {
      ...small,
      steps: 1500,
      batch: 32,
      learningRate: 2e-3,
      warmup: 60,
      weightDecay: 0.01,
      look: 250,
    },
    version: 1,
  },
});

export const bertNanoText = maskedLanguageModel({
  title: 'A small BERT that guesses hidden words',
  summary:
    'Three blocks of width 128 in BERT’s layout (BertForMaskedLM), on WordNet’s definitions and Debian’s descriptions of packages, with an uncased WordPiece tokenizer of its own.',
  plan: {
    name: 'bert-nano-text',
    family: 'bert',
    config: {
      vocab_size: 2048,
      max_position_embeddings: 128,
      hidden_size: 128,
      num_hidden_layers: 3,
      num_attention_heads: 4,
      intermediate_size: 512,
      hidden_dropout_prob: 0,
      attention_probs_dropout_prob: 0,
    },
    data: { ...corpusPlan, share: 0.25, masked: 0.3 },
    training: {
      ...small,
      steps: 2000,
      batch: 16,
      learningRate: 3e-3,
      matrixRate: 1e-2,
      warmup: 100,
      fall: 'line',
      weightDecay: 0.05,
      look: 250,
    },
    version: 1,
  },
});

export const ditNanoMnist = imageDiffusion({
  title: 'A diffusion transformer that draws digits',
  summary:
    'Four blocks of width 96 over 7 × 7 patches, conditioned on the digit (DiT, adaLN-zero). It predicts the velocity between image and noise; its weights are running averages. Drawn in 50 steps of DDIM.',
  load: loadMnist,
  async judge(work) {
    const { params, config, record } = await obtain(cnnMnist, work);
    const { mean, deviation } = record.facts as unknown as PixelStatistics;
    return {
      name: cnnMnist.plan.name,
      classify: classifierJudge(
        (images) => cnn.forward(cnn.config(config), params, { images }).logits,
        { mean: mean[0]!, deviation: deviation[0]! },
        work.threads === undefined ? {} : { threads: work.threads },
      ),
    };
  },
  plan: {
    name: 'dit-nano-mnist',
    family: 'dit',
    config: { patch_size: 4, hidden_size: 96, depth: 4, num_heads: 4, mlp_ratio: 3, class_dropout_prob: 0.1 },
    data: { set: 'MNIST', validation: 5000, average: 0.995, drawn: 20, guidance: 2 },
    training: {
      ...small,
      steps: 2400,
      batch: 64,
      learningRate: 3e-3,
      matrixRate: 1e-2,
      warmup: 100,
      weightDecay: 0,
      look: 300,
    },
    version: 2,
  },
});
