/** Settings, aliases, snapshots, metrics and keys in the studio, in a real browser, on a server that listens. */
import { readFile } from 'node:fs/promises';
import type { Store } from '@fletch/search';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEncoders } from './encoders.js';
import { type RunningServer, serve } from './serve.js';
import { executablePath, launch, openPage, studioFolder, why } from './testing/browser.case.js';
import { collectionConfig, dictionary, wordCounter } from './testing/dictionary.js';
import { openTestStore } from './testing/setup.case.js';

const KEYS = { apiKey: 'may do all', readOnlyApiKey: 'may read' };

describe.skipIf(executablePath === undefined)(`administration in a browser${why}`, () => {
  let store: Store;
  let server: RunningServer;
  let locked: RunningServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    const studio = studioFolder();
    store = await openTestStore();
    const words = await store.createCollection('words', collectionConfig);
    await words.upsert(dictionary());
    await words.settled();
    const encoders = () => createEncoders({ create: wordCounter, allow: ['words'] });
    server = await serve({ store, studio, port: 0, encoders: encoders() });
    locked = await serve({ store, studio, port: 0, encoders: encoders(), ...KEYS });
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await locked?.close();
  });

  beforeEach(async () => {
    ({ page, problems } = await openPage(browser, [server.url, locked.url]));
  });

  afterEach(async () => {
    await page.close();
    expect(problems).toEqual([]);
  });

  const visit = (hash: string, origin = server.url) => page.goto(`${origin}/dashboard/${hash}`);
  const section = (name: string) => page.getByRole('region', { name, exact: true });
  /** Answers that are errors are noted by the browser. */
  const forgive = (status: RegExp) => {
    problems = problems.filter((problem) => !status.test(problem));
  };

  async function unlock(key: string): Promise<void> {
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Enter' }).click();
    forgive(/status of 401/);
  }

  it('changes settings, in the form and by hand', async () => {
    await visit('#!/manage/words');
    await page.getByLabel('M', { exact: true }).fill('24');
    const json = page.getByLabel(/^Change to be sent/);
    expect(JSON.parse(await json.inputValue())).toEqual({ hnsw_config: { m: 24 } });
    await page.getByRole('button', { name: 'Save the changes' }).click();
    await page.getByText('Saved.').waitFor();
    const { config } = store.collection('words').info();
    expect(config.hnsw_config.m).toBe(24);
    await json.fill(
      '{"metadata": {"owner": "me"}, "strict_mode_config": {"enabled": true, "max_query_limit": 500}}',
    );
    await page.getByRole('button', { name: 'Save the changes' }).click();
    await expect.poll(() => store.collection('words').info().config.metadata?.owner).toBe('me');
    await expect.poll(() => json.inputValue()).toBe('{}');
    await page.getByText('Everything the server tells of it').click();
    expect(await page.locator('.payload').textContent()).toContain('"max_query_limit": 500');
  });

  it('adds, renames and deletes aliases', async () => {
    await visit('#!/manage/words');
    await page.getByLabel('Alias', { exact: true }).fill('dictionary');
    await page.getByRole('button', { name: 'Add the alias' }).click();
    await page.getByRole('button', { name: 'Rename the alias dictionary' }).click();
    await page.getByLabel('New name of dictionary').fill('lexicon');
    await page.keyboard.press('Enter');
    await page.getByText('“dictionary” is now called “lexicon”.').waitFor();
    expect(store.aliases()).toEqual([{ alias_name: 'lexicon', collection_name: 'words' }]);
    await visit('#!/manage');
    await section('Aliases').getByText('lexicon → words').waitFor();
    await visit('#!/manage/words');
    await page.getByRole('button', { name: 'Delete the alias lexicon' }).click();
    await page.getByRole('button', { name: 'Really delete the alias lexicon' }).click();
    await page.getByText('The alias “lexicon” is gone.').waitFor();
    expect(store.aliases()).toEqual([]);
  });

  it('makes, downloads and deletes snapshots, and recovers a collection from one', async () => {
    await visit('#!/manage/words');
    await page.getByRole('button', { name: 'Make a snapshot' }).click();
    await page.getByText('The snapshot is made.').waitFor();
    const [{ name, size } = { name: '', size: 0 }] = await store.collection('words').listSnapshots();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: `Download ${name}` }).click(),
    ]);
    const file = await readFile((await download.path())!);
    expect(file.length).toBe(size);

    await visit('#!/manage');
    await page.getByText('Recover a collection from a snapshot').click();
    await page.getByLabel('Collection', { exact: true }).fill('copied');
    await page
      .getByLabel('File')
      .setInputFiles({ name: 'torn.snapshot', mimeType: '', buffer: file.subarray(0, 600) });
    await page.getByRole('button', { name: 'Recover', exact: true }).click();
    await section('Snapshots of the whole store').getByRole('alert').waitFor();
    expect(store.hasCollection('copied')).toBe(false);
    await page.getByLabel('File').setInputFiles({ name: 'whole.snapshot', mimeType: '', buffer: file });
    await page.getByRole('button', { name: 'Recover', exact: true }).click();
    await page.getByText('“copied” is recovered from whole.snapshot.').waitFor();
    await page.getByRole('button', { name: /copied\s*129/ }).waitFor();
    expect(store.collection('copied').info().points_count).toBe(129);

    await visit('#!/manage/words');
    await page.getByRole('button', { name: `Delete the snapshot ${name}` }).click();
    await page.getByRole('button', { name: `Really delete the snapshot ${name}` }).click();
    await section('Snapshots').getByText('None yet.').waitFor();
    expect(await store.collection('words').listSnapshots()).toEqual([]);
    forgive(/status of 4\d\d/);
  });

  it('downloads with a key', async () => {
    const { name, size } = await store.createSnapshot();
    await visit('#!/manage', locked.url);
    await unlock(KEYS.apiKey);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: `Download ${name}` }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(name);
    expect((await readFile((await download.path())!)).length).toBe(size);
    forgive(/status of 401/);
  });

  it('says what a read-only key may not do, and goes on', async () => {
    await visit('#!/points/words/1', locked.url);
    await unlock(KEYS.readOnlyApiKey);
    await page.getByRole('button', { name: 'Delete point 1' }).click();
    await page.getByRole('button', { name: 'Really delete point 1' }).click();
    await page.getByRole('alert').filter({ hasText: 'Forbidden' }).waitFor();
    await page.getByRole('heading', { name: 'Point 1' }).waitFor();
    expect(store.collection('words').info().points_count).toBe(129);
    forgive(/status of 40[13]/);
  });

  it('shows how the server fares', async () => {
    await visit('#!/metrics');
    const figure = (name: string) => section(name).locator('.chart-figure');
    await expect.poll(() => figure('Memory').textContent()).toMatch(/^[\d.]+ [MG]B$/);
    await expect.poll(() => figure('Points').textContent()).toMatch(/^\d+$/);
    const query = { limit: 1 };
    for (let i = 0; i < 20; i++)
      await page.request.post(`${server.url}/collections/words/points/query`, { data: query });
    const line = page.getByRole('row', { name: /points\/query/ });
    const time = expect.stringMatching(/ ms$/);
    await expect
      .poll(() => line.getByRole('cell').allTextContents(), { timeout: 10_000 })
      .toEqual(['20', '0', time, time]);
    await page.getByText(/^fletch .*, up for/).waitFor();
  });

  it('shows a page of a million points, not a million points', async () => {
    await page.route('**/collections/words', async (route) => {
      const answer = await route.fetch();
      const body = (await answer.json()) as { result: { points_count: number } };
      body.result.points_count = 1_000_000;
      await route.fulfill({ response: answer, json: body });
    });
    const asked: number[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/scroll')) asked.push(request.postDataJSON().limit);
    });
    await visit('#!/points/words');
    await page.getByText('1,000,000 points, in order of their ids').waitFor();
    await expect.poll(() => page.locator('.point').count()).toBe(20);
    expect(Math.max(...asked)).toBeLessThanOrEqual(64);
  });

  it('goes on in a stale tab after the server was restarted with other data', async () => {
    const studio = studioFolder();
    const first = await serve({ store, studio, port: 0 });
    const stale = await openPage(browser, [first.url]);
    await stale.page.goto(`${first.url}/dashboard/#!/points/words/1`);
    await stale.page.getByLabel('Payload').fill('{"unsaved": true}');
    await first.close();
    await stale.page.getByRole('alert').filter({ hasText: 'The server does not answer' }).waitFor();
    expect(await stale.page.getByLabel('Payload').inputValue()).toBe('{"unsaved": true}');
    const other = await openTestStore();
    await other.createCollection('elsewhere', { vectors: { size: 4, distance: 'Dot' } });
    const second = await serve({ store: other, studio, port: first.port });
    await stale.page.getByText('There is no collection “words”').waitFor();
    await stale.page
      .getByRole('main')
      .getByRole('button', { name: /elsewhere/ })
      .click();
    await stale.page.getByText('No points here.').waitFor();
    await stale.page.close();
    await second.close();
    expect(stale.problems.filter((problem) => !/ERR_|status of 404/.test(problem))).toEqual([]);
  });
});
