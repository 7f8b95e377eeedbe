import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { Matrix } from '@fletch/linalg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bundleFunctions } from '../../../scripts/bundle-functions.mjs';
import {
  buildSquash,
  loadSquash,
  type ObjectStore,
  type SquashIndex,
  saveSquash,
} from '../../squash/index.js';
import { sampleData } from '../../squash/support.case.js';
import { lambdaInvoke, queryServerless, type ServerlessOptions, s3Objects } from '../index.js';
import { type Fault, type LocalLambda, startLambda } from './lambda.case.js';
import { type LocalS3, startS3 } from './s3.case.js';

const PARTITIONS = 3;
const PREFIX = 'fletch-squash';
/** Generous: a machine that does much else starts processes slowly. */
const TIMEOUT = 60_000;
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const region = 'us-east-1';

const { x, attrs, queries: list } = sampleData(600, 12);
const queries = Matrix.from(list, 'float32');
const where = [{ attr: 'price', op: 'between', a: 0.3, b: 0.6 }] as const;

let folder: string;
let s3: LocalS3;
let lambda: LocalLambda;
let s3Client: S3Client;
let lambdaClient: LambdaClient;
let store: ObjectStore;
let index: SquashIndex;
let tag: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-lambda-'));
  await bundleFunctions(folder);
  s3 = await startS3(['vectors']);
  const names = [
    'coordinator',
    'allocator',
    ...Array.from({ length: PARTITIONS }, (_, p) => `processor-${p}`),
  ];
  lambda = await startLambda(
    pathToFileURL(join(folder, 'function/index.mjs')).href,
    names.map((name) => `${PREFIX}-${name}`),
    {
      timeout: TIMEOUT,
      env: {
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_ENDPOINT_URL_S3: s3.url,
        FLETCH_BUCKET: 'vectors',
        FLETCH_PREFIX: 'shop/items',
        FLETCH_FUNCTIONS: PREFIX,
      },
    },
  );
  s3Client = new S3Client({ endpoint: s3.url, region, credentials, maxAttempts: 2 });
  lambdaClient = new LambdaClient({ endpoint: lambda.url, region, credentials, maxAttempts: 3 });
  store = s3Objects(s3Client, { bucket: 'vectors', prefix: 'shop/items' });
  index = await buildSquash(x, attrs, { partitions: PARTITIONS, attributeNames: ['price', 'year'] });
  ({ tag } = await saveSquash(index, store));
});

afterEach(() => {
  lambda.faults = () => undefined;
});

afterAll(async () => {
  lambdaClient.destroy();
  s3Client.destroy();
  await lambda.close();
  await s3.close();
  await rm(folder, { recursive: true });
});

const ask = (options: ServerlessOptions = {}) =>
  queryServerless(lambdaInvoke(lambdaClient, PREFIX), queries, 5, {
    F: 2,
    lMax: 1,
    where,
    timeout: 50_000,
    ...options,
  });
const expected = () =>
  list.map((query) => {
    const { ids, dists } = index.search(query, 5, { where });
    return expect.objectContaining({ ids, dists, partial: false });
  });
/** The first invocation from now on of the functions that are named. */
const faultOnce = (fault: Fault, pattern: RegExp, times = 1) => {
  const seen = new Map<string, number>();
  lambda.faults = (name) => {
    if (!pattern.test(name)) return undefined;
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return seen.get(name)! <= times ? fault : undefined;
  };
};

describe('through Lambda and S3', { timeout: 120_000 }, () => {
  test('answers are those of the index; the second time containers are warm and read vectors only', async () => {
    const first = await ask();
    expect(first.results).toEqual(expected());
    expect(first.tag).toBe(tag);
    expect(first.warm).toBe(0);
    expect(first.usage.indexBytes).toBeGreaterThan(0);
    const started = lambda.started();
    const second = await ask();
    expect(second.results).toEqual(first.results);
    expect(second.usage.indexBytes).toBe(0);
    expect(second.usage.vectorBytes).toBe(first.usage.vectorBytes);
    expect(lambda.started()).toBe(started);
    expect(second.cost.dollars).toBeGreaterThan(0);
    expect(second.usage.requests).toBe(second.warm + second.cold + 1);
  });

  test('a function that is throttled is called again by the client', async () => {
    faultOnce('throttle', /processor/);
    expect((await ask()).results).toEqual(expected());
  });

  test('one that stays throttled is missing, and said to be', async () => {
    faultOnce('throttle', /processor-1/, 1000);
    const { results } = await ask();
    const partial = results.filter((result) => result.partial);
    expect(partial.length).toBeGreaterThan(0);
    for (const { missing } of partial)
      expect(missing[0]).toMatchObject({ part: 'processor-1', code: 'RATE_LIMITED' });
    const whole = list.map((query) => index.search(query, 5, { where }).ids);
    for (const [i, { ids, partial: lacks }] of results.entries()) if (!lacks) expect(ids).toEqual(whole[i]);
  });

  test('processes that are killed are replaced', async () => {
    faultOnce('crash', /processor-0|processor-2|allocator/);
    expect((await ask()).results).toEqual(expected());
  });

  test('a function that always fails is missing, with its words', async () => {
    faultOnce('crash', /processor-2/, 1000);
    const { results } = await ask();
    const partial = results.filter((result) => result.partial);
    expect(partial.length).toBeGreaterThan(0);
    for (const { missing } of partial) expect(missing[0]!.reason).toContain('Runtime exited');
  });

  test('a function that is too slow is not waited for', async () => {
    faultOnce('slow', /processor-0/, 1000);
    const started = performance.now();
    const { results } = await ask({ timeout: 4000 });
    expect(performance.now() - started).toBeLessThan(TIMEOUT / 2);
    const missing = results.flatMap((result) => result.missing);
    expect(missing).toContainEqual({
      part: 'processor-0',
      code: 'UNAVAILABLE',
      reason: expect.stringMatching(/no answer within \d+ ms/),
    });
  });

  test('an invocation that is delivered twice changes nothing', async () => {
    faultOnce('twice', /./, 1000);
    expect((await ask()).results).toEqual(expected());
  });

  test('containers that grew cold read again, and answer alike', async () => {
    await ask();
    lambda.chill();
    const again = await ask();
    expect(again.warm).toBe(0);
    expect(again.results).toEqual(expected());
  });

  test.each(['partition-1/index', 'partition-1/vectors'])(
    '%s is missing or of another version',
    async (part) => {
      const key = `vectors/shop/items/${tag}/${part}`;
      const kept = s3.objects.get(key)!;
      const other = s3.objects.get(key.replace('partition-1', 'partition-0'))!;
      try {
        for (const [content, code] of [
          [undefined, /NOT_FOUND/],
          [other, /SHARD_MISMATCH|CORRUPT/],
        ] as const) {
          if (content) s3.objects.set(key, content);
          else s3.objects.delete(key);
          lambda.chill();
          const { results } = await ask();
          const partial = results.filter((result) => result.partial);
          expect(partial.length).toBeGreaterThan(0);
          for (const { missing } of partial) {
            expect(missing[0]!.part).toBe('processor-1');
            expect(missing[0]!.code).toMatch(code);
          }
        }
      } finally {
        s3.objects.set(key, kept);
        lambda.chill();
      }
    },
  );

  test('a deployment with fewer processors than partitions says so', async () => {
    const { results } = await queryServerless(lambdaInvoke(lambdaClient, 'another'), queries, 5);
    expect(results[0]!.missing[0]).toMatchObject({ part: 'coordinator', code: 'NOT_FOUND' });
    expect(results[0]!.missing[0]!.reason).toContain('no function another-coordinator');
  });
});

describe('objects in S3', () => {
  test('an index that was pushed is read back whole; lists have pages', async () => {
    const again = await loadSquash(store);
    expect(again.search(list[0]!, 5)).toEqual(index.search(list[0]!, 5));
    expect(await store.list(`${tag}/partition-`)).toHaveLength(2 * PARTITIONS);
    expect(await store.list('nothing')).toEqual([]);
  });

  test('a refusal that passes is passed over', async () => {
    s3.refusals.push(503);
    expect((await store.get('manifest.json')).length).toBeGreaterThan(10);
  });

  test.each([
    [[503, 503], 'UNAVAILABLE'],
    [[403], 'FORBIDDEN'],
  ])('%j is %s', async (refusals, code) => {
    s3.refusals.push(...refusals);
    await expect(store.get('manifest.json')).rejects.toThrow(expect.objectContaining({ code }));
    s3.refusals.push(...refusals);
    await expect(store.put('x', new Uint8Array(1))).rejects.toThrow(expect.objectContaining({ code }));
  });

  test('what there is not', async () => {
    await expect(store.get('nothing')).rejects.toThrow('There is no nothing in bucket vectors');
    const elsewhere = s3Objects(s3Client, { bucket: 'elsewhere' });
    await expect(elsewhere.get('x')).rejects.toThrow('no bucket elsewhere');
    await expect(elsewhere.list('x')).rejects.toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    for (const range of [
      { from: 1e6, to: 2e6 },
      { from: 0, to: 1e6 },
    ])
      await expect(store.get('manifest.json', range)).rejects.toThrow(
        expect.objectContaining({ code: 'CORRUPT' }),
      );
  });
});
