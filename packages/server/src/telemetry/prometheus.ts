/**
 * The text format of Prometheus, version 0.0.4.
 *
 * @module
 */

export type Labels = Readonly<Record<string, string>>;

/** One value of a family. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Cumulative buckets of a histogram; that of all values is added. */
export interface Histogram {
  readonly labels: Labels;
  readonly buckets: readonly (readonly [bound: number, count: number])[];
  readonly sum: number;
  readonly count: number;
}

/** Metrics of one name. */
export type Family = { readonly name: string; readonly help: string } & (
  | { readonly type: 'gauge' | 'counter'; readonly samples: readonly Sample[] }
  | { readonly type: 'histogram'; readonly histograms: readonly Histogram[] }
);

/** A family of gauges, or of one gauge without labels. */
export function gauge(name: string, help: string, samples: number | readonly Sample[]): Family {
  return { name, help, type: 'gauge', samples: samplesOf(samples) };
}

/** A family of counters, or of one counter without labels. */
export function counter(name: string, help: string, samples: number | readonly Sample[]): Family {
  return { name, help, type: 'counter', samples: samplesOf(samples) };
}

function samplesOf(samples: number | readonly Sample[]): readonly Sample[] {
  return typeof samples === 'number' ? [{ labels: {}, value: samples }] : samples;
}

/** The text of all families that have a value. */
export function writeFamilies(families: readonly Family[]): string {
  let text = '';
  for (const family of families) {
    const lines = family.type === 'histogram' ? family.histograms.flatMap(histogramLines(family.name)) : [];
    if (family.type !== 'histogram')
      for (const { labels, value } of family.samples) lines.push(line(family.name, labels, value));
    if (lines.length === 0) continue;
    const help = family.help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
    text += `# HELP ${family.name} ${help}\n# TYPE ${family.name} ${family.type}\n${lines.join('')}`;
  }
  return text;
}

function histogramLines(name: string) {
  return ({ labels, buckets, sum, count }: Histogram): string[] => [
    ...[...buckets, [Number.POSITIVE_INFINITY, count] as const].map(([bound, below]) =>
      line(`${name}_bucket`, { ...labels, le: numberText(bound) }, below),
    ),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, count),
  ];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${quoted(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numberText(value)}\n`;
}

function quoted(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
