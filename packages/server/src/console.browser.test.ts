/** The pages of the studio beside the search, in a real browser, on a server that listens. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runExperiment } from '@fletch/lab';
import { zooEntry } from '@fletch/models';
import { plantModel } from '@fletch/models/testing';
import type { Store } from '@fletch/search';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEncoders } from './encoders.js';
import { LabRuns } from './lab/runs.js';
import { type RunningServer, serve } from './serve.js';
import { executablePath, launch, openPage, studioFolder, why } from './testing/browser.case.js';
import { collectionConfig, dictionary, wordCounter } from './testing/dictionary.js';
import { openTestStore } from './testing/setup.case.js';
import { ZooRuns } from './zoo/runs.js';

const KEY = 'a key';

describe.skipIf(executablePath === undefined)(`the console in a browser${why}`, () => {
  let store: Store;
  let server: RunningServer;
  let locked: RunningServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];
  /** What a run of the laboratory waits for before it ends. */
  let release: () => void;

  /** Real smoke runs, whatever is asked for, that end when the test says so. */
  const runs = () =>
    new LabRuns(async ({ id }, { signal, onProgress } = {}) => {
      const gate = new Promise<void>((resolve, reject) => {
        release = resolve;
        signal?.addEventListener('abort', () => reject(new Error('The run was stopped.')));
      });
      onProgress?.({ done: 1, total: 4, stage: 'training' });
      await gate;
      return runExperiment(id, { profile: 'smoke' });
    });

  let cache: string;
  /** Trainings that end when the test says so. */
  const trainings = () =>
    new ZooRuns(async ({ id }, { signal, onProgress } = {}) => {
      const gate = new Promise<void>((resolve, reject) => {
        release = resolve;
        signal?.addEventListener('abort', () => reject(new Error('The training was stopped.')));
      });
      onProgress?.({ done: 1, total: 4, stage: `training ${id}`, figures: { loss: 2.345 } });
      await gate;
      return plantModel(id);
    });

  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), 'fletch-zoo-browser-'));
    vi.stubEnv('FLETCH_CACHE', cache);
    await plantModel('dit-nano-mnist', [{ kind: 'image', label: '7', file: 'sample-7.png' }]);
    await plantModel('gpt-nano-text', [{ kind: 'text', prompt: 'arrow: ', text: 'a thin thing that flies' }]);
    const studio = studioFolder();
    store = await openTestStore();
    const words = await store.createCollection('words', collectionConfig);
    await words.createPayloadIndex('pos', 'keyword');
    await words.upsert(dictionary());
    await words.settled();
    const encoders = () => createEncoders({ create: wordCounter, allow: ['words'] });
    server = await serve({
      store,
      studio,
      port: 0,
      encoders: encoders(),
      labRuns: runs(),
      zooRuns: trainings(),
    });
    locked = await serve({
      store,
      studio,
      port: 0,
      encoders: encoders(),
      labRuns: runs(),
      zooRuns: trainings(),
      apiKey: KEY,
    });
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await locked?.close();
    vi.unstubAllEnvs();
    await rm(cache, { recursive: true });
  });

  beforeEach(async () => {
    ({ page, problems } = await openPage(browser, [server.url, locked.url]));
  });

  afterEach(async () => {
    await page.close();
    expect(problems).toEqual([]);
  });

  const visit = (hash = '', origin = server.url) => page.goto(`${origin}/dashboard/${hash}`);
  const json = (label: string | RegExp) => page.getByLabel(label);
  /** The browser notes every answer that is an error. */
  const forgive = (status: RegExp) => {
    problems = problems.filter((problem) => !status.test(problem));
  };

  it('makes a collection, indexes a field with parameters, and deletes both', async () => {
    await visit('#!/manage');
    await page.getByRole('link', { name: 'New collection' }).click();
    await page.getByLabel('Name', { exact: true }).fill('made <b>here</b>');
    await page.getByLabel('Size').fill('4');
    await page.getByLabel('M', { exact: true }).fill('8');
    await page.getByRole('button', { name: 'Add a vector' }).click();
    expect(await page.getByRole('button', { name: 'Create the collection' }).isDisabled()).toBe(true);
    await page.getByLabel('Vector name').first().fill('dense');
    await page.getByLabel('Kind', { exact: true }).nth(1).selectOption('sparse');
    await page.getByLabel('Vector name').nth(1).fill('terms');
    expect(JSON.parse(await json(/^Request/).inputValue())).toEqual({
      vectors: { dense: { size: 4, distance: 'Cosine' } },
      sparse_vectors: { terms: {} },
      hnsw_config: { m: 8 },
    });
    await page.getByRole('button', { name: 'Create the collection' }).click();
    // Such a name is refused by the server, and what was typed stays.
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('Size').inputValue()).toBe('4');
    await page.getByLabel('Name', { exact: true }).fill('made');
    await page.getByRole('button', { name: 'Create the collection' }).click();
    await page.getByRole('heading', { level: 1, name: 'made' }).waitFor();
    expect(store.collection('made').info().config).toMatchObject({
      params: { vectors: { dense: { size: 4 } }, sparse_vectors: { terms: {} } },
    });

    const form = page.getByRole('form', { name: 'New index' });
    await form.getByLabel('Field', { exact: true }).fill('year');
    await form.getByLabel('Type').selectOption('integer');
    await form.getByLabel('range').uncheck();
    await form.getByRole('button', { name: 'Create the index' }).click();
    await page.getByText('“year” is indexed.').waitFor();
    expect(store.collection('made').info().payload_schema.year?.data_type).toBe('integer');
    await page.getByRole('button', { name: 'Delete the index of year' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Delete the index of year' }).press('Enter');
    await page.keyboard.press('Enter');
    await page.getByText('The index of “year” is gone.').waitFor();
    expect(store.collection('made').info().payload_schema).toEqual({});

    const end = page.getByRole('button', { name: 'Delete for good' });
    await page.getByLabel(/^Type “/).fill('mad');
    expect(await end.isDisabled()).toBe(true);
    await page.getByLabel(/^Type “/).fill('made');
    await end.click();
    await page.getByText('“made” is deleted.').waitFor();
    expect(store.collections()).toEqual(['words']);
    forgive(/status of 4\d\d/);
  });

  it('builds a query, shows its JSON, sends it, and takes JSON by hand', async () => {
    await visit('#!/query/words');
    await page.getByLabel('Text', { exact: true }).fill('a feeling of deep sadness');
    await page.getByRole('button', { name: 'Add a condition' }).click();
    await page.getByLabel('Field', { exact: true }).selectOption('lexname');
    await page.getByLabel('Test').selectOption('any');
    await page.getByLabel('Values').fill('noun.feeling, verb.emotion');
    await page.getByLabel('Limit').fill('5');
    expect(JSON.parse(await json(/^Request/).inputValue())).toEqual({
      query: { text: 'a feeling of deep sadness' },
      filter: { must: [{ key: 'lexname', match: { any: ['noun.feeling', 'verb.emotion'] } }] },
      limit: 5,
      with_payload: true,
    });
    await page.getByRole('button', { name: 'Run the query' }).click();
    await page.getByText(/^5 hits in/).waitFor();
    await page.locator('.answer summary').first().click();
    expect(await page.locator('.answer .payload').first().textContent()).toContain('deep sadness');

    await json(/^Request/).fill('{\n  "limit": 3,,\n}');
    await page.getByText('Line 2, column 14: expected a name in double quotes, found `,`').waitFor();
    expect(await page.getByRole('button', { name: 'Run the query' }).isDisabled()).toBe(true);
    await json(/^Request/).fill(
      '{"query": {"recommend": {"positive": [1]}}, "limit": 3, "with_payload": true}',
    );
    await json(/^Request/).press('Control+Enter');
    await page.getByText(/^3 hits in/).waitFor();
    await page.reload();
    await page.getByText('The JSON was changed by hand').waitFor();
    await json(/^Request/).fill('{"limit": 0}');
    await page.getByRole('button', { name: 'Run the query' }).click();
    await page.getByRole('alert').filter({ hasText: 'limit' }).waitFor();
    forgive(/status of 4\d\d/);
  });

  it('fuses searches', async () => {
    await visit('#!/query/words');
    await page.getByLabel('Kind', { exact: true }).selectOption('hybrid');
    await page.getByLabel('Text', { exact: true }).first().fill('great joy');
    await page.getByLabel('Near to').nth(1).selectOption('id');
    await page.getByLabel('Id of the point').fill('1');
    expect(JSON.parse(await json(/^Request/).inputValue())).toMatchObject({
      prefetch: [{ query: { text: 'great joy' } }, { query: 1 }],
      query: { fusion: 'rrf' },
    });
    await page.getByRole('button', { name: 'Run the query' }).click();
    await page.getByText(/^10 hits in/).waitFor();
  });

  it('browses points, filters them, changes one, and walks to its neighbours', async () => {
    await visit('#!/points/words');
    await page.getByText('129 points, in order of their ids').waitFor();
    const ids = () => page.locator('.point-id').allTextContents();
    await expect.poll(async () => (await ids())[0]).toBe('1');
    await page.getByRole('button', { name: 'Next' }).click();
    await expect.poll(async () => (await ids())[0]).toBe('21');
    await page.goBack();
    await expect.poll(async () => (await ids())[0]).toBe('1');
    await page.getByLabel('From id').fill('129');
    await page.getByRole('button', { name: 'Go', exact: true }).click();
    await expect.poll(ids).toEqual(['129']);
    // The point that tries to be more than text.
    expect(await page.locator('main img, main b').count()).toBe(0);
    await page.getByRole('button', { name: 'First page' }).click();

    await page.getByRole('button', { name: 'Add a condition' }).click();
    await page.getByLabel('Value', { exact: true }).fill('verb');
    await page.getByText('64 of 129 points pass').waitFor();
    await page.locator('.point').nth(1).click();
    await page.getByRole('heading', { name: 'Point 66' }).waitFor();
    await page.getByText('Vector, 256 components').waitFor();
    const payload = JSON.parse(await json('Payload').inputValue());
    await json('Payload').fill(JSON.stringify({ ...payload, note: '<i>mine</i>' }));
    await page.getByRole('button', { name: 'Save the payload' }).click();
    await page.getByText('The payload is saved.').waitFor();
    const [stored] = store.collection('words').retrieve([66], { with_payload: true });
    expect(stored!.payload).toEqual({ ...payload, note: '<i>mine</i>' });

    await json('Payload').fill('{"note": "lost?"}');
    await store.collection('words').setPayload({ note: 'theirs' }, { points: [66] });
    await page.getByRole('button', { name: 'Save the payload' }).click();
    await page.getByRole('alert').filter({ hasText: 'changed by someone else' }).waitFor();
    await page.getByRole('button', { name: 'Show what is there' }).click();
    await expect.poll(() => json('Payload').inputValue()).toContain('theirs');
    await page.getByRole('button', { name: 'Records like this one' }).click();
    const alike = page.getByRole('region', { name: 'Records like this one' });
    await alike.getByText('of 129 records').waitFor();
    expect(await alike.getByRole('listitem').count()).toBe(8);
    await page.getByRole('button', { name: 'Points like this one' }).click();
    await page.getByRole('navigation', { name: 'Breadcrumb' }).getByText('near entry66').waitFor();
    await page.locator('.hit-title').first().waitFor();
  });

  it('deletes a point', async () => {
    const extra = { id: 1000, vector: dictionary()[0]!.vector, payload: { words: ['extra'] } };
    await store.collection('words').upsert([extra]);
    await visit('#!/points/words/1000');
    await page.getByRole('button', { name: 'Delete point 1000' }).click();
    await page.getByRole('button', { name: 'Really delete point 1000' }).click();
    await page.getByRole('heading', { name: 'Point 1000' }).waitFor({ state: 'detached' });
    expect(store.collection('words').retrieve([1000])).toEqual([]);
  });

  it('shows the metrics that there are', async () => {
    let asked = 0;
    await page.route('**/telemetry*', (route) =>
      route.fulfill({ status: 404, json: { status: { error: 'no' } } }),
    );
    await page.route('**/metrics', (route) =>
      route.fulfill({
        contentType: 'text/plain',
        body: `rest_responses_total{method="GET",endpoint="/x",status="200"} ${++asked * 10}\nmemory_resident_bytes 2e8\n`,
      }),
    );
    await visit('#!/metrics');
    const figure = (name: string) => page.getByRole('region', { name, exact: true }).locator('.chart-figure');
    await expect.poll(() => figure('Memory').textContent()).toBe('200 MB');
    await expect
      .poll(() => figure('Requests a second').textContent(), { timeout: 10_000 })
      .toMatch(/^\d\.\d$/);
    expect(await figure('Median time').textContent()).toBe('—');
    expect(await figure('Points').textContent()).toBe('129');
    forgive(/status of 404/);
  });

  it('does without metrics, aliases and snapshots where a server has none', async () => {
    for (const path of ['**/metrics', '**/telemetry*', '**/aliases', '**/snapshots'])
      await page.route(path, (route) => route.fulfill({ status: 404, json: { status: { error: 'no' } } }));
    await visit('#!/metrics');
    await page.getByText('This server offers no metrics.').waitFor();
    await page.getByRole('link', { name: 'Collections' }).click();
    await page.getByText('This server offers no aliases.').waitFor();
    await page.getByText('This server offers no snapshots.').waitFor();
    expect(await page.getByRole('button', { name: 'Make a snapshot' }).count()).toBe(0);
    forgive(/status of 404/);
  });

  it('lists the laboratory’s systems and runs one with progress', async () => {
    await visit('#!/lab');
    await page.getByText('51 published systems').waitFor();
    expect(await page.locator('.card').count()).toBe(51);
    await page.getByLabel('Find').fill('one gradient step');
    const card = page.locator('.card', { hasText: 'Linear self-attention is one gradient step' });
    await card.getByText('reproduced', { exact: true }).waitFor();
    const plot = card.getByRole('img', { name: /^Plot/ });
    await expect
      .poll(() => plot.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBeGreaterThan(0);
    await card.getByRole('button', { name: /^Run the quick profile/ }).click();
    const bar = page.getByRole('progressbar');
    await expect.poll(() => bar.getAttribute('aria-valuenow')).toBe('25');
    await page.getByText('training, 25 %').waitFor();
    // A reload finds the run again.
    await page.reload();
    await expect.poll(() => bar.getAttribute('aria-valuenow')).toBe('25');
    release();
    await page.getByText(/(All|Not all) claims hold, after/).waitFor({ timeout: 20_000 });
    expect(await page.locator('.run .claims > li').count()).toBeGreaterThan(0);
    await card.getByRole('link').click();
    await page.getByRole('heading', { name: 'Figures' }).waitFor();
  });

  it('shows the zoo’s models and trains one with progress', async () => {
    await visit('#!/zoo');
    const card = (name: string) => page.locator('.card', { hasText: name });
    await card('gpt-nano-text').getByText('a thin thing that flies').waitFor();
    await card('gpt-nano-text').getByText('perplexity: 2.5 (a guess 4)').waitFor();
    await card('gpt-nano-text')
      .getByRole('img', { name: /^Loss from/ })
      .waitFor();
    const drawn = card('dit-nano-mnist').getByRole('img', { name: 'Made when asked for 7' });
    await expect
      .poll(() => drawn.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBeGreaterThan(0);
    await card('cnn-mnist').getByText('not trained yet').waitFor();
    await page.getByRole('button', { name: 'Train it: cnn-mnist' }).click();
    const bar = page.getByRole('progressbar');
    await expect.poll(() => bar.getAttribute('aria-valuenow')).toBe('25');
    await page.getByText('training cnn-mnist, 25 %, loss 2.35').waitFor();
    expect(await page.getByRole('button', { name: 'Train it: vit-nano-fashion' }).isDisabled()).toBe(true);
    // A reload, and whoever else comes, finds the training again.
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    await expect.poll(() => bar.getAttribute('aria-valuenow')).toBe('25');
    release();
    await page.getByText(/^Trained in/).waitFor();
    await card('cnn-mnist').getByText('trained', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'A convolutional network that reads digits' }).click();
    await page.getByRole('heading', { name: 'Held-out quality' }).waitFor();
    await page.getByText('3 held-out lines').waitFor();
    await page.getByText((await zooEntry('cnn-mnist')).hash, { exact: true }).waitFor();
    await visit('#!/zoo/nothing');
    await page.getByText('There is no recipe called “nothing”.').waitFor();
  });

  it('works with a key, also where links and images cannot carry one', async () => {
    await visit('#!/lab/lsa-one-step-gd', locked.url);
    await page.getByLabel('API key').fill(KEY);
    await page.getByRole('button', { name: 'Enter' }).click();
    const plot = page.getByRole('img', { name: /^Plot/ });
    await expect.poll(() => plot.getAttribute('src')).toMatch(/^blob:/);
    await expect
      .poll(() => plot.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBeGreaterThan(0);
    await page.getByRole('button', { name: /^Run the quick profile/ }).click();
    await page.getByText('training, 25 %').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('The run was stopped.').waitFor();
    forgive(/status of 401/);
  });

  it('keeps what was typed while the server is gone', async () => {
    await visit('#!/query/words');
    await page.getByLabel('Text', { exact: true }).fill('joy');
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'Run the query' }).click();
    await page.getByRole('alert').filter({ hasText: 'The server does not answer' }).waitFor();
    expect(await page.getByLabel('Text', { exact: true }).inputValue()).toBe('joy');
    await page.context().setOffline(false);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Run the query' }).click();
    await page.getByText(/^10 hits in/).waitFor();
    forgive(/ERR_INTERNET_DISCONNECTED/);
  });

  it('goes everywhere by keyboard, and fits a narrow screen', async () => {
    await page.setViewportSize({ width: 380, height: 760 });
    await visit('#!/manage');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
    for (const [link, heading] of [
      ['Query', 'Query “words”'],
      ['Points', 'Points of “words”'],
      ['Metrics', 'Metrics'],
      ['Laboratory', 'Laboratory'],
      ['Zoo', 'Zoo'],
      ['Collections', 'Collections'],
    ] as const) {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: link }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(380);
    }
    forgive(/status of 404/);
  });
});
