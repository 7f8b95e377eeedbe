/**
 * The plot of system 8.
 *
 * @module
 */
import * as Plot from '@observablehq/plot';
import type { Panel, PlotData } from '../../experiment.js';

/** What stands in the plot of a split; checks of language models do not. */
const isShare = ({ split }: { readonly [column: string]: unknown }) => split !== 'language model';

export function panelsOf({ rows, series }: PlotData): readonly Panel[] {
  const { rounds = [], curve = [], path = [], places = [] } = series;
  const shares = rows.filter(isShare);
  return [
    {
      title: 'Goals reached, by split (95 % intervals)',
      options: {
        marginLeft: 150,
        height: 40 + 60 * new Set(shares.map(({ method }) => method)).size,
        x: { domain: [0, 1], label: 'success' },
        y: { label: null },
        fy: { label: null },
        color: { legend: true },
        marks: [
          Plot.barX(shares, { x: 'success', y: 'split', fy: 'method', fill: 'split' }),
          Plot.link(shares, {
            x1: 'low',
            x2: 'high',
            y1: 'split',
            y2: 'split',
            fy: 'method',
            stroke: '#333',
          }),
          Plot.axisY({ label: null, ticks: [] }),
        ],
      },
    },
    {
      title: 'Without demonstrations: success in distribution after each round',
      options: {
        x: { label: 'round (0 is random play)' },
        y: { domain: [0, 1], label: 'success' },
        color: { legend: true },
        marks: [Plot.lineY(rounds, { x: 'round', y: 'success', stroke: 'method', marker: 'circle' })],
      },
    },
    ...(curve.length > 0
      ? [
          {
            title: 'Cloning: success by demonstrations',
            options: {
              x: { label: 'demonstrations', ticks: [100, 300] },
              y: { domain: [0, 1] as const, label: 'success' },
              fx: { label: null },
              color: { legend: true },
              marks: [
                Plot.lineY(curve, {
                  x: 'demos',
                  y: 'success',
                  fx: 'split',
                  stroke: 'start',
                  marker: 'circle' as const,
                }),
              ],
            },
          },
        ]
      : []),
    {
      title: `One episode: ${String(path[0]?.text ?? '')}`,
      options: {
        height: 420,
        x: { domain: [-0.5, 9.5], label: null, ticks: [] },
        y: { domain: [9.5, -0.5], label: null, ticks: [] },
        grid: false,
        marks: [
          Plot.ruleX([4.5], { stroke: '#bbb' }),
          Plot.ruleY([4.5], { stroke: '#bbb' }),
          Plot.dot(places, { x: 'x', y: 'y', r: 3, fill: '#999' }),
          Plot.text(places, { x: 'x', y: 'y', text: 'name', dy: 10, fill: '#777' }),
          Plot.line(path, { x: 'x', y: 'y', stroke: '#0072b2', strokeOpacity: 0.5, markerEnd: 'arrow' }),
          Plot.text(path.slice(1), {
            x: 'x',
            y: 'y',
            text: (row) => `${row.step} ${row.text}`,
            dx: 6,
            textAnchor: 'start',
            fill: '#0072b2',
          }),
        ],
      },
    },
  ];
}
