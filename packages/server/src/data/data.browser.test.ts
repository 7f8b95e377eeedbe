/** The studio's page of data sets, in a real browser, on a server that listens. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '@fletch/search';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RunningServer, serve } from '../serve.js';
import { executablePath, launch, openPage, studioFolder, why } from '../testing/browser.case.js';
import { openTestStore } from '../testing/setup.case.js';

/** Two pixels high, two wide: black, grey, white, black. */
const pixels = Buffer.from([0, 128, 255, 0]).toString('base64');
const views = {
  mnist: {
    figures: { train: 60_000 },
    sample: {
      kind: 'images',
      channels: 1,
      rows: 2,
      columns: 2,
      items: Array.from({ length: 12 }, (_, i) => ({ label: `digit ${i}`, pixels })),
    },
  },
  soup: {
    figures: { rows: 1847 },
    sample: {
      kind: 'table',
      columns: ['A', 'B', 'C', 'D', 'E'].map((name) => ({ name, type: 'number', missing: 0 })),
      rows: Array.from({ length: 5 }, (_, i) => [i + 0.5, 2, null, 4, 5]),
    },
  },
  wordnet: {
    figures: {},
    sample: {
      kind: 'texts',
      items: [{ label: 'a word', text: `<b>what</b> it means ${'and on '.repeat(60)}` }],
    },
  },
  'word-vectors': {
    figures: {},
    sample: { kind: 'vectors', dimension: 100, items: [{ label: 'joy', values: [0.25, -1] }] },
  },
};

describe.skipIf(executablePath === undefined)(`data sets in a browser${why}`, () => {
  let cache: string;
  let store: Store;
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    cache = mkdtempSync(join(tmpdir(), 'fletch-data-page-'));
    mkdirSync(join(cache, 'datasets'));
    for (const [name, view] of Object.entries(views))
      writeFileSync(join(cache, 'datasets', `${name}.view-1.json`), JSON.stringify(view));
    vi.stubEnv('FLETCH_CACHE', cache);
    store = await openTestStore();
    server = await serve({ store, studio: studioFolder(), port: 0 });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    vi.unstubAllEnvs();
    rmSync(cache, { recursive: true });
  });
  beforeEach(async () => {
    ({ page, problems } = await openPage(browser, [server.url]));
  });
  afterEach(async () => {
    await page.close();
    expect(problems).toEqual([]);
  });

  const card = (name: string) => page.locator('.card', { has: page.getByText(name, { exact: true }) });

  it('shows a card for each, with a few of those that are there', async () => {
    await page.goto(`${server.url}/dashboard/#!/data`);
    await page.getByRole('heading', { name: 'Data', exact: true }).waitFor();
    await page.getByText(/data sets; 4 here/).waitFor();
    const pictures = card('mnist').getByRole('img');
    await expect.poll(() => pictures.count()).toBe(10);
    const drawn = await pictures.first().evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, 2, 2);
      return [0, 1, 2, 3].map((i) => Array.from(data.slice(4 * i, 4 * i + 4)));
    });
    expect(drawn).toEqual([0, 128, 255, 0].map((grey) => [grey, grey, grey, 255]));
    expect(await card('soup').locator('th').count()).toBe(4);
    expect(await card('soup').locator('tbody tr').count()).toBe(3);
    expect(await card('fashion-mnist').getByText('not fetched').count()).toBe(1);
    expect(await card('movielens').getByText('your files').count()).toBe(1);
    // Markup in a text is text.
    expect(await card('wordnet').getByText('<b>what</b> it means').count()).toBe(1);
    // A long one is cut where the card ends.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
  });

  it('finds some of them, and opens one', async () => {
    await page.goto(`${server.url}/dashboard/#!/data`);
    await page.getByLabel('Find').fill('soup');
    await expect.poll(() => page.locator('.card').count()).toBe(1);
    await page.locator('.card').getByRole('link').click();
    await page.getByRole('heading', { name: 'A sample' }).waitFor();
    expect(await page.locator('table th').count()).toBe(5);
    await page.getByText("loadTable('soup')").waitFor();
    await page.goBack();
    await page.getByLabel('Data sets', { exact: true }).selectOption('ready');
    await expect.poll(() => page.locator('.card').count()).toBe(4);
  });

  it('says how to get what is not there', async () => {
    await page.goto(`${server.url}/dashboard/#!/data/iris`);
    await page.getByText('fletch data get iris').waitFor();
    await page.goto(`${server.url}/dashboard/#!/data/movielens`);
    await page.getByText('fletch data describe movielens --path <folder>').waitFor();
    await page.goto(`${server.url}/dashboard/#!/data/nothing`);
    await page.getByText('There is no data set called “nothing”.').waitFor();
    problems = problems.filter((problem) => !/status of 404/.test(problem));
  });
});
