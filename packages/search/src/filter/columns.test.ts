import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Payload } from '../types/index.js';
import { Columns } from './columns.js';
import { parsePath } from './path.js';

const a = parsePath('a');
const b = parsePath('b');
const text = { ...a, byText: true };

/** Payloads by row, columns over them, and how often they were scanned. */
function store(limit?: number) {
  const rows = new Map<number, Payload>();
  const scans: number[] = [];
  const columns = new Columns(function* (from = 0) {
    scans.push(from);
    for (const row of [...rows.keys()].sort((x, y) => x - y))
      if (row >= from) yield { row, payload: rows.get(row)! };
  }, limit);
  return {
    rows,
    scans,
    columns,
    set(row: number, payload: Payload | undefined) {
      const old = rows.get(row);
      if (old) columns.remove(row, old);
      rows.delete(row);
      if (!payload) return;
      rows.set(row, payload);
      columns.add(row, payload);
    },
  };
}

describe('columns', () => {
  test('several are built in one scan, and once', () => {
    const { columns, scans, set } = store();
    for (let row = 0; row < 10; row++) set(row, { a: row % 2, b: 'x' });
    columns.prepare([a, b, parsePath('a')]);
    expect([...columns.get(a)!.equal([1])]).toEqual([1, 3, 5, 7, 9]);
    expect(columns.get(b)!.equal(['x']).count).toBe(10);
    columns.prepare([a, b]);
    expect(scans).toEqual([0]);
  });

  test('that nobody declared go when memory is short, those used longest ago first', () => {
    const { columns, scans, set } = store(10_000);
    for (let row = 0; row < 60; row++) set(row, { a: `value ${row}`, b: `value ${row}`, c: `value ${row}` });
    columns.get(a);
    columns.get(b);
    columns.get(a);
    columns.get(parsePath('c'));
    expect(scans).toHaveLength(3);
    columns.get(a);
    expect(scans).toHaveLength(3);
    columns.get(b);
    expect(scans).toHaveLength(4);
  });

  test('that alone would be too large are not built, unless declared', () => {
    const { columns, scans, set } = store(1000);
    for (let row = 0; row < 60; row++) set(row, { a: `value ${row}` });
    expect(columns.get(a)).toBeUndefined();
    expect(columns.get(a)).toBeUndefined();
    expect(scans).toHaveLength(1);
    columns.declare(a);
    expect(columns.get(a)!.equal(['value 7']).count).toBe(1);
  });

  test('a text index is there only while it is declared', () => {
    const { columns, set } = store();
    set(0, { a: 'Red Fox' });
    expect(columns.get(text)).toBeUndefined();
    columns.declare(a, { type: 'text' });
    expect([...columns.texts.keys()]).toEqual(['a']);
    expect(columns.get(text)!.text!.withAll('fox').count).toBe(1);
    columns.declare(a, { type: 'text', lowercase: false });
    expect(columns.get(text)!.text!.withAll('fox').count).toBe(0);
    columns.declare(a, { type: 'keyword' });
    expect(columns.get(text)).toBeUndefined();
    columns.undeclare(a);
    expect(columns.texts.size).toBe(0);
  });
});

describe('building while writes go on', () => {
  test('lets others work every few milliseconds', async () => {
    const { columns, scans, set } = store();
    for (let row = 0; row < 20_000; row++) set(row, { a: `value ${row}`, b: row });
    const started = performance.now();
    let longest = 0;
    let turns = 0;
    let last = started;
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
      turns++;
    }, 0);
    await columns.prepareAsync([a, b], { budgetMs: 2 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
    expect(scans.length).toBeGreaterThan(2);
    expect(columns.get(a)!.equal(['value 19999']).count).toBe(1);
    expect(scans.filter((from) => from === 0)).toHaveLength(1);
  });

  test('ends in what building at once finds', async () => {
    const payload = fc.record({ a: fc.constantFrom('red fox', 'fox', 1, 2, null), b: fc.nat(3) });
    const change = fc.tuple(fc.nat(400), fc.option(payload));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 20 }), { maxLength: 12 }), async (turns) => {
        const { columns, rows, set } = store();
        columns.declare(b, { type: 'text' });
        columns.declare(a, { type: 'text' });
        for (let row = 0; row < 300; row++) set(row, { a: row % 3 ? 'red fox' : row, b: row % 4 });
        let done = false;
        // No time at all: one look at the clock's worth of rows in a turn.
        const building = columns.prepareAsync([a, b, text], { budgetMs: 0 }).then(() => {
          done = true;
        });
        for (const changes of turns) {
          for (const [row, content] of changes) set(row, content as Payload | undefined);
          await new Promise((resolve) => setImmediate(resolve));
        }
        await building;
        expect(done).toBe(true);
        const having = (test: (content: Payload) => boolean) =>
          [...rows]
            .filter(([, content]) => test(content))
            .map(([row]) => row)
            .sort((x, y) => x - y);
        for (const value of [1, 2, 'fox', 'red fox'])
          expect([...columns.get(a)!.equal([value])]).toEqual(having((content) => content.a === value));
        expect([...columns.get(a)!.between(1, 200, true, true)]).toEqual(
          having((content) => typeof content.a === 'number' && content.a >= 1 && content.a <= 200),
        );
        expect([...columns.get(text)!.text!.withAll('fox')]).toEqual(
          having((content) => typeof content.a === 'string'),
        );
        for (let value = 0; value < 4; value++)
          expect([...columns.get(b)!.equal([value])]).toEqual(having((content) => content.b === value));
      }),
      { seed: 6, numRuns: 40 },
    );
  });

  test('two who want the same column share one scan; one who cannot wait gets it at once', async () => {
    const { columns, scans, set } = store();
    for (let row = 0; row < 500; row++) set(row, { a: row });
    const first = columns.prepareAsync([a], { budgetMs: 0 });
    const second = columns.prepareAsync([a], { budgetMs: 0 });
    expect(scans).toEqual([0]);
    expect(columns.get(a)!.equal([499]).count).toBe(1);
    set(500, { a: 499 });
    await Promise.all([first, second]);
    expect(scans.filter((from) => from === 0)).toHaveLength(2);
    expect(columns.get(a)!.equal([499]).count).toBe(2);
  });

  test('an index that is dropped or replaced meanwhile is not put into use', async () => {
    const { columns, set } = store();
    for (let row = 0; row < 500; row++) set(row, { a: 'Fox' });
    columns.declare(a, { type: 'text' });
    const building = columns.prepareAsync([text], { budgetMs: 0 });
    columns.declare(a, { type: 'text', lowercase: false });
    await building;
    expect(columns.get(text)!.text!.withAll('Fox').count).toBe(500);
    expect(columns.get(text)!.text!.withAll('fox').count).toBe(0);
  });

  test('stops on a signal and leaves nothing behind', async () => {
    const { columns, set } = store();
    for (let row = 0; row < 500; row++) set(row, { a: row });
    const stop = new AbortController();
    const building = columns.prepareAsync([a], { budgetMs: 0, signal: stop.signal });
    stop.abort();
    await expect(building).rejects.toThrow();
    expect(columns.used).toBe(false);
  });
});
