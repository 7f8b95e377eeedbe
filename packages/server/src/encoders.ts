/**
 * The text encoders that the server may use, kept loaded, with the vectors of recent query texts.
 *
 * @module
 */
import { type Encoder, encodeTexts, type TextVector } from '@fletch/text';
import { wrongInput } from './http/errors.js';

/** Where the handlers get encoders from. */
export interface Encoders {
  /** Whether clients may ask for this encoder by name. */
  allows(name: string): boolean;
  /** The encoder, loaded once. Throws HttpError 400 when it is not allowed. */
  get(name: string): Promise<Encoder>;
  /** The vectors of query texts (one each, or one for each token), encoded in one call; repeated texts are remembered. */
  encodeQueries(name: string, texts: readonly string[], signal?: AbortSignal): Promise<TextVector[]>;
  /** Lets go of every loaded encoder. */
  close(): Promise<void>;
}

export interface EncodersOptions {
  /** Makes an encoder by its name, e.g. `createEncoder` of `@fletch/text`. */
  readonly create: (name: string) => Promise<Encoder>;
  /**
   * Names that clients may use. An encoder's name can hold a folder or an address, so a server that took any name
   * would read files and call hosts of the client's choosing.
   */
  readonly allow: Iterable<string>;
  /** How many query texts are remembered. Default 1000. */
  readonly remember?: number;
}

/** {@link Encoders} over a way to make them. */
export function createEncoders({ create, allow, remember = 1000 }: EncodersOptions): Encoders {
  const allowed = new Set(allow);
  const loaded = new Map<string, Promise<Encoder>>();
  const queries = new Map<string, TextVector>();

  const get = (name: string): Promise<Encoder> => {
    if (!allowed.has(name)) {
      const names = [...allowed].map((each) => `\`${each}\``).join(', ') || 'none';
      return Promise.reject(
        wrongInput(`The encoder \`${name}\` is not enabled on this server. Enabled: ${names}.`),
      );
    }
    let encoder = loaded.get(name);
    if (!encoder) {
      encoder = create(name);
      loaded.set(name, encoder);
      // A failure is not kept: what was missing may be there at the next try.
      encoder.catch(() => loaded.delete(name));
    }
    return encoder;
  };

  return {
    allows: (name) => allowed.has(name),
    get,
    async encodeQueries(name, texts, signal) {
      const keyOf = (text: string) => `${name}\n${text}`;
      const known = new Map(texts.map((text) => [text, queries.get(keyOf(text))]));
      const missing = [...known.keys()].filter((text) => known.get(text) === undefined);
      if (missing.length > 0) {
        const encoder = await get(name);
        const vectors = await encodeTexts(encoder, missing, signal ? { signal } : {});
        for (const [i, text] of missing.entries()) known.set(text, vectors[i]!);
      }
      for (const [text, vector] of known) {
        queries.delete(keyOf(text));
        queries.set(keyOf(text), vector!);
        if (queries.size > remember) queries.delete(queries.keys().next().value!);
      }
      return texts.map((text) => known.get(text)!);
    },
    async close() {
      queries.clear();
      const encoders = await Promise.allSettled(loaded.values());
      loaded.clear();
      await Promise.all(
        encoders.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)),
      );
    },
  };
}
