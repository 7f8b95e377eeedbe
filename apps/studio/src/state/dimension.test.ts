import { expect, it, vi } from 'vitest';
import { openDesk } from './desk.case.js';
import { createDimension } from './dimension.js';
import { fakeClient } from './fake.case.js';

const found = {
  sampled: 40,
  lid: { mean: 3, p10: 2, p90: 4, histogram: { low: 1, high: 5, counts: [1, 2] } },
  recall: [{ ef: 16, recall: 0.9 }],
};

it('is measured when asked for, and forgotten with its collection', async () => {
  const { desk } = await openDesk('#!/manage/words', fakeClient());
  const asked: unknown[] = [];
  const dimension = createDimension(
    {
      localDimension: async (...args) => {
        asked.push(args.slice(0, 2));
        return found;
      },
    },
    desk,
  );
  expect(dimension.found.value.value).toBeNull();
  await dimension.measure('');
  expect(asked).toEqual([['words', '']]);
  expect(dimension.found.value.value).toEqual(found);
  desk.router.go({ ...desk.router.route.value, collection: 'others' });
  await vi.waitFor(() => expect(dimension.found.value.value).toBeNull());
});
