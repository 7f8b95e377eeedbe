/**
 * Draws the charts of estimators.
 *
 * @module
 */
import type { Chart, ChartLayer } from '@fletch/estimate';
import * as Plot from '@observablehq/plot';
import type { Panel } from './experiment.js';
import { drawPanels } from './plot.js';

const COLOUR = '#0072b2';

function marksOf(layer: ChartLayer): Plot.Markish[] {
  if (layer.kind === 'diagonal') {
    const ends = [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ];
    return [Plot.line(ends, { x: 'x', y: 'y', stroke: '#999', strokeDasharray: '4,4', clip: true })];
  }
  const stroke = layer.points.some(({ series }) => series !== undefined) ? 'series' : COLOUR;
  switch (layer.kind) {
    case 'line':
      return [Plot.line(layer.points, { x: 'x', y: 'y', stroke })];
    case 'dots':
      return [Plot.dot(layer.points, { x: 'x', y: 'y', stroke, fill: stroke, r: 3 })];
    case 'band':
      return [Plot.areaY(layer.points, { x: 'x', y1: 'low', y2: 'high', fill: stroke, fillOpacity: 0.15 })];
  }
}

/** A chart as a panel. The diagonal is cut to where the data are. */
export function panelOf({ title, x, y, layers }: Chart): Panel {
  const points = layers.flatMap((layer): { x: number; ys: number[] }[] => {
    if (layer.kind === 'diagonal') return [];
    if (layer.kind === 'band')
      return layer.points.map(({ x: at, low, high }) => ({ x: at, ys: [low, high] }));
    return layer.points.map((point) => ({ x: point.x, ys: [point.y] }));
  });
  const withDiagonal = layers.some(({ kind }) => kind === 'diagonal');
  const most = Math.max(...points.flatMap((point) => [point.x, ...point.ys]));
  const axis = ({ label, log }: Chart['x']) => ({ label, ...(log && { type: 'log' as const }) });
  return {
    title,
    options: {
      x: { ...axis(x), ...(withDiagonal && { domain: [0, most] }) },
      y: { ...axis(y), ...(withDiagonal && { domain: [0, most] }) },
      marks: layers.flatMap(marksOf),
    },
  };
}

/** Charts below one another, as one SVG. */
export function drawCharts(title: string, charts: readonly Chart[]): string {
  return drawPanels(title, charts.map(panelOf));
}
