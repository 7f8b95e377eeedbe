import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EncoderOptions } from '../options.js';
import { createOpenAiEncoder } from './openai.js';

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}
interface Body {
  model: string;
  input: string[];
  dimensions?: number;
}

let server: Server;
let baseUrl: string;
let requests: { url: string; authorization: string | undefined; body: Body }[];
/** What the server answers, one after the other; then {@link usual}. */
let answers: (Answer | ((body: Body) => Answer))[];

/** Vectors of the text's length, in reverse order, as the index says. */
const usual = ({ input, dimensions = 3 }: Body): Answer => ({
  body: {
    data: input
      .map((text, index) => ({
        index,
        embedding: Array.from({ length: dimensions }, (_, j) => (j ? 1 : text.length)),
      }))
      .reverse(),
  },
});

async function bodyOf(request: IncomingMessage): Promise<Body> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

beforeEach(async () => {
  requests = [];
  answers = [];
  vi.stubEnv('OPENAI_API_KEY', '');
  server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    requests.push({ url: request.url!, authorization: request.headers.authorization, body });
    const next = answers.shift() ?? usual;
    const answer = typeof next === 'function' ? next(body) : next;
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`;
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

const create = (options: EncoderOptions = {}) => createOpenAiEncoder('small', { baseUrl, ...options }, 1);

test('learns the dimension from the first answer', async () => {
  const encoder = await create({ apiKey: 'secret' });
  expect(encoder).toMatchObject({ name: 'openai:small', dimension: 3 });
  expect(requests).toMatchObject([
    {
      url: '/v1/embeddings',
      authorization: 'Bearer secret',
      body: { model: 'small', encoding_format: 'float' },
    },
  ]);
});

test('asks for the dimension it was told, and says it in its name', async () => {
  const encoder = await create({ dimension: 2 });
  expect(encoder).toMatchObject({ name: 'openai:small?dimension=2', dimension: 2 });
  expect(requests).toEqual([]);
  await encoder.encode(['a']);
  expect(requests[0]!.body.dimensions).toBe(2);
});

test('sends batches and puts the vectors in order, at unit length', async () => {
  const encoder = await create({ batchSize: 2, dimension: 3 });
  const texts = ['aaa', 'b', '', 'cc', 'dddd'];
  const done: number[] = [];
  const vectors = await encoder.encode(texts, { onProgress: (progress) => done.push(progress.done) });
  expect(requests.map(({ body }) => body.input)).toEqual([['aaa', 'b'], [' ', 'cc'], ['dddd']]);
  expect(done).toEqual([2, 4, 5]);
  for (const [i, length] of [3, 1, 1, 2, 4].entries())
    expect(vectors[3 * i]).toBeCloseTo(length / Math.hypot(length, 1, 1), 6);
});

test('takes key and address from the environment', async () => {
  vi.stubEnv('OPENAI_API_KEY', 'from environment');
  vi.stubEnv('OPENAI_BASE_URL', baseUrl);
  await createOpenAiEncoder('small');
  expect(requests[0]!.authorization).toBe('Bearer from environment');
});

describe('when the endpoint is busy', () => {
  test('tries again, also after a broken answer', async () => {
    const encoder = await create();
    answers = [{ status: 500 }, { status: 429 }, { status: 503 }];
    expect(await encoder.encode(['a'])).toHaveLength(3);
    expect(requests).toHaveLength(1 + 4);
  });

  test('waits as long as it is told', async () => {
    const encoder = await create();
    answers = [{ status: 429, headers: { 'retry-after': '0.15' } }];
    const start = performance.now();
    await encoder.encode(['a']);
    expect(performance.now() - start).toBeGreaterThan(140);
  });

  test('gives up in the end', async () => {
    const encoder = await create({ retries: 2 });
    answers = Array.from({ length: 3 }, () => ({ status: 503, body: 'too busy' }));
    await expect(encoder.encode(['a'])).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/answered 503: too busy/),
    });
    expect(requests).toHaveLength(1 + 3);
  });

  test('stops waiting when told', async () => {
    const encoder = await create();
    const controller = new AbortController();
    answers = [{ status: 429, headers: { 'retry-after': '30' } }];
    const work = encoder.encode(['a'], { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('errors say what to do', () => {
  test('a wrong key is not tried twice', async () => {
    answers = [{ status: 401, body: { error: { message: 'bad key' } } }];
    await expect(create({ apiKey: 'wrong' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/answered 401: .*bad key.* Check the API key/),
    });
    expect(requests).toHaveLength(1);
  });

  test('an endpoint that is not there', async () => {
    server.close();
    const error = { code: 'UNAVAILABLE', message: expect.stringContaining('check the base URL') };
    await expect(create({ baseUrl: 'http://127.0.0.1:9', retries: 1 })).rejects.toMatchObject(error);
  });

  test.each<[string, unknown, RegExp]>([
    ['too few vectors', { data: [] }, /not 1 vectors/],
    ['no vectors', { error: 'x' }, /not 1 vectors/],
    ['another length', { data: [{ index: 0, embedding: [1, 2] }] }, /2 values instead of 3/],
    ['no numbers', { data: [{ index: 0, embedding: [1, null, 2] }] }, /no numbers/],
    ['no JSON', '<html>', /gives no answer/],
  ])('%s', async (_, body, message) => {
    const encoder = await create();
    answers = [{ body }];
    await expect(encoder.encode(['a'])).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(message),
    });
  });
});
