/**
 * The language models of system 8.
 *
 * @module
 */
import { checkLanguageModel, domains, type PretrainedModel } from '@fletch/insight';
import { gpt2, loadDefinitions, Tokenizer, trainWords, zooEntry, zooModel } from '@fletch/models';
import type { Row, TrialContext } from '../../experiment.js';
import { plans } from './plans.js';

/** The language model of the zoo that the policies begin with. */
const MODEL = 'gpt-nano-repeats';

/**
 * The zoo's model; in profiles without language models, and to see that everything is wired, one of the same kind that has
 * read nothing.
 */
export async function languageModel({ profile, signal, report }: TrialContext): Promise<PretrainedModel> {
  if (profile === 'full') return zooModel(MODEL, { signal, onProgress: report });
  const tokenizer = new Tokenizer(
    trainWords([[...domains.home.words, ...unread].join(' ')], { vocabularySize: 400 }),
  );
  const small =
    profile === 'smoke' ? { n_embd: 16, n_layer: 1, n_head: 2 } : { n_embd: 96, n_layer: 2, n_head: 4 };
  const config = gpt2.config({ ...small, vocab_size: tokenizer.vocabularySize, n_positions: 128 });
  return { config, params: gpt2.init(config, { seed: 5 }), tokenizer };
}

/** Words that stand for others. */
const unread = Array.from({ length: 200 }, (_, i) => `word${i}`);

/** The two checks of the model that is used, and of the zoo's other one where it has been trained. */
export async function checked(lm: PretrainedModel, { profile, signal }: TrialContext): Promise<Row[]> {
  if (!plans[profile].language) return [];
  const models: [string, PretrainedModel][] = [[profile === 'full' ? MODEL : 'untrained', lm]];
  if (profile === 'full' && (await zooEntry('gpt-nano-text')).state === 'trained')
    models.push(['gpt-nano-text', await zooModel('gpt-nano-text', { signal })]);
  // Definitions that no recipe has learned from.
  const texts =
    profile === 'full' ? (await loadDefinitions({ share: 0, signal })).test : [domains.home.words.join(' ')];
  const rows: Row[] = [];
  for (const [name, model] of models) {
    const { first, second, induction, cosine, centredCosine } = await checkLanguageModel(model, texts);
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
