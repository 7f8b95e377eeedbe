/**
 * A request as a command line and as a program.
 *
 * @module
 */

export interface SnippetRequest {
  /** `http://localhost:6333` */
  readonly origin: string;
  readonly collection: string;
  /** JSON, as it is sent. */
  readonly body: string;
  /** Whether the server wants a key. It is named, never written out. */
  readonly keyed: boolean;
}

/** In single quotes, where a shell changes nothing; a quote itself steps outside of them. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** `curl` for POSIX shells. */
export function asCurl({ origin, collection, body, keyed }: SnippetRequest): string {
  const url = `${origin}/collections/${encodeURIComponent(collection)}/points/query`;
  return [
    `curl -X POST ${quoted(url)}`,
    `  -H 'content-type: application/json'`,
    ...(keyed ? [`  -H "api-key: $FLETCH_API_KEY"`] : []),
    `  -d ${quoted(body)}`,
  ].join(' \\\n');
}

/** A module for Node that uses the official client. */
export function asJavaScript({ origin, collection, body, keyed }: SnippetRequest): string {
  const key = keyed ? ', apiKey: process.env.FLETCH_API_KEY' : '';
  // JSON is JavaScript; only the names need no quotes, and may keep them.
  return [
    `import { QdrantClient } from '@qdrant/js-client-rest';`,
    '',
    `const client = new QdrantClient({ url: ${JSON.stringify(origin)}${key} });`,
    `const { points } = await client.query(${JSON.stringify(collection)}, ${body});`,
    'console.log(points);',
  ].join('\n');
}
