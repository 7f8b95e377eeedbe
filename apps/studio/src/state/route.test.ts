import { describe, expect, it } from 'vitest';

import { fakeBrowser } from './address.case.js';
import { createRouter, formatRoute, parseRoute, type Route, routeTo, START } from './route.js';

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

describe('routes of the other pages', () => {
  it.each([
    routeTo('manage'),
    routeTo('manage', { collection: 'my notes/2024 ü' }),
    routeTo('create'),
    routeTo('metrics'),
    routeTo('lab', { item: 'lsa-one-step-gd' }),
    routeTo('points', { collection: '!/lab', item: 'c0ffee00-0000-4000-8000-000000000000' }),
    routeTo('points', { collection: 'c', item: '12', more: { from: '10', where: '[{"a":"& ?/#"}]' } }),
    routeTo('query', { collection: 'c', more: { body: '{"limit":1}' } }),
  ])('come back from the address: %j', (route) => {
    expect(parseRoute(`#${formatRoute(route)}`)).toEqual(route);
  });

  it('do not take the addresses of collections', () => {
    expect(parseRoute('#/lab')).toEqual({ ...START, collection: 'lab' });
    expect(parseRoute(`#${formatRoute({ ...START, collection: '!/lab' })}`).collection).toBe('!/lab');
    expect(formatRoute({ ...START, collection: 'manage', text: 'x' })).toBe('/manage?q=x');
  });

  it('survive what people paste', () => {
    for (const hash of ['#!/nothing', '#!/', '#!/search/c', '#!/constructor', '#!/points/%E0%A4%A'])
      expect(parseRoute(hash)).toEqual(START);
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
