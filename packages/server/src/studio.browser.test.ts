/** The studio in a real browser, on a server that listens. */
import type { Store } from '@fletch/search';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEncoders } from './encoders.js';
import { type RunningServer, serve } from './serve.js';
import { executablePath, launch, openPage, studioFolder, why } from './testing/browser.case.js';
import { collectionConfig, dictionary, wordCounter } from './testing/dictionary.js';
import { openTestStore } from './testing/setup.case.js';

describe.skipIf(executablePath === undefined)(`the studio in a browser${why}`, () => {
  let stores: Store[];
  let server: RunningServer;
  let empty: RunningServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    const studio = studioFolder();
    stores = [await openTestStore(), await openTestStore()];
    const words = await stores[0]!.createCollection('words', collectionConfig);
    await words.createPayloadIndex('pos', 'keyword');
    await words.createPayloadIndex('lexname', 'keyword');
    await words.createPayloadIndex('words', 'keyword');
    await words.createPayloadIndex('length', 'integer');
    await words.upsert(dictionary());
    await words.settled();
    const start = (store: Store) =>
      serve({ store, studio, port: 0, encoders: createEncoders({ create: wordCounter, allow: ['words'] }) });
    server = await start(stores[0]!);
    empty = await start(stores[1]!);
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await empty?.close();
    for (const store of stores ?? []) await store.close();
  });

  beforeEach(async () => {
    ({ page, problems } = await openPage(browser, [server.url, empty.url]));
  });

  afterEach(async () => {
    await page.close();
    expect(problems).toEqual([]);
  });

  const titles = () => page.locator('.hit-title').allTextContents();
  const visit = (hash = '') => page.goto(`${server.url}/dashboard/${hash}`);
  const search = () => page.getByRole('searchbox');

  /** Types a question and waits for its first hit. */
  async function ask(text: string, first: string): Promise<void> {
    await search().pressSequentially(text);
    await page.locator('.hit-text').first().filter({ hasText: first }).waitFor();
  }

  it('answers while typing, draws the map and tells the time', async () => {
    await visit();
    await page.getByRole('button', { name: /words\s*129/ }).waitFor();
    await ask('a feeling of deep sadness', 'a feeling of deep sadness');
    expect(await titles()).toHaveLength(20);
    expect(await page.getByRole('status').textContent()).toMatch(/^20 hits in [\d.]+ ms$/);
    await page.locator('.map-drawing circle').nth(99).waitFor();
    expect(await page.locator('.sparkline path').getAttribute('d')).toMatch(/^M/);
    expect(new URL(page.url()).hash).toBe('#/words?q=a+feeling+of+deep+sadness');
    expect(await page.title()).toBe('a feeling of deep sadness · words · Fletch');
  });

  it('filters by values and ranges, counts what passes, and takes filters off', async () => {
    await visit('#/words?q=sadness');
    await page.getByRole('button', { name: 'verb 64', exact: true }).click();
    await page.getByText('among the 64 of 129 points that pass').waitFor();
    await expect.poll(() => page.locator('.tags li:first-child').allTextContents()).not.toContain('noun');
    await page.getByLabel('length at least').fill('30');
    await page.getByLabel('length at least').press('Tab');
    await page.getByRole('button', { name: 'Remove the filter length ≥ 30' }).waitFor();
    await expect.poll(() => page.getByRole('status').textContent()).not.toContain('64 of 129');
    await page.getByRole('button', { name: 'Remove the filter pos: verb' }).click();
    await page.getByRole('button', { name: 'clear all' }).click();
    await expect.poll(() => page.getByRole('status').textContent()).toMatch(/^20 hits in [\d.]+ ms$/);
    // Names are no choices: the field `words` is indexed, but no filter.
    expect(await page.locator('.facet legend').allTextContents()).toEqual(['pos', 'lexname', 'length']);
  });

  it('walks to neighbours, and back by breadcrumb and button', async () => {
    await visit('#/words?q=great+joy');
    await page.locator('.hit-text').first().waitFor();
    const before = await titles();
    await page.locator('.hit').nth(1).hover();
    await page.getByRole('button', { name: `Neighbours of ${before[1]}`, exact: true }).click();
    await page.getByText(`near ${before[1]}`).waitFor();
    await expect.poll(titles).not.toContain(before[1]);
    await page.getByRole('button', { name: '“great joy”' }).click();
    await expect.poll(titles).toEqual(before);
    await page.goBack();
    await page.getByText(`near ${before[1]}`).waitFor();
    await page.reload();
    await page.getByText(`near ${before[1]}`).waitFor();
  });

  it('compares with the exact search', async () => {
    await visit('#/words?q=a+sharp+tool');
    await page.getByRole('button', { name: 'Compare with exact search' }).click();
    await page.getByText('100 % of the true top 20 found').waitFor();
    expect(await page.locator('.versus').count()).toBe(2);
  });

  it('works without a mouse', async () => {
    await visit('#/words?q=sadness');
    await page.locator('.hit-title').first().waitFor();
    await page.locator('.logo').click();
    await page.keyboard.press('/');
    expect(await search().evaluate((input) => input === document.activeElement)).toBe(true);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const second = page.locator('.hit-title').nth(1);
    expect(await second.evaluate((button) => button === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    expect(await second.getAttribute('aria-expanded')).toBe('true');
    expect(await page.locator('.payload').textContent()).toContain('"gloss"');
    await page.keyboard.press('n');
    await page.getByRole('navigation', { name: 'Breadcrumb' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: 'Examples' }).waitFor();
    await page.locator('.logo').click();
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
  });

  it('turns dark and stays so', async () => {
    await visit();
    const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await paper();
    await page.getByRole('button', { name: 'Switch to dark' }).click();
    await expect.poll(paper).not.toBe(light);
    const dark = await paper();
    await page.reload();
    await page.getByRole('button', { name: 'Switch to light' }).waitFor();
    expect(await paper()).toBe(dark);
  });

  it('shows markup in payloads as text', async () => {
    await visit('#/words?q=markup+bold');
    await page.locator('.hit-text', { hasText: '<b>bold</b>' }).first().waitFor();
    expect(await page.locator('.hit img, .hit b').count()).toBe(0);
    expect(await page.title()).toContain('markup bold');
  });

  it('tells the server’s own message', async () => {
    await visit('#/words?q=joy&near=999999');
    await page.getByRole('alert').filter({ hasText: '999999' }).waitFor();
    // The browser notes every answer that is an error.
    problems = problems.filter((problem) => !/status of 4\d\d/.test(problem));
  });

  it('says that the server is gone, and goes on when it is back', async () => {
    await visit('#/words?q=joy');
    await page.locator('.hit-title').first().waitFor();
    await page.context().setOffline(true);
    await search().fill('fear');
    await page.getByRole('alert').filter({ hasText: 'The server does not answer' }).waitFor();
    await page.context().setOffline(false);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await page.locator('.hit-text').first().filter({ hasText: 'fear' }).waitFor();
    problems = problems.filter((problem) => !problem.includes('ERR_INTERNET_DISCONNECTED'));
  });

  it('fits a narrow screen', async () => {
    await page.setViewportSize({ width: 380, height: 760 });
    await visit('#/words?q=a+feeling+of+deep+sadness');
    await page.locator('.map-drawing circle').first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(380);
    await page.getByText('Filters').click();
    await page.getByRole('button', { name: 'noun 65', exact: true }).waitFor();
  });

  it('tells a newcomer how to index files', async () => {
    await page.goto(`${empty.url}/dashboard/`);
    await page.getByText('npm run -s fletch -- index').first().waitFor();
  });
});
