/**
 * A local S3: GetObject with ranges, PutObject and ListObjectsV2 of buckets in memory.
 *
 * @module
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The server. */
export interface LocalS3 {
  readonly url: string;
  /** Objects by bucket and name: `bucket/name`. */
  readonly objects: Map<string, Buffer>;
  /** Answers to the next requests instead of the right ones; `null` answers right. */
  readonly refusals: (number | null)[];
  readonly requests: () => number;
  close(): Promise<void>;
}

function xml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>${body}`);
}

const error = (response: ServerResponse, status: number, code: string) =>
  xml(response, status, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`);

const codes: Readonly<Record<number, string>> = {
  403: 'AccessDenied',
  500: 'InternalError',
  503: 'SlowDown',
};

function send(response: ServerResponse, bytes: Buffer, range: string | undefined): void {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (first === undefined) {
    response.writeHead(200, { 'content-length': bytes.length });
    response.end(bytes);
  } else if (Number(first) >= bytes.length) error(response, 416, 'InvalidRange');
  else {
    const part = bytes.subarray(Number(first), Number(last) + 1);
    const end = Number(first) + part.length - 1;
    response.writeHead(206, {
      'content-length': part.length,
      'content-range': `bytes ${first}-${end}/${bytes.length}`,
    });
    response.end(part);
  }
}

/** Starts it. A page of a list has two names, so that there are several. */
export async function startS3(buckets: readonly string[]): Promise<LocalS3> {
  const objects = new Map<string, Buffer>();
  const refusals: (number | null)[] = [];
  let requests = 0;
  const list = (response: ServerResponse, bucket: string, query: URLSearchParams) => {
    const start = `${bucket}/${query.get('prefix') ?? ''}`;
    const after = query.get('continuation-token') ?? '';
    const names = [...objects.keys()].filter((key) => key.startsWith(start)).sort();
    const rest = names.map((key) => key.slice(bucket.length + 1)).filter((name) => name > after);
    const page = rest.slice(0, 2);
    const contents = page.map((name) => `<Contents><Key>${name}</Key></Contents>`).join('');
    const more = rest.length > 2;
    const next = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    xml(
      response,
      200,
      `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${contents}</ListBucketResult>`,
    );
  };
  const server = createServer(async (request, response) => {
    requests++;
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const refusal = refusals.shift() ?? null;
    if (refusal !== null) return error(response, refusal, codes[refusal]!);
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    const key = decodeURIComponent(pathname).slice(1).replace(/\/$/, '');
    const [bucket] = key.split('/') as [string];
    if (!buckets.includes(bucket)) return error(response, 404, 'NoSuchBucket');
    if (request.method === 'PUT') {
      objects.set(key, Buffer.concat(pieces));
      response.writeHead(200).end();
    } else if (key === bucket) list(response, bucket, searchParams);
    else if (objects.has(key)) send(response, objects.get(key)!, request.headers.range);
    else error(response, 404, 'NoSuchKey');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    refusals,
    requests: () => requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
