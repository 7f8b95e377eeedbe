/**
 * System 37: feature vectors from weights and one pair of prompts against probes on labelled activations.
 *
 * @module
 */
import { type Feature, ObservablePropagation } from '@fletch/insight';
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile, type Row, type TrialContext } from '../experiment.js';
import {
  type Answer,
  answer,
  COUNTS,
  couple,
  featureOf,
  mean,
  normTheorem,
  questions,
  round,
} from './37-measures.js';
import { config, trainOnSentences } from './37-sentences.js';

const plans: {
  readonly [P in Profile]: { readonly steps: number; readonly draws: number; readonly tokens: number };
} = {
  smoke: { steps: 25, draws: 2, tokens: 40 },
  quick: { steps: 600, draws: 20, tokens: 600 },
  full: { steps: 600, draws: 50, tokens: 2000 },
};

async function measure(context: TrialContext) {
  const { profile, seed, signal, report } = context;
  const { steps, draws, tokens } = plans[profile];
  const params = await trainOnSentences({
    steps,
    seed,
    signal,
    onProgress: (progress) => report({ ...progress, stage: 'training' }),
  });
  const tool = new ObservablePropagation({ config, params });
  try {
    const answers: Answer[] = [];
    for (const question of questions) {
      report({ done: answers.length, total: questions.length, stage: question.name });
      answers.push(await answer(tool, question, { draws, seed }, { layer: 0 }));
    }
    const later: Answer[] = [];
    for (const question of questions) later.push(await answer(tool, question, { draws, seed }, { layer: 1 }));
    // Features of one head live in the same stream: that of she − he couples to the others'.
    const { head, layer } = answers[0]!.head;
    const features: Feature[] = [];
    for (const question of questions)
      features.push((await featureOf(tool, question, { layer, head })).feature);
    const couplings: Awaited<ReturnType<typeof couple>>[] = [];
    for (const i of [1, 2])
      couplings.push(
        await couple(tool, [features[0]!, features[i]!], `she − he → ${questions[i]!.name}`, {
          tokens,
          seed,
        }),
      );
    const at = (k: number, method: string) =>
      mean(answers.map(({ curve }) => curve.find((point) => point.k === k)!.scores[method]!));
    const one = mean(answers.map((each) => each.one));
    return {
      metrics: {
        over_mean_difference_2: one - at(2, 'mean difference'),
        over_least_squares_2: one - at(2, 'least squares'),
        over_mean_difference_5: one - at(5, 'mean difference'),
        all_over_mean_difference_10: mean(answers.map((each) => each.all)) - at(10, 'mean difference'),
        cos_exact_skipped: mean(answers.map(({ exactCosine }) => exactCosine)),
        coupling_error: Math.max(...couplings.map(({ error }) => error)),
      },
      rows: [
        ...[...answers, ...later].map(({ row }) => row),
        ...couplings.map(({ row }) => row),
        ...[8, 64, 512].map((d) => normTheorem(d, seed)),
      ],
      series: {
        norms: answers.flatMap(({ norms }) => norms),
        scatter: answers.flatMap(({ scatter }) => scatter),
        curve: COUNTS.flatMap((k) => [
          ...Object.keys(answers[0]!.curve[0]!.scores).map((method) => ({
            method,
            k,
            r2: round(at(k, method)),
          })),
          { method: 'propagated, one pair', k, r2: round(one) },
          { method: 'propagated, all paths', k, r2: round(mean(answers.map((each) => each.all))) },
        ]),
        coupling: couplings.flatMap(({ points }) => points),
      },
    };
  } finally {
    await tool.close();
  }
}

const heat = (series: readonly Row[], value: string, title: string) => ({
  title,
  options: {
    height: 150,
    color: { scheme: 'RdBu' as const, type: 'diverging' as const, domain: [-1, 1] },
    x: { label: 'head', tickFormat: String },
    y: { label: 'layer', tickFormat: String },
    fx: { label: null },
    padding: 0.05,
    grid: false,
    marks: [
      Plot.cell(series, { fx: 'observable', x: 'head', y: 'layer', fill: value }),
      ...['black', 'white'].map((fill) =>
        Plot.text(series, {
          filter: (row) => (Math.abs(row[value]) > 0.6 ? 'white' : 'black') === fill,
          fx: 'observable',
          x: 'head',
          y: 'layer',
          fill,
          text: (row) => row[value].toFixed(2),
        }),
      ),
    ],
  },
});

export default defineExperiment({
  id: 'observable-propagation',
  exports: [
    'ObservablePropagation',
    'observable',
    'parseObservable',
    'observeModel',
    'couplingCoefficient',
    'cosine',
    'regression',
    'normAngleBound',
    'meanDifference',
    'regressionProbe',
    'logisticProbe',
    'randomDirection',
  ],
  data: 'a GPT-2 of 2 layers and width 64, trained on the spot on sentences about 80 names with graded gender',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: 'a',
      text: 'One pair of prompts predicts held-out observables better than the mean difference of 2 prompts a class: gain of r²',
      metric: 'over_mean_difference_2',
      relation: '>=',
      threshold: 0.05,
    },
    {
      id: 'b',
      text: '… and better than least squares on 2 prompts a class: gain of r²',
      metric: 'over_least_squares_2',
      relation: '>=',
      threshold: 0.05,
    },
    {
      id: 'c',
      text: '… and as well as the mean difference of 5 a class: gain of r²',
      metric: 'over_mean_difference_5',
      relation: '>=',
      threshold: -0.01,
    },
    {
      id: 'd',
      text: 'All paths together are as good as the mean difference of 10 a class: gain of r²',
      metric: 'all_over_mean_difference_10',
      relation: '>=',
      threshold: 0,
    },
    {
      id: 'e',
      text: 'Leaving out the Jacobians of layer normalization barely turns the feature: cosine',
      metric: 'cos_exact_skipped',
      relation: '>=',
      threshold: 0.98,
    },
    {
      id: 'f',
      text: 'Slopes between scores of features are their coupling coefficients: largest relative deviation, on names and on all tokens',
      metric: 'coupling_error',
      relation: '<=',
      threshold: 0.25,
    },
  ],
  paper: [
    {
      task: 'subject pronoun, GPT-Neo-1.3B',
      metric: 'cosine of features without and with LayerNorm',
      obprop: 0.998,
    },
    {
      task: 'subject pronoun, GPT-Neo-1.3B',
      metric: 'r² of the mean difference of 30 a class',
      baseline: 0.899,
    },
    {
      task: 'political party, GPT-Neo-1.3B',
      metric: 'r² of the mean difference of 30 a class',
      baseline: 0.061,
    },
    { task: 'subject → object, a million tokens', metric: 'slope at head 17.14 (r² 0.957)', obprop: 0.769 },
    { task: 'subject → object, a million tokens', metric: 'slope at head 15.13 (r² 0.952)', obprop: 0.8 },
    { task: 'subject → object, a million tokens', metric: 'slope at head 13.11 (r² 0.819)', obprop: 0.763 },
  ],
  async run(context) {
    return context.once('all', () => measure(context));
  },
  plot: ({ series }) => [
    heat(series.norms ?? [], 'norm', 'Norms of the propagated observable at every head, from weights alone'),
    heat(series.norms ?? [], 'patched', 'The same heads patched: how far the observable falls'),
    {
      title: 'Scores of the feature at the name against the observable, held-out prompts',
      options: {
        fx: { label: null },
        x: { label: 'score' },
        y: { label: 'observable' },
        marks: [
          Plot.dot(series.scatter ?? [], { fx: 'observable', x: 'score', y: 'value', stroke: 'name', r: 2 }),
        ],
      },
    },
    {
      title: 'r² against labelled prompts a class, mean of three observables',
      options: {
        x: { type: 'log', label: 'prompts a class', ticks: COUNTS, tickFormat: String },
        y: { label: 'r²', domain: [0, 1] },
        marks: [Plot.lineY(series.curve ?? [], { x: 'k', y: 'r2', stroke: 'method', marker: true })],
      },
    },
    {
      title: 'Scores of two features at every token; the line is the coupling coefficient',
      options: {
        fx: { label: null },
        x: { label: 'score of she − he' },
        y: { label: 'score of the other' },
        marks: [
          Plot.dot(series.coupling ?? [], { fx: 'pair', x: 'first', y: 'second', stroke: 'token', r: 1.5 }),
          Plot.line(
            (series.coupling ?? []).map((row) => ({
              ...row,
              line: Number(row.coefficient) * Number(row.first),
            })),
            { fx: 'pair', x: 'first', y: 'line', z: 'pair', sort: 'first', stroke: '#000' },
          ),
        ],
      },
    },
  ],
});
