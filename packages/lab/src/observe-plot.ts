/**
 * Draws what observing a model found.
 *
 * @module
 */
import type { HeadReport, ObserveReport } from '@fletch/insight';
import * as Plot from '@observablehq/plot';
import type { Panel } from './experiment.js';
import { drawPanels } from './plot.js';

function heads(report: ObserveReport, value: 'norm' | 'patched', title: string): Panel {
  const layers = 1 + Math.max(...report.heads.map(({ layer }) => layer));
  const small = report.heads.length <= 48;
  const shown = (head: HeadReport) => head[value] ?? 0;
  const most = Math.max(...report.heads.map((head) => Math.abs(shown(head))));
  const ink = (head: HeadReport) => (Math.abs(shown(head)) > 0.6 * most ? 'white' : 'black');
  return {
    title,
    options: {
      height: 90 + Math.min(24, 400 / layers) * layers,
      color: value === 'norm' ? { scheme: 'Blues' } : { scheme: 'RdBu', type: 'diverging', pivot: 0 },
      x: { label: 'head', tickFormat: String },
      y: { label: 'layer', tickFormat: String },
      padding: 0.05,
      grid: false,
      marks: [
        Plot.cell(report.heads, { x: 'head', y: 'layer', fill: shown }),
        ...(small
          ? ['black', 'white'].map((fill) =>
              Plot.text(report.heads, {
                filter: (head) => ink(head) === fill,
                x: 'head',
                y: 'layer',
                fill,
                text: (head) => shown(head).toPrecision(2),
              }),
            )
          : []),
      ],
    },
  };
}

/** Heat maps of heads and bars of the strongest paths, as one SVG. */
export function drawObservation(title: string, report: ObserveReport): string {
  const paths = report.paths.slice(0, 12);
  return drawPanels(title, [
    heads(report, 'norm', 'Norms: what each head could write, by weights alone'),
    ...(report.pair === null
      ? []
      : [
          heads(report, 'patched', 'Patched: how far the observable falls without each head'),
          {
            title: 'Paths: how far the observable falls when their beginning is swapped',
            options: {
              height: 60 + 22 * paths.length,
              marginLeft: 240,
              x: { label: 'contribution' },
              y: { label: null, domain: paths.map(({ path }) => path) },
              marks: [Plot.barX(paths, { x: 'contribution', y: 'path', fill: '#0072b2' }), Plot.ruleX([0])],
            },
          },
        ]),
  ]);
}
