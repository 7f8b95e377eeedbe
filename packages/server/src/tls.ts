/**
 * Certificates: read from files, and read again when they were renewed.
 *
 * @module
 */
import { readFile, stat } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { FletchError } from '@fletch/base';
import type { AppOptions } from './app.js';

/** Files in PEM format. */
export interface TlsFiles {
  /** The certificate, with those that lead to its authority. */
  readonly cert: string;
  /** Its private key. */
  readonly key: string;
  /** Authorities; when given, clients must have a certificate of one of them. */
  readonly ca?: string;
}

interface Context {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  readonly requestCert?: true;
}

/** Milliseconds between two looks at the files. */
const LOOK = 60_000;

/** Keeps a server's certificate up to date. */
export class TlsKeeper {
  readonly #files: TlsFiles;
  readonly #onError: AppOptions['onError'];
  #server: TlsServer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stamp: string;
  context: Context;

  private constructor(files: TlsFiles, onError: AppOptions['onError'], context: Context, stamp: string) {
    this.#files = files;
    this.#onError = onError;
    this.context = context;
    this.#stamp = stamp;
  }

  /**
   * Reads the files.
   *
   * @param onError - hears of files that cannot be used later on
   * @throws FletchError `INVALID_ARGUMENT` when they cannot be read or do not belong together
   */
  static async open(files: TlsFiles, onError: AppOptions['onError']): Promise<TlsKeeper> {
    const stamp = await stampOf(files);
    return new TlsKeeper(files, onError, await read(files), stamp);
  }

  /** Gives the server new certificates when the files change. */
  watch(server: Server): void {
    this.#server = server as TlsServer;
    this.#timer = setInterval(() => void this.#look(), LOOK);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reads the files now. Connections that are open keep what they have. */
  async reload(): Promise<void> {
    const stamp = await stampOf(this.#files);
    this.context = await read(this.#files);
    this.#stamp = stamp;
    this.#server?.setSecureContext(this.context);
  }

  async #look(): Promise<void> {
    try {
      if ((await stampOf(this.#files)) !== this.#stamp) await this.reload();
    } catch (error) {
      this.#onError?.(error, { method: 'TLS', path: this.#files.cert });
    }
  }
}

async function read({ cert, key, ca }: TlsFiles): Promise<Context> {
  try {
    const context = {
      cert: await readFile(cert),
      key: await readFile(key),
      ...(ca !== undefined && { ca: await readFile(ca), requestCert: true as const }),
    };
    createSecureContext(context);
    return context;
  } catch (cause) {
    throw unusable({ cert, key }, cause);
  }
}

async function stampOf(files: TlsFiles): Promise<string> {
  try {
    const all = [files.cert, files.key, ...(files.ca === undefined ? [] : [files.ca])];
    return (await Promise.all(all.map((file) => stat(file)))).map(({ mtimeMs }) => mtimeMs).join();
  } catch (cause) {
    throw unusable(files, cause);
  }
}

function unusable({ cert, key }: TlsFiles, cause: unknown): FletchError {
  return new FletchError(
    'INVALID_ARGUMENT',
    `The certificate ${cert} and key ${key} cannot be used: ${(cause as Error).message}. Both must be PEM files ` +
      'that belong together.',
    { cause },
  );
}
