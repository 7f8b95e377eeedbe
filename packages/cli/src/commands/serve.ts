/**
 * `fletch serve`: the API and the studio.
 *
 * @module
 */
import { examples, type Register } from '../command.js';
import { type ProtectionOptions, withProtection } from '../protection.js';
import { type ServingOptions, stopAsked, withServer, withServing } from '../serving.js';
import { note, print } from '../terminal.js';

export const registerServe: Register = (parent, terminal) => {
  withProtection(withServing(parent.command('serve')))
    .option('--weights <folder>', 'folder of checkpoints that the studio may look at, besides the zoo')
    .description('serve the store over HTTP (Qdrant dialect) with the studio')
    .addHelpText(
      'after',
      examples(
        ['fletch serve', 'on http://localhost:6333'],
        ['fletch serve --port 7000 --store ./data', 'another port, another folder'],
        ['FLETCH_API_KEY=secret fletch serve --host 0.0.0.0', 'for other machines, with a key'],
        ['fletch serve --weights models/', 'with your checkpoints on the page Weights'],
        ['fletch serve --tls-cert cert.pem --tls-key key.pem', 'over HTTPS'],
      ),
    )
    .action((options: ServingOptions & ProtectionOptions) =>
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
