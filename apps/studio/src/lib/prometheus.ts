/**
 * Prometheus text: samples, and quantiles of histograms.
 *
 * @module
 */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

function numberOf(text: string): number {
  if (/^[+]?Inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  return /^-Inf$/i.test(text) ? Number.NEGATIVE_INFINITY : Number(text);
}

/** All samples; comments and lines that are none are left out. */
export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((line): Sample[] => {
    const [, name, labels = '', value] = LINE.exec(line.trim()) ?? [];
    if (name === undefined || value === undefined) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, key, raw]) => [
      key,
      raw!.replace(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter),
    ]);
    return [{ name, labels: Object.fromEntries(pairs), value: numberOf(value) }];
  });
}

/** Sum of a family's samples, or undefined when it has none. */
export function total(samples: readonly Sample[], name: string): number | undefined {
  const own = samples.filter((sample) => sample.name === name);
  return own.length === 0 ? undefined : own.reduce((sum, { value }) => sum + value, 0);
}

/** How many observations were at most `bound`; bounds rise, counts are cumulative. */
export type Buckets = readonly { readonly bound: number; readonly count: number }[];

/**
 * The buckets of histogram `name`, added over all labels. Series may leave out buckets that add nothing: there the
 * count of the bucket before stands.
 */
export function bucketsOf(samples: readonly Sample[], name: string): Buckets {
  const series = new Map<string, { bound: number; count: number }[]>();
  for (const { name: family, labels, value } of samples) {
    const { le, ...rest } = labels;
    if (family !== `${name}_bucket` || le === undefined) continue;
    const key = JSON.stringify(Object.entries(rest).sort());
    series.set(key, [...(series.get(key) ?? []), { bound: numberOf(le), count: value }]);
  }
  const all = [...series.values()];
  const bounds = [...new Set(all.flatMap((buckets) => buckets.map(({ bound }) => bound)))];
  return bounds
    .sort((a, b) => a - b)
    .map((bound) => ({
      bound,
      count: all.reduce(
        (sum, buckets) =>
          sum + Math.max(0, ...buckets.filter((own) => own.bound <= bound).map(({ count }) => count)),
        0,
      ),
    }));
}

/** What came in since `before`. A server that restarted counts from nothing again: all is new then. */
export function since(now: Buckets, before: Buckets): Buckets {
  const old = new Map(before.map(({ bound, count }) => [bound, count]));
  const restarted = now.some(({ bound, count }) => count < (old.get(bound) ?? 0));
  return restarted ? now : now.map(({ bound, count }) => ({ bound, count: count - (old.get(bound) ?? 0) }));
}

/**
 * The value below which a share `q` of the observations lies, by linear interpolation within its bucket, as
 * Prometheus' `histogram_quantile` does. Undefined without observations.
 */
export function quantile(q: number, buckets: Buckets): number | undefined {
  const all = buckets.at(-1)?.count ?? 0;
  if (all <= 0) return undefined;
  const rank = q * all;
  const place = buckets.findIndex(({ count }) => count >= rank);
  const { bound, count } = buckets[place]!;
  const below = place === 0 ? { bound: 0, count: 0 } : buckets[place - 1]!;
  // In the last, open bucket all that is known is its lower end.
  if (!Number.isFinite(bound)) return below.bound;
  const inside = count - below.count;
  return inside === 0 ? bound : below.bound + ((rank - below.count) / inside) * (bound - below.bound);
}
