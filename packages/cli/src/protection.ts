/**
 * How a server is protected: keys, certificates, and bounds.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { RunningServer, ServeOptions } from '@fletch/server';
import { type Command, Option } from 'commander';
import { UsageError } from './exit.js';
import { list, whole } from './options.js';
import { note, type Terminal } from './terminal.js';

/** What a server takes that others can reach. */
export interface ProtectionOptions {
  readonly apiKey?: string;
  readonly apiKeyFile?: string;
  readonly readOnlyApiKey?: string;
  readonly readOnlyApiKeyFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly corsOrigin?: readonly string[];
  /** MiB. */
  readonly maxBody?: number;
  readonly maxRequests?: number;
  readonly maxWaiting?: number;
  /** Seconds. */
  readonly grace?: number;
  /** Whether clients may have snapshots fetched from http(s) addresses. */
  readonly snapshotUrls?: boolean;
}

/** Adds what a server needs that others can reach. */
export function withProtection(command: Command): Command {
  return command
    .option('--api-key-file <file>', 'a file with the key that clients must send')
    .addOption(
      new Option('--read-only-api-key <key>', 'a key whose holders may only read').env(
        'FLETCH_READ_ONLY_API_KEY',
      ),
    )
    .option('--read-only-api-key-file <file>', 'a file with that key')
    .option(
      '--tls-cert <file>',
      'serve HTTPS with this certificate (PEM); read again on SIGHUP and when it changes',
    )
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--tls-ca <file>', 'clients must have a certificate of these authorities (PEM)')
    .option('--cors-origin <origins>', 'pages of these origins may use the server; * is all', list)
    .option('--max-body <MiB>', 'largest request', whole(1, 4096))
    .option('--max-requests <number>', 'most requests at work at once', whole(1))
    .option('--max-waiting <number>', 'most requests that wait for their turn; others get 503', whole(0))
    .option('--no-snapshot-urls', 'never fetch a snapshot from an address that a client names')
    .option('--grace <seconds>', 'time for requests at work to finish when it stops', whole(0, 3600));
}

/** A key from the command line, the environment or a file. */
async function keyOf(key: string | undefined, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return key || undefined;
  if (key) throw new UsageError('Give a key or a file with it, not both.');
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new UsageError(`The key in ${file} cannot be read: ${(error as Error).message}`);
  }
  if (text === '') throw new UsageError(`The file ${file} has no key in it.`);
  return text;
}

/** The server's options that the command line gives. */
export async function protectionOf(options: ProtectionOptions): Promise<Partial<ServeOptions>> {
  const { tlsCert, tlsKey, tlsCa, corsOrigin, maxBody, maxRequests, maxWaiting, grace } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('--tls-cert and --tls-key belong together: give both.');
  if (tlsCa !== undefined && tlsCert === undefined)
    throw new UsageError('--tls-ca is of use only with --tls-cert and --tls-key.');
  return {
    apiKey: await keyOf(options.apiKey, options.apiKeyFile),
    readOnlyApiKey: await keyOf(options.readOnlyApiKey, options.readOnlyApiKeyFile),
    ...(tlsCert !== undefined && {
      tls: { cert: tlsCert, key: tlsKey!, ...(tlsCa !== undefined && { ca: tlsCa }) },
    }),
    ...(corsOrigin && { corsOrigins: corsOrigin }),
    ...(maxBody !== undefined && { maxBodyBytes: maxBody * 2 ** 20 }),
    ...(maxRequests !== undefined && { maxRequests }),
    ...(maxWaiting !== undefined && { maxWaiting }),
    ...(grace !== undefined && { grace: grace * 1000 }),
  };
}

/** Reads the server's certificate again on SIGHUP; returns how to stop that. */
export function reloadOnHangup(terminal: Terminal, server: RunningServer): () => void {
  const reload = (): void => {
    server.reloadTls().then(
      () => note(terminal, 'Read the certificate again.'),
      (error: Error) => note(terminal, `Keeping the old certificate. ${error.message}`),
    );
  };
  process.on('SIGHUP', reload);
  return () => process.off('SIGHUP', reload);
}
