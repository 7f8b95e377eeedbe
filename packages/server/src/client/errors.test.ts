/**
 * Wrong requests, with the status and the words that Qdrant 1.19 answers them with. Where Qdrant's words are those
 * of its JSON library, only their beginning is the same: the rest says where and what in ours.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { currentFixture, type Fixture, useClient } from './client.case.js';

useClient();

const points = '/collections/cities/points';
const missing = "Not found: Collection `none` doesn't exist!";

/** Method, path, body (as JSON, or a text as it is), status, the error's words. */
type Row = readonly [method: string, path: string, body: unknown, status: number, words: string | RegExp];

const ROWS: readonly Row[] = [
  // Collections that are not there.
  ['GET', '/collections/none', undefined, 404, missing],
  ['PATCH', '/collections/none', { metadata: {} }, 404, missing],
  ['GET', '/collections/none/cluster', undefined, 404, missing],
  ['GET', '/collections/none/optimizations', undefined, 404, missing],
  ['GET', '/collections/none/shards', undefined, 404, missing],
  ['PUT', '/collections/none/points', { points: [{ id: 1, vector: [1] }] }, 404, missing],
  ['POST', '/collections/none/points', { ids: [1] }, 404, missing],
  ['GET', '/collections/none/points/1', undefined, 404, missing],
  ['POST', '/collections/none/points/delete', { points: [1] }, 404, missing],
  ['POST', '/collections/none/points/scroll', {}, 404, missing],
  ['POST', '/collections/none/points/count', {}, 404, missing],
  ['POST', '/collections/none/points/query', { query: [1] }, 404, missing],
  ['POST', '/collections/none/points/payload', { payload: {}, points: [1] }, 404, missing],
  ['POST', '/collections/none/points/payload/clear', { points: [1] }, 404, missing],
  ['PUT', '/collections/none/index', { field_name: 'a', field_schema: 'keyword' }, 404, missing],
  ['POST', '/collections/none/facet', { key: 'a' }, 404, missing],
  // Collections that are there, or cannot be.
  [
    'PUT',
    '/collections/cities',
    { vectors: { size: 1, distance: 'Dot' } },
    409,
    'Wrong input: Collection `cities` already exists!',
  ],
  [
    'PUT',
    '/collections/a%3Ab',
    { vectors: { size: 1, distance: 'Dot' } },
    422,
    'Validation error in path parameters: [name: collection name cannot contain ":" char]',
  ],
  [
    'PUT',
    '/collections/new',
    { vectors: { size: 0, distance: 'Dot' } },
    422,
    /^Validation error in JSON body: \[.*size: value 0 invalid, must be /,
  ],
  ['PUT', '/collections/new', { vectors: { size: 4, distance: 'Far' } }, 400, /^Format error in JSON body: /],
  ['PUT', '/collections/new', { vectors: { size: 4 } }, 400, /^Format error in JSON body: /],
  // Points.
  ['GET', `${points}/77`, undefined, 404, 'Not found: Point with id 77 does not exists!'],
  ['GET', `${points}/x`, undefined, 400, /^Wrong input: Can not recognize "x" as point id/],
  [
    'PUT',
    points,
    { points: [{ id: 1, vector: [1, 2, 3] }] },
    400,
    /^Wrong input: Vector dimension error: expected dim: 4, got 3/,
  ],
  ['PUT', points, { points: [{ id: -1, vector: [1, 0, 0, 0] }] }, 400, /^Format error in JSON body: /],
  ['PUT', points, { points: [{ id: 1.5, vector: [1, 0, 0, 0] }] }, 400, /^Format error in JSON body: /],
  ['PUT', points, { points: [{ id: 'x', vector: [1, 0, 0, 0] }] }, 400, /^Format error in JSON body: /],
  ['PUT', points, { points: [{ vector: [1, 0, 0, 0] }] }, 400, /^Format error in JSON body: /],
  ['POST', points, {}, 400, /^Format error in JSON body: /],
  ['POST', `${points}/delete`, {}, 400, /^Format error in JSON body: /],
  ['POST', `${points}/payload`, { points: [1] }, 400, /^Format error in JSON body: /],
  // Reads.
  [
    'POST',
    `${points}/scroll`,
    { limit: 0 },
    422,
    'Validation error in JSON body: [limit: value 0 invalid, must be 1 or larger]',
  ],
  [
    'POST',
    `${points}/query`,
    { query: [1, 0, 0, 0], limit: 0 },
    422,
    'Validation error in JSON body: [limit: value 0 invalid, must be 1 or larger]',
  ],
  ['POST', `${points}/query`, { query: [1, 0, 0, 0], limit: -1 }, 400, /^Format error in JSON body: /],
  [
    'POST',
    `${points}/query`,
    { query: [1, 0] },
    400,
    /^Wrong input: Vector dimension error: expected dim: 4, got 2/,
  ],
  ['POST', `${points}/query`, { query: [1, 0, 0, 0], using: 'x' }, 400, /^Wrong input: .*\bx\b/],
  ['POST', `${points}/count`, { filter: { must: [{ nonsense: 1 }] } }, 400, /^Format error in JSON body: /],
  ['POST', `${points}/count?timeout=0`, {}, 400, /^Deserialize error in query parameters: /],
  ['POST', `${points}/count?consistency=some`, {}, 400, /^Deserialize error in query parameters: /],
  ['PUT', `${points}?ordering=fast`, { points: [] }, 400, /^Deserialize error in query parameters: /],
  ['PUT', `${points}?wait=maybe`, { points: [] }, 400, /^Deserialize error in query parameters: /],
  [
    'POST',
    '/collections/cities/facet',
    { key: 'city', limit: 0 },
    422,
    /^Validation error in JSON body: \[limit: value 0 invalid, must be 1 or larger\]/,
  ],
  // Bodies.
  ['POST', `${points}/count`, '{"filter":', 400, /^Format error in JSON body: .* at line 1 column 11$/],
  ['POST', `${points}/count`, '{"a":1}x', 400, /^Format error in JSON body: .* at line 1 column 8$/],
  ['POST', `${points}/count`, '', 400, /^Format error in JSON body: /],
  ['POST', `${points}/count`, '[NaN]', 400, /^Format error in JSON body: .* at line 1 column 2$/],
  // Clusters.
  ['POST', '/cluster/recover', {}, 405, 'Qdrant is running in standalone mode'],
  ['DELETE', '/cluster/peer/1', undefined, 405, 'Qdrant is running in standalone mode'],
  ['PUT', '/collections/cities/shards', { shard_key: 'a' }, 405, 'Qdrant is running in standalone mode'],
  [
    'GET',
    '/collections/cities/optimizations?with=x',
    undefined,
    400,
    "Wrong input: Unknown field in 'with' parameter: x",
  ],
];

describe('a wrong request gets what Qdrant answers', () => {
  let fixture: Fixture;
  beforeAll(() => {
    fixture = currentFixture();
  });

  it.each(ROWS)('%s %s %j: %i', async (method, path, body, status, words) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(fixture.url + path, { method, ...(text !== undefined && { body: text }) });
    const answer = (await response.json()) as { status: { error: string }; time: number };
    expect(Object.keys(answer).sort()).toEqual(['status', 'time']);
    expect(answer.time).toBeGreaterThanOrEqual(0);
    if (typeof words === 'string') expect(answer.status.error).toBe(words);
    else expect(answer.status.error).toMatch(words);
    expect(response.status).toBe(status);
  });
});
