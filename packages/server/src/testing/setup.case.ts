/**
 * What the tests share: a store, an encoder whose vectors can be told by heart, and short ways to ask.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, type Store } from '@fletch/search';
import type { Encoder } from '@fletch/text';
import type { Env, Hono } from 'hono';
import { afterAll } from 'vitest';
import { type AppOptions, createApp } from '../app.js';
import { createEncoders } from '../encoders.js';

const folders: string[] = [];
const stores: Store[] = [];

/** An empty store in a folder of its own; both are gone after the file's tests. */
export async function openTestStore(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'fletch-server-'));
  folders.push(folder);
  const store = await open(folder, { threads: 1 });
  stores.push(store);
  return store;
}

afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
});

/** Words of the test encoder: each has a direction of its own. */
const WORDS = ['sad', 'happy', 'stone', 'water'];

/** An encoder of four dimensions that counts {@link WORDS}. */
export function wordEncoder(name: string): Encoder & { calls: number } {
  const encoder = {
    name,
    dimension: WORDS.length,
    calls: 0,
    async encode(texts: readonly string[]) {
      encoder.calls++;
      return Float32Array.from(
        texts.flatMap((text) => {
          const counts = WORDS.map((word) => text.split(word).length - 1);
          const norm = Math.hypot(...counts) || 1;
          return counts.map((count) => count / norm);
        }),
      );
    },
    async close() {},
  };
  return encoder;
}

export const testEncoders = () =>
  createEncoders({ create: async (name) => wordEncoder(name), allow: ['words', 'other'] });

/** An app over a fresh store. */
export async function testApp(options: Partial<AppOptions> = {}) {
  const store = options.store ?? (await openTestStore());
  const app = createApp({ store, encoders: testEncoders(), ...options });
  return { app, store, ask: asker(app) };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are looked into
  readonly body: any;
}

/** Sends JSON (or, given a string, that very text) and reads JSON. */
export function asker(app: Hono<Env>) {
  return async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await app.request(path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
  };
}

export type Ask = ReturnType<typeof asker>;

/** The collection of most tests: four dimensions, six points, their ids 1–5 and a UUID. */
export const UUID = '550e8400-e29b-41d4-a716-446655440000';

export const POINTS = [
  { id: 1, vector: [1, 0, 0, 0], payload: { city: 'London', size: 9, tags: ['old', 'big'] } },
  { id: 2, vector: [0, 1, 0, 0], payload: { city: 'Paris', size: 2.5, tags: ['old'] } },
  { id: 3, vector: [0, 0, 1, 0], payload: { city: 'Berlin', size: 4, note: null } },
  { id: 4, vector: [0, 0, 0, 1], payload: { city: 'London', size: 1, open: true } },
  { id: 5, vector: [0.6, 0.8, 0, 0], payload: { city: 'Rome', size: 3, tags: [] } },
  { id: UUID, vector: [0, 0.6, 0.8, 0] },
];

export async function fillCities(ask: Ask, name = 'cities'): Promise<void> {
  const path = `/collections/${name}`;
  const metadata = { fletch: { encoder: 'words' } };
  await ask('PUT', path, { vectors: { size: 4, distance: 'Cosine' }, metadata });
  await ask('PUT', `${path}/points?wait=true`, { points: POINTS });
}
