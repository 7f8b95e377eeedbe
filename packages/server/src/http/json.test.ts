import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonError, parseJson } from './json.js';

/** Everything that is longer than one piece is cut. */
const WHOLE = 128 * 1024;
const parse = (text: string) => parseJson(new TextEncoder().encode(text), 128, undefined, WHOLE);
const refusal = (text: string) =>
  parse(text).then(
    () => undefined,
    (error: JsonError) => error.refusal.reason,
  );

/** Longer than what is parsed at once, so that everything around it is cut. */
const LONG = Array.from({ length: 9_000 }, (_, i) => i / 7).join(',');

describe('parseJson', () => {
  it('gives what JSON.parse gives, however the text is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue({ maxDepth: 6 }), { maxLength: 6 }),
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
        fc.constantFrom(undefined, 1, '\t'),
        async (before, around, space) => {
          const value = {
            ...around,
            long: [...before, LONG.split(',').map(Number), { deep: before }, ...before],
          };
          const text = JSON.stringify([value, before], null, space);
          expect(await parse(text)).toEqual(JSON.parse(text));
        },
      ),
      { seed: 42, numRuns: 25 },
    );
  });

  it('accepts exactly what JSON.parse accepts', async () => {
    const pieces = ['', ',', ']', '[', '{', '}', '"', ':', ' ', '1', '-', 'null', '\\', '"a":', '[1],', ',,'];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...pieces),
        fc.constantFrom(...pieces),
        fc.nat(5),
        async (a, b, place) => {
          const parts = ['[{"a":', '[', LONG, ']', ',"b":[2]}', ',3]'];
          parts[place] = a + parts[place]! + b;
          const text = parts.join('');
          let expected: unknown;
          let good = true;
          try {
            expected = JSON.parse(text);
          } catch {
            good = false;
          }
          const outcome = await parse(text).then(
            (value) => ({ value }),
            (error: unknown) => ({ error }),
          );
          if (good) expect(outcome).toEqual({ value: expected });
          else expect(outcome).toHaveProperty('error');
        },
      ),
      { seed: 7, numRuns: 150 },
    );
  });

  it.each([
    [`[${LONG}]x`, 'syntax'],
    [`x[${LONG}]`, 'syntax'],
    [`[${LONG}`, 'syntax'],
    [`[${LONG},]`, 'syntax'],
    [`[1[${LONG}]]`, 'syntax'],
    [`[-[${LONG}]]`, 'syntax'],
    [`[[${LONG}][${LONG}]]`, 'syntax'],
    [`{"a":[${LONG}],"a":1}`, 'duplicate'],
    [`{"a":1,"a":[${LONG}]}`, 'duplicate'],
    [`{"a":{"b":1,"b":2}}`, 'duplicate'],
    [`[${LONG},1e999]`, 'range'],
    [`${'['.repeat(129)}${LONG}${']'.repeat(129)}`, 'depth'],
    ['['.repeat(1e6), 'depth'],
    ['\ufeff{}', 'syntax'],
  ])('refuses %#', async (text, reason) => {
    expect(await refusal(text)).toBe(reason);
  });

  it('refuses what is not UTF-8 wherever it is', async () => {
    const bytes = Buffer.concat([Buffer.from(`[${LONG},"`), Buffer.from([0xff]), Buffer.from(`",${LONG}]`)]);
    await expect(parseJson(bytes, 128, undefined, WHOLE)).rejects.toMatchObject({
      refusal: { reason: 'utf8' },
    });
    await expect(parseJson(Buffer.from([0xff, 0xfe, 0x7b, 0]), 128)).rejects.toMatchObject({
      refusal: { reason: 'utf8' },
    });
  });

  it('keeps __proto__ as a plain key of large objects', async () => {
    const value = (await parse(`{"__proto__":[${LONG}],"b":1}`)) as object;
    expect(Object.keys(value)).toEqual(['__proto__', 'b']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('lets others through, and stops when it is told to', async () => {
    const text = new TextEncoder().encode(`[${Array.from({ length: 100 }, () => `[${LONG}]`).join(',')}]`);
    let turns = 0;
    let busy = true;
    const tick = () => {
      turns++;
      if (busy) setImmediate(tick);
    };
    setImmediate(tick);
    await parseJson(text, 128);
    busy = false;
    expect(turns).toBeGreaterThan(5);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 5);
    await expect(parseJson(text, 128, controller.signal)).rejects.toThrow('enough');
  });
});
