/**
 * Tokenizers: seconds to learn a vocabulary and megabytes encoded in a second, ours against `@huggingface/tokenizers` with the
 * same `tokenizer.json`, on WordNet's definitions.
 *
 * Options: --rounds 3, --vocabulary 4096, --texts 117791.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const docs = fileURLToPath(new URL('../../docs/benchmarks/', import.meta.url));
const log = (text) => console.error(text);

function seconds(work) {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

export async function run(args) {
  const option = (value) => ({ type: 'string', default: value });
  const { values } = parseArgs({
    args,
    options: { rounds: option('3'), vocabulary: option('4096'), texts: option('117791') },
  });
  const [rounds, vocabularySize, count] = [values.rounds, values.vocabulary, values.texts].map(Number);
  const { loadWordNetGlosses } = await import('@fletch/data');
  const { Tokenizer, trainBpe, trainWordPiece } = await import('@fletch/models');
  const { Tokenizer: Theirs } = await import('@huggingface/tokenizers');
  const texts = (await loadWordNetGlosses())
    .slice(0, count)
    .map(({ words, text }) => `${words.join(', ')}: ${text}`);
  const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;
  const rows = [];
  for (const [kind, train] of [
    ['byte-level BPE', trainBpe],
    ['WordPiece', trainWordPiece],
  ]) {
    let file;
    const training = seconds(() => {
      file = train(texts, { vocabularySize });
    });
    const theirs = new Theirs(file, { clean_up_tokenization_spaces: false });
    const encode = (tokenizer) => () => {
      for (const text of texts) tokenizer.encode(text);
    };
    const best = { first: Infinity, again: Infinity, theirs: Infinity };
    for (let round = 0; round < rounds; round++) {
      // A new one has seen no words yet.
      const ours = new Tokenizer(file);
      best.first = Math.min(best.first, seconds(encode(ours)));
      best.theirs = Math.min(best.theirs, seconds(encode(theirs)));
      best.again = Math.min(best.again, seconds(encode(ours)));
    }
    const speed = (time) => Math.round((megabytes / time) * 100) / 100;
    const row = {
      kind,
      megabytes: Math.round(megabytes * 10) / 10,
      training_seconds: Math.round(training * 10) / 10,
      mb_per_second_first: speed(best.first),
      mb_per_second_again: speed(best.again),
      mb_per_second_huggingface: speed(best.theirs),
    };
    rows.push(row);
    log(
      `${kind}: learned ${vocabularySize} tokens of ${row.megabytes} MB in ${row.training_seconds} s; encodes ` +
        `${row.mb_per_second_first} MB/s the first time, ${row.mb_per_second_again} again; @huggingface/tokenizers ${row.mb_per_second_huggingface}`,
    );
  }
  const result = {
    date: new Date().toISOString(),
    machine: { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version },
    vocabulary: vocabularySize,
    rows,
  };
  mkdirSync(docs, { recursive: true });
  writeFileSync(`${docs}tokenize.json`, `${JSON.stringify(result, null, 2)}\n`);
}
