/**
 * The app on a socket, with every limit of Node's HTTP server set.
 *
 * @module
 */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIP } from 'node:net';
import { FletchError } from '@fletch/base';
import type { Store } from '@fletch/search';
import { createEncoder } from '@fletch/text';
import { createAdaptorServer } from '@hono/node-server';
import { type AppOptions, createApp } from './app.js';
import { createEncoders, type Encoders } from './encoders.js';
import { LOOPBACK_HOSTS } from './http/guards.js';
import { encoderIn } from './inference.js';
import { LabRuns } from './lab/runs.js';
import { type TlsFiles, TlsKeeper } from './tls.js';
import { ZooRuns } from './zoo/runs.js';

export interface ServeOptions extends Omit<AppOptions, 'encoders'> {
  /** Address to listen on. Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** Default 6333; 0 takes a free one. */
  readonly port?: number;
  /**
   * Where encoders come from. Default: those of `@fletch/text` that {@link ServeOptions.encoderNames} lists, and
   * those that the store's collections name.
   */
  readonly encoders?: Encoders;
  /** Encoders that clients may use besides those that collections name already. Default `['use']`. */
  readonly encoderNames?: readonly string[];
  /** How long a client may take to send its headers, in milliseconds. Default 10 000. */
  readonly headersTimeout?: number;
  /** How long a client may take to send a whole request, in milliseconds. Default 120 000. */
  readonly requestTimeout?: number;
  /** How long a connection may stand still in the middle of an answer, in milliseconds. Default 15 minutes. */
  readonly idleTimeout?: number;
  /** Speak HTTPS with this certificate, and look every minute whether there is a newer one. */
  readonly tls?: TlsFiles;
  /** How long `close()` waits for requests at work, in milliseconds. Default 10 000. */
  readonly grace?: number;
}

/** A server that listens. */
export interface RunningServer {
  /** `http://127.0.0.1:6333` */
  readonly url: string;
  readonly port: number;
  /** Reads the certificate and key anew; the old ones stay when they cannot be used. */
  reloadTls(): Promise<void>;
  /** Stops listening, lets requests at work finish, then ends what is left. The store stays open. */
  close(): Promise<void>;
}

/**
 * Listens and answers until it is closed.
 *
 * @throws FletchError `UNAVAILABLE` when the port is taken, `INVALID_ARGUMENT` when the address is not this machine's
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 6333, grace = 10_000, headersTimeout = 10_000, store } = options;
  const recorded = recordedEncoders(store);
  const encoders =
    options.encoders ??
    createEncoders({
      create: createEncoder,
      allow: [...(options.encoderNames ?? ['use', 'use?pooling=none']), ...recorded],
    });
  const allowedHosts = options.allowedHosts ?? (isLoopback(host) ? LOOPBACK_HOSTS : undefined);
  const labRuns = options.labRuns ?? new LabRuns();
  const zooRuns = options.zooRuns ?? new ZooRuns();
  const app = createApp({ ...options, encoders, labRuns, zooRuns, ...(allowedHosts && { allowedHosts }) });

  const tls = options.tls && (await TlsKeeper.open(options.tls, options.onError));
  const limits = {
    headersTimeout,
    requestTimeout: options.requestTimeout ?? 120_000,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: Math.min(2_000, headersTimeout / 2),
    maxHeaderSize: 16_384,
    // One who never finishes the handshake has not sent any headers yet.
    ...(tls && { ...tls.context, handshakeTimeout: headersTimeout, minVersion: 'TLSv1.2' as const }),
  };
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    ...(tls
      ? { createServer: createTlsServer, serverOptions: limits }
      : { createServer, serverOptions: limits }),
  }) as Server;
  server.timeout = options.idleTimeout ?? 15 * 60_000;
  await listen(server, host, port);
  tls?.watch(server);
  // The first text query should not have to wait for the weights; what fails here fails again, in words, when asked.
  for (const name of new Set(recorded)) encoders.get(name).catch(() => undefined);

  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `${tls ? 'https' : 'http'}://${isIP(host) === 6 ? `[${host}]` : host}:${bound}`,
    port: bound,
    reloadTls: async () => tls?.reload(),
    async close() {
      labRuns.close();
      zooRuns.close();
      tls?.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Connections that were at work are kept alive when they are done, so the idle ones are ended again and again.
      const sweep = setInterval(() => server.closeIdleConnections(), 20);
      const end = setTimeout(() => server.closeAllConnections(), grace);
      await closed;
      clearInterval(sweep);
      clearTimeout(end);
      if (!options.encoders) await encoders.close();
    },
  };
}

/** The encoders that the collections name. One that cannot be opened says so when it is asked for, not here. */
function recordedEncoders(store: Store): string[] {
  return store.collections().flatMap((name) => {
    try {
      return encoderIn(store.collection(name).info().config.metadata) ?? [];
    } catch {
      return [];
    }
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        reject(
          new FletchError('UNAVAILABLE', `Port ${port} of ${host} is in use: choose another one.`, {
            cause: error,
          }),
        );
      else if (error.code === 'EACCES')
        reject(
          new FletchError('UNAVAILABLE', `No permission to listen on port ${port}: choose one above 1023.`, {
            cause: error,
          }),
        );
      else
        reject(
          new FletchError('INVALID_ARGUMENT', `Cannot listen on ${host}:${port}: ${error.message}`, {
            cause: error,
          }),
        );
    });
    // Many may knock at once; the system lowers the number to what it can.
    server.listen({ port, host, backlog: 4096 }, resolve);
  });
}
