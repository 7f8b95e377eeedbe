import { describe, expect, it } from 'vitest';
import { bucketsOf, parseMetrics, quantile, since, total } from './prometheus.js';

const TEXT = `# HELP x what
# TYPE requests_total counter
requests_total{method="GET",path="/a\\"b\\\\c\\nd,e=\\"f\\"}"} 3
requests_total{method="PUT"} 4 1700000000000
up 1
odd line here
time_bucket{m="a",le="0.1"} 1
time_bucket{m="a",le="1"} 4
time_bucket{m="a",le="+Inf"} 5
time_bucket{m="b",le="1"} 10
time_bucket{m="b",le="+Inf"} 10
negative -Inf
`;

describe('metrics', () => {
  const samples = parseMetrics(TEXT);

  it('are read with their labels', () => {
    expect(samples[0]).toEqual({
      name: 'requests_total',
      labels: { method: 'GET', path: '/a"b\\c\nd,e="f"}' },
      value: 3,
    });
    expect(samples.at(-1)!.value).toBe(Number.NEGATIVE_INFINITY);
    expect(samples.map(({ name }) => name)).not.toContain('odd');
    expect(total(samples, 'requests_total')).toBe(7);
    expect(total(samples, 'nothing')).toBeUndefined();
  });

  it('add histograms, also when a series leaves out buckets', () => {
    expect(bucketsOf(samples, 'time')).toEqual([
      { bound: 0.1, count: 1 },
      { bound: 1, count: 14 },
      { bound: Number.POSITIVE_INFINITY, count: 15 },
    ]);
  });
});

describe('quantiles', () => {
  const buckets = [
    { bound: 1, count: 10 },
    { bound: 2, count: 30 },
    { bound: Number.POSITIVE_INFINITY, count: 40 },
  ];

  it('are interpolated within a bucket', () => {
    expect(quantile(0.5, buckets)).toBe(1.5);
    expect(quantile(0.125, buckets)).toBe(0.5);
    expect(quantile(0.99, buckets)).toBe(2);
    expect(quantile(0.5, [])).toBeUndefined();
    expect(quantile(0.5, [{ bound: 1, count: 0 }])).toBeUndefined();
  });

  it('look at what came since the last time, or at all after a restart', () => {
    const later = buckets.map(({ bound, count }) => ({ bound, count: count + (bound >= 2 ? 10 : 0) }));
    expect(since(later, buckets).map(({ count }) => count)).toEqual([0, 10, 10]);
    expect(since(buckets, later)).toBe(buckets);
  });
});
