/**
 * The official client, unmodified, on a server of its own over a real socket; and the frame of its tests: one or
 * more for every method that it has.
 *
 * @module
 */
import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, test } from 'vitest';
import { type RunningServer, serve } from '../serve.js';
import { openTestStore, POINTS, testEncoders } from '../testing/setup.case.js';

/** What a test works with. */
export interface Fixture {
  readonly client: QdrantClient;
  readonly url: string;
}

let server: RunningServer;
let client: QdrantClient;

/** Starts a server for the tests of a file, with the collection `cities`. */
export function useClient(): void {
  beforeAll(async () => {
    const store = await openTestStore();
    server = await serve({ store, port: 0, encoders: testEncoders() });
    client = new QdrantClient({ url: server.url });
    await client.createCollection('cities', {
      vectors: { size: 4, distance: 'Cosine' },
      metadata: { fletch: { encoder: 'words' } },
    });
    await client.upsert('cities', { points: POINTS });
  });
  afterAll(() => server.close());
}

/** What tests that are not of one method work with. */
export const currentFixture = (): Fixture => ({ client, url: server.url });

type Body = (fixture: Fixture) => Promise<void>;

function run(title: string, body: Body): void {
  test(title, () => body(currentFixture()));
}

/** A test of a method of the client. `method('query: by vector', …)` and the like are tests of `query`. */
export function method(title: string, body: Body): void {
  run(title, body);
}

/** A test of an operation of the low-level client that no method leads to. */
export function operation(title: string, body: Body): void {
  run(title, body);
}

export const ids = (points: readonly { id: number | string }[]) => points.map(({ id }) => id);

/** What a refused request is rejected with. */
export const refused = (status: number, error: unknown) => ({
  status,
  data: { status: { error }, time: 0 },
});

let made = 0;

/** A name that no other test uses. */
export const freshName = (prefix = 'made') => `${prefix}-${++made}`;
