/**
 * Writes a tiny encoder for tests: a table of token vectors behind a word-level tokenizer.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GraphBuilder } from '@fletch/array';

export const tinyVocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'red', 'green', 'blue'];

/** The vector of token `id`: its own two numbers, and one that all tokens share. */
export const tinyVector = (id: number) => [id, id * id, 1];

export interface TinyModel {
  /** Besides input_ids and attention_mask. */
  readonly inputs?: readonly string[];
  /** `tokens` gives token vectors, `sentence` the model's own mean under the name that publishers use. */
  readonly output?: 'tokens' | 'sentence';
}

export function tinyModel({ inputs = [], output = 'tokens' }: TinyModel = {}): Uint8Array {
  const graph = new GraphBuilder('tiny');
  const ids = graph.input('input_ids', 'int64', ['batch', 'length']);
  graph.input('attention_mask', 'int64', ['batch', 'length']);
  for (const name of inputs) graph.input(name, 'int64', ['batch', 'length']);
  const vectors = Float32Array.from(tinyVocabulary.flatMap((_, id) => tinyVector(id)));
  const table = graph.constant('table', vectors, [tinyVocabulary.length, 3]);
  const tokens = graph.node('Gather', [table, ids]);
  graph.output('last_hidden_state', tokens, 'float32', ['batch', 'length', 3]);
  if (output === 'sentence') {
    const mean = graph.node('ReduceMean', [tokens, graph.ints(1)], { keepdims: 0 });
    graph.output('sentence_embedding', graph.node('Neg', [mean]), 'float32', ['batch', 3]);
  }
  return graph.build();
}

export const tinyTokenizer = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [0, 1, 2, 3].map((id) => ({
    id,
    content: tinyVocabulary[id],
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  decoder: null,
  model: {
    type: 'WordPiece',
    vocab: Object.fromEntries(tinyVocabulary.map((token, id) => [token, id])),
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
  },
};

/** A new folder with these files; objects are written as JSON. */
export function writeFolder(files: Readonly<Record<string, Uint8Array | object | string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'fletch-encoder-'));
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const raw = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(path, raw ? content : JSON.stringify(content));
  }
  return folder;
}
