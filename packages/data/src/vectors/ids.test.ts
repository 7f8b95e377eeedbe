import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idNamespace, toPointId, uuidOf } from './ids.js';

test('unsigned integers and UUIDs stay', () => {
  const uuid = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11';
  expect(toPointId(7, '')).toEqual({ id: 7 });
  expect(toPointId(0n, '')).toEqual({ id: 0 });
  expect(toPointId('42', '')).toEqual({ id: 42 });
  expect(toPointId(String(Number.MAX_SAFE_INTEGER), '')).toEqual({ id: Number.MAX_SAFE_INTEGER });
  expect(toPointId(uuid, '')).toEqual({ id: uuid.toLowerCase() });
});

test.each(['doc-1', '007', '-1', '1e3', ' 1', '9007199254740992', 'é'])(
  '"%s" becomes a UUID, and is kept',
  (text) => {
    const { id, original } = toPointId(text, '');
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(original).toBe(text);
  },
);

test('numbers that do not fit are kept too', () => {
  expect(toPointId(2n ** 64n - 1n, '').original).toBe('18446744073709551615');
  expect(toPointId(-1, '').original).toBe('-1');
});

test('the UUID is that of RFC 9562', () => {
  // Appendix A.4: www.example.com in the namespace of domain names.
  expect(uuidOf('www.example.com', '6ba7b810-9dad-11d1-80b4-00c04fd430c8')).toBe(
    '2ed6657d-e927-568b-95e1-2665a8aea6a2',
  );
  expect(idNamespace).toMatch(/^[0-9a-f-]{36}$/);
});

test('different ids become different points, the same one the same', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      (a, b) => {
        const [one, two] = [toPointId(a, ''), toPointId(b, '')];
        expect(toPointId(a, '')).toEqual(one);
        expect(one.id === two.id).toBe(a === b || one.id === Number(b) || String(one.id) === b.toLowerCase());
      },
    ),
    { seed: 3 },
  );
});

test.each(['', 'x'.repeat(5000), 1.5])('%j is no id', (id) => {
  expect(() => toPointId(id, 'Row 3')).toThrow(/Row 3: the id/);
});
