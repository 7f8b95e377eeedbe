/**
 * A server on a real socket, and ways to speak to it that no polite client has.
 *
 * @module
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Store } from '@fletch/search';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type RunningServer, type ServeOptions, serve } from '../serve.js';
import { fillCities, openTestStore, testEncoders } from './setup.case.js';

/** What {@link testServers} gives to the tests of a file. */
export interface TestServers {
  /** One for all tests of the file, with the collection `cities`. */
  readonly store: Store;
  /** Starts a server on it that ends with the test. */
  start(options?: Partial<ServeOptions>): Promise<RunningServer>;
}

/** A store for the tests of a file, and servers on it that end with each test. */
export function testServers(): TestServers {
  let store: Store;
  const running: RunningServer[] = [];
  const start = async (options: Partial<ServeOptions> = {}): Promise<RunningServer> => {
    const server = await serve({ store, encoders: testEncoders(), port: 0, grace: 200, ...options });
    running.push(server);
    return server;
  };
  beforeAll(async () => {
    store = await openTestStore();
    const { url } = await start();
    await fillCities(async (method, path, body) => {
      const { status, headers } = await fetch(url + path, { method, body: JSON.stringify(body) });
      if (status !== 200) throw new Error(`${method} ${path} answered ${status}`);
      return { status, headers, body: undefined };
    });
  });
  const endAll = async () => {
    await Promise.all(running.splice(0).map((server) => server.close()));
  };
  afterEach(endAll);
  afterAll(endAll);
  return {
    get store() {
      return store;
    },
    start,
  };
}

/** A connection that keeps what it hears. */
export interface Talk {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  heard(): string;
}

/** Opens a connection. Errors of the socket are no failures: servers may hang up on rude clients. */
export function talk(port: number): Talk {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  socket.on('error', () => undefined);
  return { socket, closed: once(socket, 'close'), heard: () => text };
}

/** Speaks to the server in bytes; resolves with all that it said when it hangs up. */
export async function speak(port: number, ...pieces: (string | Uint8Array)[]): Promise<string> {
  const { socket, closed, heard } = talk(port);
  for (const piece of pieces) {
    socket.write(piece);
    await pause(10);
  }
  await closed;
  return heard();
}

/** The status lines that were heard. */
export function statuses(heard: string): number[] {
  return [...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits until `done` holds, at most so many milliseconds. */
export async function until(done: () => boolean, patience = 5000): Promise<void> {
  const end = performance.now() + patience;
  while (!done()) {
    if (performance.now() > end) throw new Error('It did not come to pass.');
    await pause(5);
  }
}
