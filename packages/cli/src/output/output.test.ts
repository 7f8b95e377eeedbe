import { describe, expect, test } from 'vitest';
import { count, duration, oneLine, plural } from './format.js';
import { hitsTable } from './hits.js';
import { lines } from './progress.js';
import { sparkline } from './sparkline.js';
import { table } from './table.js';

describe('format', () => {
  test('numbers, plurals and durations', () => {
    expect(count(117659)).toBe('117,659');
    expect(plural(1, 'point')).toBe('1 point');
    expect(plural(0, 'point')).toBe('0 points');
    expect([4.21, 59.4, 185, 7800].map(duration)).toEqual(['4.2 s', '59 s', '3 min 5 s', '2 h 10 min']);
  });

  test('a long text is cut on one line', () => {
    expect(oneLine('a\n  b\tc', 20)).toBe('a b c');
    expect(oneLine('abcdefghij', 5)).toBe('abcd…');
  });
});

describe('table', () => {
  const columns = [
    { title: 'name', value: (row: { n: string; v: number }) => row.n },
    { title: 'value', value: (row: { n: string; v: number }) => String(row.v), align: 'right' as const },
  ];

  test('columns line up', () => {
    const rows = [
      { n: 'a', v: 1 },
      { n: 'longer', v: 1000 },
    ];
    expect(table(rows, columns)).toBe('name    value\na           1\nlonger   1000');
  });

  test('hits show what else is in the payload, and the text cut to the width', () => {
    const hits = [
      {
        id: 7,
        version: 1,
        score: 0.51234,
        payload: { gloss: 'word '.repeat(40), pos: 'noun', words: ['a', 'b'] },
      },
      { id: 8, version: 1, score: 0.4, payload: { gloss: 'short', source: { file: 'a.md', line: 3 } } },
    ];
    const [head, first, second] = hitsTable(hits, 'gloss', 60).split('\n');
    expect(head).toBe('score  about        gloss');
    expect(first).toMatch(/^0\.512 {2}noun · a, b {2}word word .*…$/);
    expect(first!.length).toBeLessThanOrEqual(60);
    expect(second).toBe('0.400  a.md:3       short');
    expect(hitsTable([], 'gloss')).toBe('No hits.');
  });
});

test('without a terminal progress is a line now and then, with the rate of this run alone', () => {
  let now = 0;
  const written: string[] = [];
  const view = lines((line) => written.push(line), 'indexing', { every: 10, now: () => now });
  now = 1000;
  view.report({ done: 5000, total: 30_000 });
  for (now = 2000; now <= 21_000; now += 1000) view.report({ done: 5000 + now - 1000, total: 30_000 });
  expect(written).toEqual([
    'indexing: 5,000 of 30,000',
    'indexing: 15,000 of 30,000, 1,000/s, 15 s left',
    'indexing: 25,000 of 30,000, 1,000/s, 5.0 s left',
  ]);
});

test('figures that are watched stand in the line', () => {
  const written: string[] = [];
  lines((line) => written.push(line), 'training').report({ done: 5, total: 10, figures: { loss: 2.34567 } });
  expect(written).toEqual(['training: 5 of 10, loss 2.35']);
});

test('a row of numbers is a row of blocks', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 20)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([3, 3, 3], 20)).toBe('▁▁▁');
  expect(sparkline([0, 2, 6, 8], 2)).toBe('▁█');
  expect(sparkline([], 20)).toBe('');
});
