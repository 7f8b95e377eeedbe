/**
 * `fletch start`: what `npm start` runs. WordNet by meaning, the API and the studio.
 *
 * @module
 */
import type { Store } from '@fletch/search';
import { createEncoder, indexWordNet } from '@fletch/text';
import { examples, type Register } from '../command.js';
import { whole } from '../options.js';
import { count, duration } from '../output/format.js';
import { hitsTable } from '../output/hits.js';
import { type ProgressView, withProgress } from '../output/progress.js';
import { type Remote, remote } from '../remote.js';
import { type ServingOptions, stopAsked, withServer, withServing } from '../serving.js';
import { openBrowser } from '../studio.js';
import { note, print, type Terminal } from '../terminal.js';

const collectionName = 'wordnet';
const exampleText = 'a feeling of deep sadness';

/** Meanings indexed before the example is searched for the first time. */
const enough = 2000;

interface StartOptions extends ServingOptions {
  readonly open: boolean;
  readonly limit?: number;
}

/** The example search, asked of the server itself, and its hits as they are printed. */
async function example(terminal: Terminal, server: Remote, of?: string): Promise<string> {
  const search = () => server.search(collectionName, exampleText, { limit: 5 });
  // The first one loads the encoder of the server's queries.
  await search();
  const started = performance.now();
  const hits = await search();
  const time = `${(performance.now() - started).toFixed(1)} ms`;
  const rows = hitsTable(hits, 'gloss', terminal.stdout.columns);
  return `\n"${exampleText}" in ${time}${of ? ` (${of})` : ''}:\n${rows}\n`;
}

/** Indexes what is missing and shows the example: early, over what there is, and at the end. */
async function fill(
  terminal: Terminal,
  store: Store,
  server: Remote,
  view: ProgressView,
  options: StartOptions,
): Promise<{ added: number; seconds: number }> {
  // In a process of its own: searches are answered meanwhile.
  const encoder = await createEncoder('use', { background: true });
  const started = performance.now();
  let early: Promise<void> | undefined;
  try {
    const { added } = await indexWordNet({
      store,
      encoder,
      signal: terminal.signal,
      ...(options.limit === undefined ? {} : { limit: options.limit }),
      onProgress(progress) {
        view.report(progress);
        if (options.json || early || progress.done < enough || progress.done === progress.total) return;
        const of = `${count(progress.done)} of ${count(progress.total ?? 0)} meanings indexed so far`;
        early = example(terminal, server, of).then(
          (text) => view.aside(() => print(terminal, text)),
          () => {},
        );
      },
    });
    return { added, seconds: (performance.now() - started) / 1000 };
  } finally {
    await early;
    await encoder.close();
  }
}

async function indexInBackground(
  terminal: Terminal,
  store: Store,
  server: Remote,
  options: StartOptions,
): Promise<void> {
  try {
    const { added, seconds } = await withProgress(terminal, 'indexing', (view) =>
      fill(terminal, store, server, view, options),
    );
    if (added > 0) note(terminal, `Indexed ${count(added)} meanings in ${duration(seconds)}.`);
    if (!options.json) print(terminal, await example(terminal, server));
    note(terminal, 'Ready. Ctrl-C stops; what is indexed stays.');
  } catch (error) {
    // Whatever breaks off once the user wants to stop is no failure.
    if (!terminal.signal.aborted) throw error;
  }
}

export const registerStart: Register = (parent, terminal) => {
  withServing(parent.command('start'))
    .description('index WordNet by meaning, serve it and open the studio')
    .option('--no-open', 'do not open a browser')
    .option('--limit <number>', 'index only this many meanings', whole(1))
    .addHelpText(
      'after',
      examples(
        ['fletch start', 'a first look'],
        ['fletch start --port 7000 --no-open', 'elsewhere, quietly'],
      ),
    )
    .action((options: StartOptions) =>
      withServer(
        terminal,
        options,
        ({ url, studio }) => {
          if (studio) print(terminal, `Studio  ${studio}`);
          print(terminal, `API     ${url}  (Qdrant dialect; any Qdrant client works)`);
        },
        async ({ url, studio }, store) => {
          if (options.open && studio) openBrowser(terminal, studio);
          const asked = remote(url, { apiKey: options.apiKey, signal: terminal.signal });
          await indexInBackground(terminal, store, asked, options);
          await stopAsked(terminal.signal);
        },
      ),
    );
};
