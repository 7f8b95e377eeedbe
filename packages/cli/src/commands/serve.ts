/**
 * `fletch serve`: the API and the studio.
 *
 * @module
 */
import { examples, type Register } from '../command.js';
import { type ServingOptions, stopAsked, withServer, withServing } from '../serving.js';
import { note, print } from '../terminal.js';

export const registerServe: Register = (parent, terminal) => {
  withServing(parent.command('serve'))
    .description('serve the store over HTTP (Qdrant dialect) with the studio')
    .addHelpText(
      'after',
      examples(
        ['fletch serve', 'on http://localhost:6333'],
        ['fletch serve --port 7000 --store ./data', 'another port, another folder'],
        ['fletch serve --host 0.0.0.0 --api-key secret', 'for other machines, with a key'],
      ),
    )
    .action((options: ServingOptions) =>
      withServer(
        terminal,
        options,
        ({ url, studio }, store) => {
          print(terminal, `Serving ${store.path}`);
          print(terminal, `  API     ${url}`);
          if (studio) print(terminal, `  Studio  ${studio}`);
          note(terminal, 'Ctrl-C stops.');
        },
        async () => {
          await stopAsked(terminal.signal);
          note(terminal, 'Stopping…');
        },
      ),
    );
};
