import { describe, expect, it } from 'vitest';

import { type Browser, createRouter, formatRoute, parseRoute, type Route, START } from './route.js';

const FULL: Route = {
  ...START,
  collection: 'my notes/2024 ü',
  text: 'a feeling? of & sadness',
  trail: [12, 'c0ffee00-0000-4000-8000-000000000000'],
  chosen: {
    any: { pos: ['noun', 'verb'], 'meta.vegan': [true], code: ['12', 'true', '"quoted"'], n: [7] },
    ranges: { year: { min: 1900, max: null }, x: { min: -1.5, max: 2 } },
  },
};

/** A browser history in an array. */
function fakeBrowser(hash = '') {
  const entries = [hash];
  const listeners: (() => void)[] = [];
  const browser: Browser & { back(): void; entries: string[] } = {
    entries,
    location: {
      get hash() {
        return entries.at(-1)!;
      },
    },
    history: {
      pushState: (_state, _title, url) => void entries.push(String(url)),
      replaceState: (_state, _title, url) => {
        entries[entries.length - 1] = String(url);
      },
    },
    addEventListener: (_type, listener) => void listeners.push(listener),
    back() {
      entries.pop();
      for (const listener of listeners) listener();
    },
  };
  return browser;
}

describe('routes', () => {
  it('come back from the address as they were', () => {
    expect(parseRoute(`#${formatRoute(FULL)}`)).toEqual(FULL);
    expect(parseRoute(formatRoute(START))).toEqual(START);
  });

  it('survive what people paste', () => {
    expect(parseRoute('#/%E0%A4%A')).toEqual(START);
    expect(parseRoute('#/c?f.=x&r.y=..&r.z=a..b&unknown=1')).toEqual({ ...START, collection: 'c' });
  });
});

describe('router', () => {
  it('pushes steps, replaces keystrokes and follows the back button', () => {
    const browser = fakeBrowser('#/wordnet');
    const { route, go } = createRouter(browser);
    go({ text: 's' });
    go({ text: 'sa' }, 'replace');
    go({ text: 'sa' });
    expect(browser.entries).toEqual(['#/wordnet', '#/wordnet?q=sa']);
    go({ trail: [4] });
    expect(route.value).toMatchObject({ text: 'sa', trail: [4] });
    browser.back();
    expect(route.value).toMatchObject({ text: 'sa', trail: [] });
    browser.back();
    expect(route.value).toEqual({ ...START, collection: 'wordnet' });
  });
});
