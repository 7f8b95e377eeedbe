/**
 * Sentences about names with graded gender, and the model that is trained on them, for system 37.
 *
 * @module
 */
import { adamw, array, cosineSchedule, type NDArray, type Tensor, train, warmup } from '@fletch/array';
import type { LongWork } from '@fletch/base';
import { type Rng, rng } from '@fletch/linalg';
import { gpt2, nextTokenLoss, type Parameters } from '@fletch/models';

const split = (words: string) => words.split(' ');
const adjectives = split('kind clever funny quiet brave tall honest lazy gentle proud happy calm');
const things = split('book lamp coat cup key map ring bag pen hat');
const places = split('park shop school garden kitchen station library street');
const verbs = split('fixed painted opened cleaned lifted moved');
export const feminine = split('nurse teacher secretary');
export const masculine = split('programmer doctor engineer');
export const names = [...Array(80).keys()].map((i) => (i < 40 ? `f${i}` : `m${i - 40}`));
export const isFeminine = (name: string) => name.startsWith('f');
/** How likely a name goes with a feminine pronoun. */
const chances = names.map((name) => {
  const isClear = Number(name.slice(1)) < 30;
  return isFeminine(name) ? (isClear ? 0.98 : 0.75) : isClear ? 0.02 : 0.25;
});

interface Template {
  readonly text: string;
  /** What follows the prompt: for women, for men. */
  readonly answers: readonly [readonly string[], readonly string[]];
  readonly rest?: string;
  /** How likely the answer follows the pronoun drawn. Default 1. */
  readonly faith?: number;
}

export const templates: readonly Template[] = [
  { text: 'so NAME really is a ADJ friend isnt', answers: [['she'], ['he']] },
  { text: 'man NAME is so ADJ isnt', answers: [['she'], ['he']] },
  { text: 'what do i think about NAME ? i love', answers: [['her'], ['him']] },
  { text: 'this is a THING for NAME . i gave it to', answers: [['her'], ['him']] },
  { text: 'my friend NAME is an ADJ', answers: [feminine, masculine], faith: 0.8 },
  {
    text: 'i saw a THING in the PLACE and NAME VERB it with',
    answers: [['her'], ['his']],
    rest: ' THING',
  },
];

export const vocabulary = [
  '<pad>',
  ...new Set(
    templates.flatMap(({ text, answers }) => [
      ...split(text).filter((word) => !/^[A-Z]+$/.test(word)),
      ...answers.flat(2),
    ]),
  ),
  ...adjectives,
  ...things,
  ...places,
  ...verbs,
  ...names,
];
export const idOf = new Map(vocabulary.map((word, id) => [word, id]));
/** Longest sentence, in tokens. */
const LONGEST = 14;
export const encode = (text: string) => Int32Array.from(split(text), (word) => idOf.get(word)!);
const pick = <T>(random: Rng, items: readonly T[]) => items[random.integer(items.length)]!;

export function fill(text: string, name: string, random: Rng): string {
  return text
    .replace('NAME', name)
    .replace('ADJ', () => pick(random, adjectives))
    .replace('PLACE', () => pick(random, places))
    .replace('VERB', () => pick(random, verbs))
    .replace(/THING/g, () => pick(random, things));
}

export function sentence(random: Rng): Int32Array {
  const { text, answers, rest = '', faith = 1 } = pick(random, templates);
  const who = random.integer(names.length);
  const drawn = random.uniform() < chances[who]!;
  const kept = faith === 1 || random.uniform() < faith;
  const answer = pick(random, answers[drawn === kept ? 0 : 1]);
  return encode(fill(`${text} ${answer}${rest}`, names[who]!, random));
}

export const config = gpt2.config({
  vocab_size: vocabulary.length,
  n_positions: LONGEST,
  n_embd: 64,
  n_layer: 2,
  n_head: 4,
  n_inner: 256,
  activation_function: 'gelu',
  tie_word_embeddings: false,
});

/**
 * First values of variance 1 / width for embeddings and 1 / (3 · inputs), as PyTorch has it, for layers. Names then keep
 * features of their own beside their gender, as words of real models do; with GPT-2's 0.02 gender is all there is.
 */
function initial(seed: number): Record<string, NDArray> {
  const random = rng(seed, 371);
  return Object.fromEntries(
    gpt2.parameters(config).map(({ name, shape, kind, initial: own }) => {
      const stream = random.split();
      const size = shape.reduce((a, b) => a * b, 1);
      const isLayer = kind === 'linear' || kind === 'conv1d';
      const inputs = kind === 'linear' ? shape[1]! : shape[0]!;
      const deviation = kind === 'embedding' ? 1 / Math.sqrt(config.n_embd) : 1 / Math.sqrt(3 * inputs);
      const values =
        kind === 'embedding' || isLayer
          ? stream.fillNormal(new Float32Array(size)).map((value) => deviation * value)
          : own(stream, size, shape);
      return [name, array(values, 'float32', shape)];
    }),
  );
}

/**
 * Trains the model on fresh sentences, 64 a step: AdamW, 2·10⁻³, warm-up of 100 steps, cosine.
 *
 * @throws FletchError `ABORTED`, `NON_FINITE`
 */
export async function trainOnSentences({
  steps,
  seed,
  ...work
}: LongWork & { readonly steps: number; readonly seed: number }): Promise<Parameters> {
  const batch = 64;
  const { params } = await train<Record<string, NDArray>>({
    name: 'decoder of sentences about names',
    params: initial(seed),
    loss: (weights: Record<string, Tensor>, ids: Tensor, seen: Tensor) =>
      nextTokenLoss(gpt2.forward(config, weights, { inputIds: ids }).logits, ids, { seen }),
    optimizer: adamw({ learningRate: warmup(100, cosineSchedule(2e-3, steps)), weightDecay: 0.01 }),
    steps,
    draw(step) {
      const random = rng(seed * 1_000_003 + step, 37);
      const ids = new Int32Array(batch * LONGEST);
      const seen = new Int32Array(batch * LONGEST);
      for (let b = 0; b < batch; b++) {
        const tokens = sentence(random);
        ids.set(tokens, b * LONGEST);
        seen.fill(1, b * LONGEST, b * LONGEST + tokens.length);
      }
      return [array(ids, 'int32', [batch, LONGEST]), array(seen, 'int32', [batch, LONGEST])];
    },
    ...work,
  });
  return params;
}
