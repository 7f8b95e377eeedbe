import { expect, it } from 'vitest';
import { drawCharts, panelOf } from './charts.js';

const points = [
  { x: 0.1, y: 0.2 },
  { x: 0.4, y: 0.3 },
];

it('draws every kind of layer', () => {
  const svg = drawCharts('Model', [
    {
      title: 'A & B',
      x: { label: 'x', log: true },
      y: { label: 'y' },
      layers: [
        {
          kind: 'band',
          points: [
            { x: 0.1, low: 0, high: 1, series: 'one' },
            { x: 0.4, low: 0, high: 1, series: 'one' },
          ],
        },
        { kind: 'line', points: points.map((point) => ({ ...point, series: 'one' })) },
        { kind: 'dots', points },
      ],
    },
    {
      title: 'C',
      x: { label: 'p' },
      y: { label: 'share' },
      layers: [{ kind: 'diagonal' }, { kind: 'line', points }],
    },
  ]);
  expect(svg).toMatch(/^<svg xmlns/);
  expect(svg).toContain('A &amp; B');
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg).toMatch(/aria-label="area"/);
  expect(svg).toContain('stroke-dasharray="4,4"');
});

it('cuts the diagonal to the data', () => {
  const { options } = panelOf({
    title: '',
    x: { label: '' },
    y: { label: '' },
    layers: [{ kind: 'diagonal' }, { kind: 'dots', points }],
  });
  expect(options.x!.domain).toEqual([0, 0.4]);
});
