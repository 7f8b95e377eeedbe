/**
 * Dates as Qdrant reads them, in microseconds.
 *
 * @module
 */

// Year of four digits, or of more with a sign; then a time of day, then a zone, which needs seconds before it.
const DATE =
  /^(\d{4}|[+-]\d{4,6})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))? ?(Z|z|utc|UTC|[+-]\d{2}(?::?\d{2})?)?)?)?$/;

/** Days before the first of each month in a common year. */
const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads a date: RFC 3339 (`2024-05-17T09:30:00.25+02:00`, `…Z`), also with a space for the `T`, a zone without
 * colon or minutes, no zone (which means UTC), no seconds, or no time at all.
 *
 * @returns microseconds since 1970, parts of them dropped: a number as long as that is exact, which it is from the
 *   year 1685 to 2255, else a bigint; undefined for any other text
 */
export function parseDatetime(text: string): number | bigint | undefined {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const [, years, months, days, separator, hours, minutes, seconds, fraction, zone] = match;
  const year = Number(years);
  const month = Number(months);
  const day = Number(days);
  const hour = Number(hours ?? 0);
  const minute = Number(minutes ?? 0);
  const second = Number(seconds ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > DAYS_IN[month - 1]! + (month === 2 && isLeap(year) ? 1 : 0))
    return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const offset = zone === undefined ? 0 : offsetOf(zone);
  if (offset === undefined || (zone === undefined && separator === 't')) return undefined;
  const time = daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset * 60;
  const micros = fraction === undefined ? 0 : Number(fraction.slice(0, 6).padEnd(6, '0'));
  const exact = time * 1_000_000 + micros;
  return Number.isSafeInteger(exact) ? exact : BigInt(time) * 1_000_000n + BigInt(micros);
}

/** Minutes east of Greenwich. */
function offsetOf(zone: string): number | undefined {
  const sign = zone[0];
  if (sign !== '+' && sign !== '-') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || 0);
  if (hours > 23 || minutes > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes);
}

function daysSince1970(year: number, month: number, day: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const leapThisYear = month > 2 && isLeap(year) ? 1 : 0;
  // 719,162 days lie between the first days of the years 1 and 1970.
  return before * 365 + leapDays + DAYS_BEFORE[month - 1]! + leapThisYear + day - 1 - 719_162;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
