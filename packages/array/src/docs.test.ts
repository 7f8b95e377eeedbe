import { expect, it } from 'vitest';
import { operationPage } from './testing/operation-page.js';

// The examples of docs/arrays.md are run by scripts/pages.test.ts.
it('the page of operations is that of the table', async () => {
  await expect(operationPage()).toMatchFileSnapshot('../../../docs/operations.md');
});
