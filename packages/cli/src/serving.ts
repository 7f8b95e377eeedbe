/**
 * A server on an open store, from its start to its end.
 *
 * @module
 */
import { stat } from 'node:fs/promises';
import { FletchError, isFletchError } from '@fletch/base';
import type { Store } from '@fletch/search';
import type { RunningServer } from '@fletch/server';
import { type Command, Option } from 'commander';
import type { StoreOptions } from './options.js';
import { whole, withStore } from './options.js';
import { type ProtectionOptions, protectionOf, reloadOnHangup } from './protection.js';
import { withOpenStore } from './store.js';
import { studioFolder } from './studio.js';
import { note, printJson, type Terminal } from './terminal.js';

export interface ServingOptions extends StoreOptions {
  readonly host: string;
  readonly port: number;
  readonly apiKey?: string;
  /** Folder of checkpoints. */
  readonly weights?: string;
}

/** Addresses of a running server, as people type them. */
export interface Addresses {
  readonly url: string;
  /** Null when the page is not built. */
  readonly studio: string | null;
}

const readPort = whole(0, 65_535);

/** Adds `--host`, `--port`, `--api-key`, `--store`. */
export function withServing(command: Command): Command {
  return withStore(command)
    .option('--host <address>', 'address to listen on; 0.0.0.0 lets other machines in', '127.0.0.1')
    .addOption(
      new Option('-p, --port <number>', 'port; 0 takes a free one')
        .env('FLETCH_PORT')
        .argParser(readPort)
        .default(6333),
    )
    .addOption(
      new Option(
        '--api-key <key>',
        'clients must send this key (in the environment or a file, others cannot see it in the list of processes)',
      ).env('FLETCH_API_KEY'),
    );
}

/** Starts the server on the store. Throws `UNAVAILABLE` when the port is taken, saying what to do. */
async function startServer(
  terminal: Terminal,
  store: Store,
  options: ServingOptions & ProtectionOptions,
): Promise<RunningServer> {
  const { host, port, weights } = options;
  if (weights !== undefined && !(await stat(weights).catch(() => undefined))?.isDirectory())
    throw new FletchError(
      'NOT_FOUND',
      `There is no folder ${weights}: --weights names one with checkpoints.`,
    );
  const protection = await protectionOf(options);
  const studio = studioFolder();
  // Loaded only where it is used: it takes longer than most commands.
  const { serve } = await import('@fletch/server');
  try {
    return await serve({
      store,
      host,
      port,
      ...(studio === undefined ? {} : { studio }),
      ...(weights === undefined ? {} : { weights }),
      ...protection,
      onError: (error, { method, path }) =>
        note(terminal, `${method} ${path} failed: ${error instanceof Error ? error.message : String(error)}`),
    });
  } catch (error) {
    if (!isFletchError(error, 'UNAVAILABLE') || !/in use/.test(error.message)) throw error;
    throw new FletchError(
      'UNAVAILABLE',
      `Port ${port} is taken, perhaps by another Fletch or Qdrant: stop that, or choose another port with ` +
        `--port ${port + 1} or FLETCH_PORT=${port + 1}.`,
      { cause: error },
    );
  }
}

function addressesOf(server: RunningServer): Addresses {
  const url = server.url.replace(/\/\/(?:127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):/, '//localhost:');
  return { url, studio: studioFolder() === undefined ? null : `${url}/dashboard/` };
}

/** Resolves when the user or the system asks to stop. */
export function stopAsked(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Serves the store of the options while `work` runs; closes the server and the store in any case. With `--json` the
 * addresses are printed as JSON, otherwise by `announce`.
 */
export function withServer(
  terminal: Terminal,
  options: ServingOptions & ProtectionOptions,
  announce: (addresses: Addresses, store: Store) => void,
  work: (addresses: Addresses, store: Store) => Promise<void>,
): Promise<void> {
  return withOpenStore(terminal, options, async (store) => {
    const server = await startServer(terminal, store, options);
    // Without a certificate, a terminal that is closed ends the server as it ends others.
    const forget = options.tlsCert === undefined ? undefined : reloadOnHangup(terminal, server);
    try {
      const addresses = addressesOf(server);
      if (options.json) printJson(terminal, { ...addresses, store: store.path });
      else announce(addresses, store);
      await work(addresses, store);
    } finally {
      forget?.();
      await server.close();
    }
  });
}
