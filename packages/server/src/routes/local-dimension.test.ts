import { rng } from '@fletch/linalg';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Ask, testApp } from '../testing/setup.case.js';

let ask: Ask;
const path = '/collections/vectors';
const upsert = (points: object[]) => ask('PUT', `${path}/points?wait=true`, { points });
const dimensionOf = (body = {}) => ask('POST', `${path}/points/local-dimension`, body);

beforeEach(async () => {
  ({ ask } = await testApp());
  await ask('PUT', path, {
    vectors: { '': { size: 8, distance: 'Euclid' }, other: { size: 2, distance: 'Cosine' } },
  });
});

describe('the local dimension of a collection', () => {
  it('is that of what the vectors fill, with the recall of the index beside it', async () => {
    const random = rng(4);
    // A plane in eight dimensions.
    await upsert(
      Array.from({ length: 400 }, (_, id) => {
        const [x, y] = [random.uniform(), random.uniform()];
        return { id, vector: { '': [x, y, x + y, x - y, 2 * x, 2 * y, 3 * x, 1], other: [x, y] } };
      }),
    );
    const { status, body } = await dimensionOf();
    expect(status).toBe(200);
    const { sampled, lid, recall } = body.result;
    expect(sampled).toBe(400);
    expect(lid.mean).toBeGreaterThan(1.5);
    expect(lid.mean).toBeLessThan(2.5);
    expect(lid.p10).toBeLessThan(lid.p90);
    expect(lid.histogram.counts).toHaveLength(30);
    expect(recall.map(({ ef }: { ef: number }) => ef)).toEqual([16, 32, 64, 128, 256]);
    expect(recall.at(-1).recall).toBeGreaterThan(0.99);
    expect((await dimensionOf({ using: 'other' })).body.result.lid.mean).toBeLessThan(1.5);
  });

  it('needs points, that differ, and a vector of that name', async () => {
    expect((await dimensionOf()).status).toBe(400);
    await upsert(Array.from({ length: 30 }, (_, id) => ({ id, vector: { '': [1, 2, 3, 4, 5, 6, 7, 8] } })));
    const equal = await dimensionOf();
    expect(equal.status).toBe(400);
    expect(equal.body.status.error).toContain('All vectors that were drawn are equal');
    expect((await dimensionOf({ using: 'other' })).body.status.error).toContain('dense vector "other"');
    expect((await dimensionOf({ using: 'nothing' })).status).toBe(400);
    expect((await ask('POST', '/collections/none/points/local-dimension', {})).status).toBe(404);
  });
});
