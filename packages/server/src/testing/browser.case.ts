/** Chromium for the tests of the studio: where it is, and pages whose every complaint is kept. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

export const executablePath = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find(existsSync);
export const why = executablePath === undefined ? ' (skipped: Chromium is not installed under /usr/bin)' : '';

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: executablePath!, args });

/** The folder of the built studio. Throws when it is not built. */
export function studioFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('@fletch/studio/package.json');
  const folder = join(dirname(manifest), 'dist');
  if (!existsSync(folder)) throw new Error('The studio is not built: node scripts/build.mjs studio');
  return folder;
}

/** A page that notes what is thrown, what the console complains of, and what leaves `origins`. */
export async function openPage(
  browser: Browser,
  origins: readonly string[],
  options: BrowserContextOptions = {},
): Promise<{ page: Page; problems: string[] }> {
  const problems: string[] = [];
  const page = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    colorScheme: 'light',
    ...options,
  });
  // Before the test's own time is over, so that it is said what was waited for.
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => problems.push(`thrown: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    const from = url.origin === 'null' ? url.protocol : url.origin;
    if (![...origins, 'data:', 'blob:'].includes(from))
      problems.push(`a request left the page's origin: ${request.url()}`);
  });
  return { page, problems };
}
