/**
 * Dates as Qdrant reads them from strings (DateTimeWrapper in lib/segment/src/types.rs).
 *
 * @module
 */

const DATE = String.raw`(\d{4})-(\d\d)-(\d\d)`;
const CLOCK = String.raw`(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?`;
const ZONE = String.raw`(?:([Zz])|([+-])(\d\d):?(\d\d)?)?`;
const PATTERN = new RegExp(`^${DATE}(?:([Tt ])${CLOCK}${ZONE})?$`);

/** Microseconds since 1970, or undefined for what is no date. Without a zone the time is UTC. */
export function readDate(text: string): number | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [, year, month, day, , hour, minute, second, fraction, zulu, sign, zoneHours, zoneMinutes] = match;
  // A zone needs seconds, minutes alone are read only without one.
  if (hour !== undefined && second === undefined && (zulu !== undefined || sign !== undefined))
    return undefined;
  const seconds = Number(second ?? 0);
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const date = new Date(midnight);
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || seconds > 59) return undefined;
  const offset =
    sign === undefined
      ? 0
      : (sign === '-' ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes ?? 0)) * 60;
  const whole = midnight / 1000 + Number(hour ?? 0) * 3600 + Number(minute ?? 0) * 60 + seconds - offset;
  const micros = Math.floor(Number(`0${fraction ?? ''}`) * 1e6 + 1e-7);
  return whole * 1e6 + micros;
}
