/**
 * System 8: policies that a language model begins, by demonstrations and without.
 *
 * @module
 */
import { checkLanguageModel, domains, type PretrainedModel } from '@fletch/insight';
import { gpt2, Tokenizer, trainWords, zooEntry, zooModel } from '@fletch/models';
import { defineExperiment, type Row, type TrialContext } from '../experiment.js';
import { type Bench, clone, gather, judge, measured, type Outcome, reinforce } from './lid/methods.js';
import { panelsOf } from './lid/panels.js';
import { plans } from './lid/plans.js';
import { recordEpisode } from './lid/trajectory.js';

/** The language model of the zoo that the policies begin with. */
const MODEL = 'gpt-nano-repeats';

async function languageModel({ profile, signal, report }: TrialContext): Promise<PretrainedModel> {
  if (profile !== 'smoke') return zooModel(MODEL, { signal, onProgress: report });
  // Nothing that has read anything: that everything is wired shows without it.
  const text = [...domains.home.words];
  const tokenizer = new Tokenizer(trainWords([text.join(' ')], { vocabularySize: 200 }));
  const config = gpt2.config({
    vocab_size: tokenizer.vocabularySize,
    n_embd: 16,
    n_layer: 1,
    n_head: 2,
    n_positions: 128,
  });
  return { config, params: gpt2.init(config, { seed: 5 }), tokenizer };
}

/** The two checks of the model that is used, and of the zoo's other one where it has been trained. */
async function checked(lm: PretrainedModel, { profile, signal }: TrialContext): Promise<Row[]> {
  const models: [string, PretrainedModel][] = [[profile === 'smoke' ? 'untrained' : MODEL, lm]];
  if (profile !== 'smoke' && (await zooEntry('gpt-nano-text')).state === 'trained')
    models.push(['gpt-nano-text', await zooModel('gpt-nano-text', { signal })]);
  const rows: Row[] = [];
  for (const [name, model] of models) {
    const { first, second, induction, cosine, centredCosine } = await checkLanguageModel(model);
    rows.push({
      method: `check of ${name}`,
      split: 'language model',
      loss_first: first,
      loss_second: second,
      induction,
      cosine,
      centred_cosine: centredCosine,
    });
  }
  return rows;
}

async function measure(context: TrialContext) {
  const { profile, seed } = context;
  const plan = plans[profile];
  const lm = await languageModel(context);
  const bench: Bench = { lm, plan, seed, context };
  const checks = await context.once('checks', () => checked(lm, context));
  const outcomes: { [method: string]: Outcome } = {};
  const part = async (method: string, work: () => Promise<Outcome>) => {
    outcomes[method] = await context.once(method, work);
  };
  const cloned = (method: string, arm: Omit<Parameters<typeof clone>[1], 'method'>) =>
    part(method, () => clone(bench, { ...arm, method }));
  await part('random', () => judge(bench, 'random', 'random'));
  await cloned('LID', { start: 'pre-trained' });
  await cloned('scratch', { start: 'scratch' });
  await cloned('MLP-1', { start: 'scratch', body: 'mlp-1' });
  await cloned('LID, ids', { start: 'pre-trained', encoding: 'index' });
  await part('LID-ADG', () => gather(bench, { method: 'LID-ADG', start: 'pre-trained' }));
  await part('ADG without relabelling', () =>
    gather(bench, { method: 'ADG without relabelling', start: 'pre-trained', relabel: false }),
  );
  await part('PPO', () => reinforce(bench, { method: 'PPO', start: 'scratch' }));
  const curve: Row[] = [];
  if (plan.everything && seed === 0) {
    await cloned('MLP-N', { start: 'scratch', body: 'mlp-n' });
    await cloned('LSTM', { start: 'scratch', body: 'lstm' });
    await cloned('LID, frozen', { start: 'pre-trained', frozen: true });
    await cloned('LID, shuffled words', { start: 'pre-trained', encoding: 'shuffled-words' });
    await part('ADG from scratch', () => gather(bench, { method: 'ADG from scratch', start: 'scratch' }));
    for (const start of ['pre-trained', 'scratch'] as const) {
      const method = `${start === 'scratch' ? 'scratch' : 'LID'}, 100 demonstrations`;
      await cloned(method, { start, demos: 100 });
      for (const name of [method, start === 'scratch' ? 'scratch' : 'LID'])
        for (const split of measured)
          curve.push({
            start,
            demos: name === method ? 100 : plan.demos,
            split,
            success: outcomes[name]!.success[split],
          });
    }
  }
  const path = await context.once('trajectory', () => recordEpisode(bench));
  const all = Object.values(outcomes);
  return {
    metrics: metricsOf(outcomes, plan.episodes),
    rows: [...checks, ...all.flatMap(({ rows }) => rows)],
    series: {
      success: all.flatMap(({ rows }) => rows),
      rounds: all.flatMap(({ rounds }) => rounds),
      curve,
      ...path,
    },
  };
}

function metricsOf(outcomes: { readonly [method: string]: Outcome }, episodes: number) {
  const of = (method: string) => outcomes[method]!.success;
  // No success at all counts as half of one: a ratio needs something below.
  const least = 0.5 / episodes;
  const points = (a: number, b: number) => 100 * (a - b);
  const [lid, scratch, ids] = [of('LID'), of('scratch'), of('LID, ids')];
  return {
    novel_task_ratio: lid.task / Math.max(scratch.task, least),
    in_distribution_points: points(lid.id, scratch.id),
    sequence_points: points(scratch.scene, of('MLP-1').scene),
    adg_over_random: of('LID-ADG').id / Math.max(of('random').id, least),
    adg_over_ppo_points: points(of('LID-ADG').id, of('PPO').id),
    relabelling_points: points(of('LID-ADG').id, of('ADG without relabelling').id),
    ids_points: Math.abs(
      measured.reduce((sum, split) => sum + points(lid[split], ids[split]), 0) / measured.length,
    ),
  };
}

export default defineExperiment({
  id: 'lid',
  exports: [
    'MiniHome',
    'BabyGrid',
    'LMPolicy',
    'collectDemos',
    'activeDataGathering',
    'hindsightRelabel',
    'evaluatePolicy',
    'policyGradient',
    'checkLanguageModel',
  ],
  data: 'MiniHome, a symbolic household of four rooms; the language model has read WordNet’s definitions and examples',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: 'a1',
      text: 'Cloning 300 demonstrations: success on novel tasks from a language model over that from scratch',
      metric: 'novel_task_ratio',
      relation: '>=',
      threshold: 1.15,
      profiles: ['smoke', 'full'],
    },
    {
      id: 'a2',
      text: '… and in distribution, points above from scratch',
      metric: 'in_distribution_points',
      relation: '>=',
      threshold: -3,
      profiles: ['smoke', 'full'],
    },
    {
      id: 'b',
      text: 'Novel scenes: points of the policy over a sequence above a perceptron over means (MLP-1)',
      metric: 'sequence_points',
      relation: '>=',
      threshold: 15,
    },
    {
      id: 'c1',
      text: 'Without demonstrations: success of LID-ADG in distribution over that of a random agent',
      metric: 'adg_over_random',
      relation: '>=',
      threshold: 10,
      profiles: ['smoke', 'full'],
    },
    {
      id: 'c2',
      text: '… points above PPO from scratch on as many episodes',
      metric: 'adg_over_ppo_points',
      relation: '>=',
      threshold: 0,
    },
    {
      id: 'c3',
      text: '… points above gathering without relabelling',
      metric: 'relabelling_points',
      relation: '>=',
      threshold: 10,
      profiles: ['smoke', 'full'],
    },
    {
      id: 'd',
      text: 'Meaningless ids for words: points from natural text, mean of the splits',
      metric: 'ids_points',
      relation: '<=',
      threshold: 10,
    },
  ],
  paper: [
    {
      task: 'VirtualHome, cloning',
      finding: 'completion +43.6 % over the best baseline without a language model',
    },
    {
      task: 'VirtualHome, no demonstrations',
      finding: 'LID-ADG 46.7 / 32.2 / 15.5 % in distribution / novel scenes / novel tasks; random and PPO near 0',
    },
    { task: 'LID-ADG, then PPO', finding: '53.7 / 30.2 / 13.8 %' },
    { task: 'ablation', finding: 'scratch and fixed vectors hurt; natural or arbitrary text makes little difference' },
  ],
  run: measure,
  plot: panelsOf,
});
