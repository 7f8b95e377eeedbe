/**
 * Sizes and moments as people read them.
 *
 * @module
 */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `512 B`, `1.4 MB`; decimal units. */
export function bytes(value: number): string {
  let unit = 0;
  let amount = value;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${unit === 0 || amount >= 100 ? amount.toFixed(0) : amount.toFixed(1)} ${UNITS[unit]}`;
}

/** `2024-05-17 09:30` of an ISO date, without changing its zone; the text itself when it is none. */
export function moment(text: string | null | undefined): string {
  if (text == null) return '—';
  const [, day, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(text) ?? [];
  return day === undefined ? text : `${day} ${time}`;
}

/** `3 d 4 h`, `12 min`, `8 s` */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [whole / 86_400, (whole / 3600) % 24, (whole / 60) % 60].map(Math.floor);
  if (days! > 0) return `${days} d ${hours} h`;
  if (hours! > 0) return `${hours} h ${minutes} min`;
  return minutes! > 0 ? `${minutes} min` : `${whole} s`;
}

/** A figure with as many digits as matter: `0.9997`, `12.3`, `1.2e-7`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(1);
  return String(Number(value.toPrecision(size >= 100_000 ? 7 : 4)));
}
