/** The studio's page of checkpoints, in a real browser, on a server that listens. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@fletch/data';
import type { Store } from '@fletch/search';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RunningServer, serve } from '../serve.js';
import { executablePath, launch, openPage, studioFolder, why } from '../testing/browser.case.js';
import { openTestStore } from '../testing/setup.case.js';

const root = mkdtempSync(join(tmpdir(), 'fletch-weights-page-'));
const LAYERS = 4;

/** A Llama of four layers; the tuned one has a direction of its own in one matrix. */
async function write(folder: string, tuned: boolean): Promise<void> {
  const slots = { 'self_attn.q_proj': 24, 'self_attn.o_proj': 24, 'mlp.gate_proj': 48, 'mlp.down_proj': 24 };
  const tensors = Array.from({ length: LAYERS }, (_, layer) =>
    Object.entries(slots).map(([slot, rows]) => {
      const numbers = Float32Array.from({ length: rows * 24 }, (_, i) => Math.sin(i * i + 7 * layer));
      const data = numbers.map((value) => value * (0.02 + 0.01 * layer));
      if (tuned && layer === 2 && slot === 'self_attn.q_proj')
        for (let i = 0; i < 24; i++) data[i]! += 0.5 * (i % 2 === 0 ? 1 : -1);
      return { name: `model.layers.${layer}.${slot}.weight`, dtype: 'F32' as const, shape: [rows, 24], data };
    }),
  ).flat();
  await writeCheckpoint(join(root, folder), tensors);
  writeFileSync(join(root, folder, 'config.json'), '{"model_type":"llama"}');
}

describe.skipIf(executablePath === undefined)(`checkpoints in a browser${why}`, () => {
  let store: Store;
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    vi.stubEnv('FLETCH_CACHE', join(root, '.cache'));
    await write('base', false);
    await write('tuned', true);
    store = await openTestStore();
    server = await serve({ store, studio: studioFolder(), port: 0, weights: root });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true });
  });
  beforeEach(async () => {
    ({ page, problems } = await openPage(browser, [server.url]));
  });
  afterEach(async () => {
    await page.close();
    expect(problems).toEqual([]);
  });

  it('lists checkpoints, and shows one: map, tensors, a spectrum', async () => {
    await page.goto(`${server.url}/dashboard/#!/weights`);
    await page.getByRole('link', { name: 'base' }).click();
    await page.getByText('Llama, or a decoder of its layout').waitFor();
    expect(await page.locator('.norm-map .shade').count()).toBe(4 * LAYERS);
    await page.getByRole('searchbox', { name: 'Filter' }).fill('gate');
    await expect.poll(() => page.locator('.tensors tbody tr').count()).toBe(LAYERS);
    const names = () => page.locator('.tensors tbody th').allTextContents();
    await page.getByRole('button', { name: 'Norm', exact: true }).click();
    expect((await names())[0]).toContain('layers.3.');
    await page.getByRole('button', { name: 'Norm', exact: true }).click();
    expect((await names())[0]).toContain('layers.0.');
    await page.getByRole('button', { name: 'model.layers.0.mlp.gate_proj.weight', exact: true }).click();
    await page.getByRole('img', { name: 'Singular values' }).waitFor();
    await page.getByText('all singular values').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
  });

  it('compares two: what changed, and the intruder', async () => {
    await page.goto(`${server.url}/dashboard/#!/weights/folder%2Fbase`);
    await page.getByLabel('Compare with').selectOption('folder/tuned');
    await page.getByText(/of 16 tensors changed/).waitFor();
    await page.getByRole('heading', { name: 'What changed by layer' }).waitFor();
    await page
      .locator('.norm-map')
      .getByRole('button', { name: /layers\.2\.self_attn\.q_proj/ })
      .click();
    await page.getByRole('img', { name: 'Cosines of singular vectors' }).waitFor();
    expect(await page.locator('.spectrum .intruder').count()).toBeGreaterThan(0);
    // The address has it all.
    await page.reload();
    await page.getByRole('img', { name: 'Cosines of singular vectors' }).waitFor();
  });
});
