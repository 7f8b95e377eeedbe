import { beforeEach, describe, expect, it } from 'vitest';
import { type Ask, testApp } from '../testing/setup.case.js';

let ask: Ask;
const path = '/collections/records';

beforeEach(async () => {
  ({ ask } = await testApp());
  await ask('PUT', path, { vectors: { size: 64, distance: 'Cosine' } });
});

const record = (name: string, ...tags: string[]) => ({ name, tags, size: name.length });
const upsert = (points: object[]) => ask('PUT', `${path}/points?wait=true`, { points });

describe('records like one of them', () => {
  beforeEach(async () => {
    const payloads = [
      record('curl', 'web', 'http', 'client'),
      record('wget', 'web', 'http', 'client'),
      record('gimp', 'image', 'editor'),
      record('inkscape', 'image', 'editor', 'vector'),
      {},
    ];
    await upsert(
      payloads.map((payload, id) => ({
        id,
        payload,
        vector: { object: payload, model: 'mbat-json', options: { dim: 64 } },
      })),
    );
  });

  it('are found by their payloads, with the reasons', async () => {
    const { status, body } = await ask('POST', `${path}/points/alike`, { id: 0, limit: 2 });
    expect(status).toBe(200);
    expect(body.result).toMatchObject({ compared: 5, more: false });
    const [first] = body.result.records;
    expect(first).toMatchObject({ id: 1, payload: { name: 'wget' } });
    expect(first.why[0].path).toBe('tags[]');
    expect(first.score).toBeGreaterThan(body.result.records[1].score + 0.2);
  });

  it('are found through vectors that were made of objects, too', async () => {
    const query = {
      object: record('curl', 'web', 'http', 'client'),
      model: 'mbat-json',
      options: { dim: 64 },
    };
    const { body } = await ask('POST', `${path}/points/query`, { query, limit: 2 });
    expect(body.result.points.map(({ id }: { id: number }) => id)).toEqual([0, 1]);
    expect(body.result.points[0].score).toBeCloseTo(1, 5);
  });

  it.each([
    [{ id: 77 }, 404, 'Point with id 77 does not exists!'],
    [{ id: 0, limit: 0 }, 422, 'limit'],
    [{}, 400, 'id'],
  ])('refuses %j', async (body, status, words) => {
    const answer = await ask('POST', `${path}/points/alike`, body);
    expect(answer).toMatchObject({ status, body: { status: { error: expect.stringContaining(words) } } });
  });
});

describe('an object in the place of a vector', () => {
  it.each([
    [{ object: 1, model: 'clip' }, 400, 'of the encoders only "mbat-json" takes objects'],
    [{ object: {}, model: 'mbat-json', options: { dim: 100 } }, 400, 'dim'],
    [{ object: '\ud800', model: 'mbat-json' }, 400, 'half of a surrogate pair'],
    [{ object: {}, model: 'mbat-json' }, 400, 'expected dim: 64, got 512'],
  ])('%j is refused', async (vector, status, words) => {
    const { status: given, body } = await upsert([{ id: 1, vector }]);
    expect({ given, error: body.status.error }).toEqual({
      given: status,
      error: expect.stringContaining(words),
    });
  });
});
