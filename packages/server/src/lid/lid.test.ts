import { describe, expect, test } from 'vitest';
import { testApp } from '../testing/setup.case.js';

describe('episodes of the household', () => {
  test('are told moment by moment, the same each time', async () => {
    const { ask } = await testApp();
    const { status, body } = await ask('GET', '/lid/episode?split=scene&seed=4');
    expect(status).toBe(200);
    const { goal, frames, pieces, rooms, success } = body.result;
    expect(success).toBe(true);
    expect([rooms.length, pieces.length]).toEqual([4, 17]);
    expect(frames[0].text).toBe(goal);
    expect(frames.at(-1).goal.every(({ holds }: { holds: boolean }) => holds)).toBe(true);
    expect((await ask('GET', '/lid/episode?split=scene&seed=4')).body).toEqual(body);
  });

  test('of the expert in distribution when nothing is said; a random agent wanders', async () => {
    const { ask } = await testApp();
    expect((await ask('GET', '/lid/episode')).body.result.success).toBe(true);
    const { frames } = (await ask('GET', '/lid/episode?policy=random&observability=partial')).body.result;
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.length).toBeLessThanOrEqual(41);
  });

  test.each([
    ['split=old', /split/],
    ['seed=-1', /seed/],
    ['seed=half', /seed/],
    ['policy=magic', /policy/],
    ['observability=none', /observability/],
  ])('400 for %s', async (query, message) => {
    const { ask } = await testApp();
    const { status, body } = await ask('GET', `/lid/episode?${query}`);
    expect(status).toBe(400);
    expect(body.status.error).toMatch(message);
  });
});
