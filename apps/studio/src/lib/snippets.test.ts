import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { asCurl, asJavaScript } from './snippets.js';

const body = `{ "query": { "text": "it's $HOME \`x\` \\\\ \\"q\\"" } }`;
const request = { origin: 'http://localhost:6333', collection: "it's/mine", body, keyed: true };

describe('snippets', () => {
  it('reach the shell as they are', () => {
    // A function in curl's place prints what it was given.
    const script = `FLETCH_API_KEY=secret; curl() { printf '%s\\0' "$@"; }; ${asCurl(request)}`;
    const given = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
    expect(given).toEqual([
      '-X',
      'POST',
      "http://localhost:6333/collections/it's%2Fmine/points/query",
      '-H',
      'content-type: application/json',
      '-H',
      'api-key: secret',
      '-d',
      body,
    ]);
    expect(asCurl({ ...request, keyed: false })).not.toContain('api-key');
  });

  it('are programs that ask the same', async () => {
    const asked: unknown[] = [];
    class QdrantClient {
      constructor(options: unknown) {
        asked.push(options);
      }
      async query(collection: string, query: unknown) {
        asked.push(collection, query);
        return { points: [] };
      }
    }
    const code = asJavaScript(request).replace(/^import .*\n/, '');
    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
    const run = new AsyncFunction('QdrantClient', 'process', 'console', code);
    await run(QdrantClient, { env: { FLETCH_API_KEY: 'secret' } }, { log: () => {} });
    expect(asked).toEqual([
      { url: 'http://localhost:6333', apiKey: 'secret' },
      "it's/mine",
      JSON.parse(body),
    ]);
  });
});
