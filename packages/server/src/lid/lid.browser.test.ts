/** The studio's page of episodes, in a real browser, on a server that listens. */
import type { Store } from '@fletch/search';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningServer, serve } from '../serve.js';
import { executablePath, launch, openPage, studioFolder, why } from '../testing/browser.case.js';
import { openTestStore } from '../testing/setup.case.js';

describe.skipIf(executablePath === undefined)(`episodes in a browser${why}`, () => {
  let store: Store;
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    store = await openTestStore();
    server = await serve({ store, studio: studioFolder(), port: 0 });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await store?.close();
  });
  beforeEach(async () => {
    ({ page, problems } = await openPage(browser, [server.url]));
  });
  afterEach(async () => {
    await page.close();
    expect(problems).toEqual([]);
  });

  const moment = () => page.getByRole('status').textContent();
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

  it('are watched step by step', async () => {
    await page.goto(`${server.url}/dashboard/#!/episode?split=scene&seed=4`);
    await page.getByRole('heading', { name: 'Episodes', exact: true }).waitFor();
    await expect.poll(moment).toMatch(/^Step 0 of \d+/);
    const last = Number(/of (\d+)/.exec((await moment())!)![1]);
    expect(await page.getByRole('button', { name: 'Back', exact: true }).isDisabled()).toBe(true);
    const plan = page.getByRole('img', { name: /^The apartment/ });
    const agent = () => plan.locator('.agent').getAttribute('transform');
    const before = await agent();
    await press('Forward');
    await expect.poll(moment).toMatch(/^Step 1 of \d+: walk /);
    expect(await agent()).not.toBe(before);
    expect(new URL(page.url()).hash).toContain('step=1');
    await page.reload();
    await expect.poll(moment).toMatch(/^Step 1 of/);
    await press('End');
    await expect.poll(moment).toContain(`Step ${last} of ${last}`);
    expect(await page.locator('.goal .holds').count()).toBe(await page.locator('.goal li').count());
    await press('Start');
    await expect.poll(moment).toMatch(/^Step 0 of/);
    expect(await page.locator('.goal .holds').count()).toBeLessThan(await page.locator('.goal li').count());
  });

  it('of other goals and players', async () => {
    await page.goto(`${server.url}/dashboard/#!/episode`);
    await expect.poll(moment).toMatch(/^Step 0/);
    const goal = () => page.locator('.goal').textContent();
    const first = await goal();
    await press('Another episode');
    await expect.poll(goal).not.toBe(first);
    await page.getByLabel('Player').selectOption('random');
    await expect.poll(() => new URL(page.url()).hash).toContain('policy=random');
    await expect.poll(moment).toMatch(/^Step 0 of \d+/);
    await page.getByLabel('Goals').selectOption('task');
    await expect.poll(() => new URL(page.url()).hash).toContain('split=task');
  });
});
