import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDatetime } from './datetime.js';

describe('dates', () => {
  test.each<[string, string]>([
    ['2014-01-01T00:00:00Z', '2014-01-01T00:00:00.000Z'],
    ['2014-01-01t00:00:00z', '2014-01-01T00:00:00.000Z'],
    ['2014-01-01 00:00:00Z', '2014-01-01T00:00:00.000Z'],
    ['2014-01-01T00:00:00', '2014-01-01T00:00:00.000Z'],
    ['2014-01-01 00:00:00.5', '2014-01-01T00:00:00.500Z'],
    ['2014-01-01T10:20', '2014-01-01T10:20:00.000Z'],
    ['2014-01-01 10:20', '2014-01-01T10:20:00.000Z'],
    ['2014-01-01', '2014-01-01T00:00:00.000Z'],
    ['2015-02-01T08:00:00+02:00', '2015-02-01T06:00:00.000Z'],
    ['2015-02-01T08:00:00-0230', '2015-02-01T10:30:00.000Z'],
    ['2015-02-01 08:00:00+02', '2015-02-01T06:00:00.000Z'],
    ['2015-02-01 08:00:00 UTC', '2015-02-01T08:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['2000-02-29', '2000-02-29T00:00:00.000Z'],
    ['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z'],
  ])('%s', (text, expected) => {
    expect(parseDatetime(text)).toBe(Date.parse(expected) * 1000);
  });

  test.each([
    '',
    'now',
    '2014',
    '2014-13-01',
    '2014-02-29',
    '1900-02-29',
    '2014-01-32',
    '2014-01-00',
    '2014-01-01T24:00:00Z',
    '2014-01-01T10:60:00Z',
    '2014-01-01T10:00:61Z',
    '2014-01-01T10:20Z',
    '2014-01-01T',
    '2014-01-01T10',
    '2014-01-01T10:00:00.Z',
    '2014-01-01T10:00:00+25:00',
    '2014-01-01T10:00:00+02:60',
    '2014-01-01t10:00:00',
    '14-01-01',
    '2014/01/01',
    ' 2014-01-01',
    '2014-01-01Z',
  ])('%j is none', (text) => {
    expect(parseDatetime(text)).toBeUndefined();
  });

  test('microseconds count, what is below is dropped', () => {
    expect(parseDatetime('1970-01-01T00:00:00.0000019Z')).toBe(1);
    expect(parseDatetime('1969-12-31T23:59:59.9999999Z')).toBe(-1);
    expect(parseDatetime('9999-12-31T23:59:59.999999Z')).toBe(253_402_300_799_999_999n);
    expect(parseDatetime('1066-10-14')).toBe(-28_502_755_200_000_000n);
    expect(parseDatetime('+12345-01-01')).toBe(BigInt(Date.UTC(12345, 0, 1)) * 1000n);
  });

  test('as JavaScript reads them, from the year 100 on', () => {
    const date = fc.date({ min: new Date('0100-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (value) => {
        expect(BigInt(parseDatetime(value.toISOString())!)).toBe(BigInt(value.getTime()) * 1000n);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});
