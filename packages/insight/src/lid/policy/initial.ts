/**
 * First values of a policy.
 *
 * @module
 */
import { array, type NDArray, zeros } from '@fletch/array';
import { type Rng, rng } from '@fletch/linalg';
import { type Gpt2Config, gpt2, type Parameters } from '@fletch/models';
import { type Body, layersOf, pickRows } from './body.js';
import { type Domain, FLAGS } from './domain.js';

/** Half the width of the layers that read nodes: the paper's 256. */
const HALF = 128;

/** What first values depend on. */
export interface InitialOptions {
  readonly domain: Domain;
  readonly body: Body;
  /** A language model's parameters, or freshly drawn ones. */
  readonly lm: Parameters;
  /** Tokens of the rows of the table of words. */
  readonly tokens: readonly number[];
  readonly seed: number;
}

/** The part of a decoder's parameters that a policy trains: its table and head are left out. */
export const isBody = (name: string) =>
  name.startsWith('transformer.') && !name.startsWith('transformer.wte.');

/** Draws first values. What reads nodes is scaled so that they come out as long as words are. */
export function initialParameters({
  domain,
  body,
  lm,
  tokens,
  seed,
}: InitialOptions): Record<string, NDArray> {
  const table = lm['transformer.wte.weight']!;
  const width = table.shape[1]!;
  const words = centred(pickRows(table, tokens));
  const length = meanLength(words);
  const random = rng(seed, 77);
  const params: Record<string, NDArray> = {
    'words.goal': words,
    'words.memory': words.copy(),
    'words.names': words.copy(),
  };
  if (body.kind === 'decoder')
    for (const [name, value] of Object.entries(lm)) if (isBody(name)) params[name] = value;
  const layer = (name: string, inner: number, out: number, deviation: number) => {
    params[`${name}.weight`] = drawn(random.split(), [inner, out], deviation);
    params[`${name}.bias`] = zeros([out]);
  };
  // Each of the three parts has entries of about unit variance at most; together 93 = 128 / 2 · (1 + 0.25 + 0.2).
  layer('object.name', width, HALF, 1 / length);
  layer('object.state', FLAGS, HALF, 1 / Math.sqrt(FLAGS));
  layer('object.place.in', 2, HALF, 1 / Math.sqrt(2));
  layer('object.place.out', HALF, HALF, 1 / Math.sqrt(HALF));
  layer('object.out', 3 * HALF, width, length / Math.sqrt(93 * width));
  for (const [name, [inner, out]] of Object.entries(layersOf(body, width)))
    layer(name, inner, out, 1 / Math.sqrt(inner));
  layer('head.context', width, width, 1 / Math.sqrt(width));
  layer('head.verb', width, domain.verbs, 0.1 / Math.sqrt(width));
  return params;
}

/** The layer that guesses values, for reinforcement learning. */
export function valueLayer(width: number): Record<string, NDArray> {
  return { 'head.value.weight': zeros([width, 1]), 'head.value.bias': zeros([1]) };
}

const drawn = (random: Rng, shape: readonly [number, number], deviation: number) =>
  array(
    random.fillNormal(new Float32Array(shape[0] * shape[1])).map((value) => value * deviation),
    'float32',
    shape,
  );

/** Rows less their mean: what all words share says nothing of which word it is. */
function centred(table: NDArray): NDArray {
  const [rows, width] = table.shape as [number, number];
  const data = Float32Array.from(table.data as Float32Array);
  for (let j = 0; j < width; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += data[i * width + j]!;
    for (let i = 0; i < rows; i++) data[i * width + j]! -= sum / rows;
  }
  return array(data, 'float32', [rows, width]);
}

function meanLength(table: NDArray): number {
  const [rows, width] = table.shape as [number, number];
  const data = table.data as Float32Array;
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += Math.hypot(...data.subarray(i * width, (i + 1) * width));
  return sum / rows;
}

/** A decoder's parameters that a policy does not train; its forward pass names them and never computes with them. */
export function unusedParameters(lm: Parameters): Parameters {
  return Object.fromEntries(Object.entries(lm).filter(([name]) => !isBody(name)));
}

/** A fresh language model of such a shape. */
export const freshModel = (config: Gpt2Config, seed: number): Parameters => gpt2.init(config, { seed });
