import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { QdrantClient } from '@qdrant/js-client-rest';
import { describe, expect, it } from 'vitest';

const folder = dirname(fileURLToPath(import.meta.url));
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts') && name !== 'completeness.test.ts')
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n');

/** The titles of all tests that are made with `frame`. */
const titles = (frame: 'method' | 'operation') =>
  [...sources.matchAll(new RegExp(`^ *${frame}\\(\\s*(?:'([^']+)'|"([^"]+)")`, 'gm'))].map(
    ([, single, double]) => single ?? double!,
  );
const tested = (frame: 'method' | 'operation') =>
  new Set(titles(frame).map((title) => title.replace(/:.*/, '')));

const methods = Object.getOwnPropertyNames(QdrantClient.prototype).filter((name) => name !== 'constructor');
const client = new QdrantClient({ url: 'http://127.0.0.1:1', checkCompatibility: false });
const operations = Object.keys(client.api());

describe('the tests of the official client', () => {
  it('know its methods', () => {
    expect(methods.length).toBeGreaterThan(50);
    expect(operations.length).toBeGreaterThan(60);
  });

  it('test every method', () => {
    const missing = methods.filter((name) => !tested('method').has(name) && name !== 'api');
    expect(missing).toEqual([]);
    for (const name of tested('method')) expect(methods).toContain(name);
  });

  it('test every operation that no method leads to', () => {
    const prototype = QdrantClient.prototype as unknown as Record<string, () => unknown>;
    const reached = new Set(
      methods.flatMap((name) =>
        [...prototype[name]!.toString().matchAll(/_openApiClient\s*\.(\w+)\(/g)].map(([, used]) => used!),
      ),
    );
    expect(reached.size).toBeGreaterThan(40);
    const missing = operations.filter((name) => !reached.has(name) && !tested('operation').has(name));
    expect(missing).toEqual([]);
    for (const name of tested('operation')) expect(operations).toContain(name);
  });

  it('each have a title of their own', () => {
    const all = [...titles('method'), ...titles('operation')];
    expect(new Set(all).size).toBe(all.length);
  });
});
