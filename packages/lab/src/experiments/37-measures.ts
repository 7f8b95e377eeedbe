/**
 * What system 37 measures on one trained model: features, probes, couplings, and the theorem on normalization.
 *
 * @module
 */
import {
  cosine,
  couplingCoefficient,
  type Feature,
  logisticProbe,
  meanDifference,
  nodeName,
  normAngleBound,
  type ObservablePropagation,
  observable,
  type Pair,
  type PathNode,
  randomDirection,
  regression,
  regressionProbe,
} from '@fletch/insight';
import { type Rng, rng } from '@fletch/linalg';
import type { Row } from '../experiment.js';
import {
  encode,
  feminine,
  fill,
  idOf,
  isFeminine,
  masculine,
  names,
  sentence,
  templates,
  vocabulary,
} from './37-sentences.js';

interface Question {
  readonly name: string;
  readonly positive: readonly string[];
  readonly negative: readonly string[];
  /** Its templates; the pair of prompts takes the first. */
  readonly texts: readonly string[];
}

export const questions: readonly Question[] = [
  { name: 'she − he', positive: ['she'], negative: ['he'], texts: [templates[0]!.text, templates[1]!.text] },
  {
    name: 'her − him',
    positive: ['her'],
    negative: ['him'],
    texts: [templates[2]!.text, templates[3]!.text],
  },
  { name: 'occupation', positive: feminine, negative: masculine, texts: [templates[4]!.text] },
];

/** A prompt as methods see it: its stream at the name, and the observable's value. */
interface Sample {
  readonly name: string;
  readonly streams: readonly Float64Array[];
  readonly value: number;
}

async function samplesOf(tool: ObservablePropagation, { texts }: Question, n: Float32Array, random: Rng) {
  const prompts = names.flatMap((name) =>
    texts.map((text) => ({ name, ids: encode(fill(text, name, random)) })),
  );
  const activations = await tool.activations(prompts.map(({ ids }) => ids));
  return activations.map((each, i): Sample => {
    const { name, ids } = prompts[i]!;
    const place = ids.indexOf(idOf.get(name)!);
    return {
      name,
      streams: [0, 1].map((layer) => tool.at({ layer, where: 'ln1_in' }, each, place)),
      value: tool.value(n, each),
    };
  });
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function judge(vector: ArrayLike<number>, layer: number, samples: readonly Sample[]) {
  const scores = samples.map(({ streams }) => dot(vector, streams[layer]!));
  const values = samples.map(({ value }) => value);
  const [scoreMean, valueMean] = [mean(scores), mean(values)];
  const { r2, slope } = regression(scores, values);
  return {
    r2,
    slope,
    signs: mean(scores.map((score, i) => Number(score > scoreMean === values[i]! > valueMean))),
  };
}

/** No, one or both feed-forward parts at the last token, then a head that reads the name. */
function routes(place: number): PathNode[][] {
  const chains: PathNode[][] = [
    [],
    [{ kind: 'mlp', layer: 0 }],
    [{ kind: 'mlp', layer: 1 }],
    [
      { kind: 'mlp', layer: 1 },
      { kind: 'mlp', layer: 0 },
    ],
  ];
  return chains.flatMap((chain) =>
    [...Array((chain.at(-1)?.layer ?? 1) + 1).keys()].flatMap((layer) =>
      [0, 1, 2, 3].map((head): PathNode[] => [...chain, { kind: 'attn', layer, head, position: place }]),
    ),
  );
}

/** The layer, or the head, that reads the name. */
interface End {
  readonly layer: number;
  readonly head?: number;
}

const headOf = (path: readonly PathNode[]) =>
  path.at(-1) as { readonly layer: number; readonly head: number };

function endsAt(path: readonly PathNode[], { layer, head }: End): boolean {
  const last = headOf(path);
  return last.layer === layer && (head === undefined || last.head === head);
}

function strongest(tool: ObservablePropagation, n: Float32Array, pair: Pair, place: number, end: End) {
  const ranked = routes(place)
    .filter((path) => endsAt(path, end))
    .map((path) => {
      const { vector, site } = tool.propagate(n, path, { point: pair, throughNorm: false });
      const [a, b] = pair.map((each) => dot(vector, tool.at(site, each, place)));
      return { path, contribution: a! - b! };
    })
    .sort((a, b) => b.contribution - a.contribution);
  return { ...ranked[0]!, runnerUp: ranked[1]! };
}

export const COUNTS = [1, 2, 5, 10, 20];

type Scores = { readonly [method: string]: number };

/** Baselines on k labelled prompts of each class, judged on names that they have not seen. */
function baselines(
  pool: readonly Sample[],
  held: readonly Sample[],
  layer: number,
  k: number,
  random: Rng,
): Scores {
  const drawn = [0, 40].map((first) => Array.from(random.sample(40, k), (i) => names[first + i]!));
  const each = pool.length / names.length;
  const [women, men] = drawn.map((group) =>
    group.map((name) => pool[names.indexOf(name) * each + random.integer(each)]!),
  );
  const unseen = held.filter(({ name }) => !drawn.flat().includes(name));
  const x = (samples: readonly Sample[]) => samples.map(({ streams }) => streams[layer]!);
  const both = [...women!, ...men!];
  const methods = {
    'mean difference': meanDifference(x(women!), x(men!)),
    'least squares': regressionProbe(
      x(both),
      both.map(({ value }) => value),
    ),
    'logistic probe': logisticProbe(x(women!), x(men!)),
    'random direction': randomDirection(64, random.integer(2 ** 31)),
  };
  return Object.fromEntries(Object.entries(methods).map(([name, w]) => [name, judge(w, layer, unseen).r2]));
}

function average(scores: readonly Scores[]): Scores {
  return Object.fromEntries(
    Object.keys(scores[0]!).map((key) => [key, mean(scores.map((each) => each[key]!))]),
  );
}

export interface Answer {
  readonly row: Row;
  readonly one: number;
  readonly all: number;
  readonly curve: readonly { readonly k: number; readonly scores: Scores }[];
  readonly exactCosine: number;
  readonly head: { readonly layer: number; readonly head: number };
  readonly scatter: readonly Row[];
  readonly norms: readonly Row[];
}

/** The feature of a question along its strongest path, from the first template's pair of prompts. */
export async function featureOf(
  tool: ObservablePropagation,
  { texts, positive, negative }: Question,
  end: End,
) {
  const n = observable(vocabulary, { positive, negative });
  const prompts = ['f0', 'm0'].map((who) => encode(texts[0]!.replace('NAME', who).replace('ADJ', 'kind')));
  const pair = await tool.pair(prompts[0]!, prompts[1]!);
  const place = prompts[0]!.indexOf(idOf.get('f0')!);
  const best = strongest(tool, n, pair, place, end);
  return { n, prompts, pair, place, best, feature: tool.propagate(n, best.path, { point: pair }) };
}

export async function answer(
  tool: ObservablePropagation,
  question: Question,
  { draws, seed }: { readonly draws: number; readonly seed: number },
  end: End,
): Promise<Answer> {
  const { name, texts } = question;
  const { n, prompts, pair, place, best, feature } = await featureOf(tool, question, end);
  const random = rng(seed, 370 + questions.indexOf(question));
  const skipped = tool.propagate(n, best.path, { point: pair, layerNorm: 'skip' });
  const whole = tool.propagate(n, 'all', {
    point: pair,
    site: { layer: 0, where: 'ln1_in', position: place },
  });

  const pool = await samplesOf(tool, question, n, random);
  const held = (await samplesOf(tool, question, n, random)).filter(
    ({ name: who }) => who !== 'f0' && who !== 'm0',
  );
  const at = feature.site.layer;
  const curve = COUNTS.map((k) => ({
    k,
    scores: average([...Array(draws)].map(() => baselines(pool, held, at, k, random))),
  }));
  const found = judge(feature.vector, at, held);
  const together = judge(whole.vector, 0, held);
  const patched = await tool.headPatching(n, [prompts[0]!], [prompts[1]!]);
  const norms = tool.headNorms(n);
  const head = headOf(best.path);
  const own = norms.at(head.layer, head.head);
  const exactCosine = cosine(feature.vector, skipped.vector);
  const within = (women: boolean) =>
    Math.sqrt(
      judge(
        feature.vector,
        at,
        held.filter(({ name: who }) => isFeminine(who) === women),
      ).r2,
    );
  const steered = await debias(tool, n, feature, texts[0]!, random);
  return {
    row: {
      observable: name,
      site: `stream before block ${at}`,
      path: best.path.map(nodeName).join(' ← '),
      contribution: best.contribution,
      runner_up: best.runnerUp.contribution,
      exact: tool.contribution(n, best.path, pair),
      r2_pair: found.r2,
      r2_norm_skipped: judge(skipped.vector, at, held).r2,
      r2_all_paths: together.r2,
      ...Object.fromEntries(
        curve.flatMap(({ k, scores }) => [
          [`mean_difference_${k}`, scores['mean difference']!],
          [`least_squares_${k}`, scores['least squares']!],
        ]),
      ),
      cos_exact_skipped: exactCosine,
      within_women: within(true),
      within_men: within(false),
      sign_agreement: found.signs,
      norm_rank: norms.data.filter((value) => value > own).length + 1,
      gap: steered.before,
      gap_projected: steered.after,
    },
    one: found.r2,
    all: together.r2,
    curve,
    exactCosine,
    head,
    scatter: held.map(({ name: who, streams, value }) => ({
      observable: name,
      name: isFeminine(who) ? 'f' : 'm',
      score: round(dot(feature.vector, streams[at]!)),
      value: round(value),
    })),
    norms: Array.from(norms.data, (value, i) => ({
      observable: name,
      layer: Math.floor(i / 4),
      head: i % 4,
      norm: round(value / Math.max(...norms.data)),
      patched: round(patched.data[i]! / Math.max(...patched.data.map(Math.abs))),
    })),
  };
}

/** The gap between women and men before and after the feature is projected out at the name. */
async function debias(
  tool: ObservablePropagation,
  n: Float32Array,
  feature: Feature,
  text: string,
  random: Rng,
) {
  const prompts = names.map((name) => encode(fill(text, name, random)));
  const gap = (values: Float64Array) => mean([...values.subarray(0, 40)]) - mean([...values.subarray(40)]);
  const tap = tool.steer(feature.vector, feature.site, 0);
  return { before: gap(await tool.values(n, prompts)), after: gap(await tool.values(n, prompts, tap)) };
}

/** Scores of two features on names and on all tokens of sentences, and the slopes between them. */
export async function couple(
  tool: ObservablePropagation,
  [first, second]: readonly [Feature, Feature],
  title: string,
  { tokens, seed }: { readonly tokens: number; readonly seed: number },
) {
  const random = rng(seed, 379);
  const sentences = [...Array(Math.ceil(tokens / 8))].map(() => sentence(random));
  const score = async ({ vector, site }: Feature) => {
    const scores = await tool.score(vector, site, sentences);
    return scores.flatMap((values, i) =>
      Array.from(values, (value, p) => ({ value, isName: names.includes(vocabulary[sentences[i]![p]!]!) })),
    );
  };
  const [a, b] = [await score(first), await score(second)];
  const fit = (some: (i: number) => boolean) =>
    regression(
      a.filter((_, i) => some(i)).map(({ value }) => value),
      b.filter((_, i) => some(i)).map(({ value }) => value),
    );
  const coupling = couplingCoefficient(first.vector, second.vector);
  const onNames = fit((i) => a[i]!.isName);
  const onAll = fit(() => true);
  return {
    row: {
      coupling: title,
      coefficient: coupling,
      slope_names: onNames.slope,
      r2_names: onNames.r2,
      slope_tokens: onAll.slope,
      r2_tokens: onAll.r2,
      cos2: cosine(first.vector, second.vector) ** 2,
    },
    error: Math.max(...[onNames, onAll].map(({ slope }) => Math.abs(slope / coupling - 1))),
    points: a.slice(0, 600).map(({ value, isName }, i) => ({
      pair: title,
      token: isName ? 'names' : 'other tokens',
      first: round(value),
      second: round(b[i]!.value),
      coefficient: coupling,
    })),
  };
}

/** The mean angle between a direction and what a layer normalization's gradient makes of it. */
export function normTheorem(d: number, seed: number): Row {
  const random = rng(seed, d);
  const count = 500;
  let angles = 0;
  for (let i = 0; i < count; i++) {
    const [x, v] = [0, 1].map(() => random.fillNormal(new Float64Array(d)));
    const centre = mean([...x!]);
    const hat = x!.map((value) => value - centre);
    const size = Math.sqrt(dot(hat, hat));
    const level = mean([...v!]);
    const along = dot(v!, hat) / size ** 2;
    const pulled = v!.map((value, j) => value - level - hat[j]! * along);
    angles += Math.acos(Math.min(1, cosine(v!, pulled))) / count;
  }
  return { layer_norm: `d = ${d}`, mean_angle: angles, bound: normAngleBound(d) };
}

export const round = (value: number) => Number(value.toPrecision(4));
