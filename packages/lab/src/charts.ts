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

type Range = readonly [least: number, most: number];

function marksOf(layer: ChartLayer, [least, most]: Range): Plot.Markish[] {
  if (layer.kind === 'diagonal') {
    const ends = [least, most].map((at) => ({ x: at, y: at }));
    return [Plot.line(ends, { x: 'x', y: 'y', stroke: '#999', strokeDasharray: '4,4' })];
  }
  const stroke = layer.points.some(({ series }) => series !== undefined) ? 'series' : COLOUR;
  switch (layer.kind) {
    case 'line':
      return [Plot.line(layer.points, { x: 'x', y: 'y', stroke })];
    case 'dots':
      return layer.observed
        ? [Plot.dot(layer.points, { x: 'x', y: 'y', fill: '#444', fillOpacity: 0.6, r: 1.5 })]
        : [Plot.dot(layer.points, { x: 'x', y: 'y', stroke, fill: stroke, r: 3 })];
    case 'band':
      return [Plot.areaY(layer.points, { x: 'x', y1: 'low', y2: 'high', fill: stroke, fillOpacity: 0.2 })];
  }
}

/** From the least to the most of both axes; from 0 where that is not far. */
function rangeOf(values: readonly number[]): Range {
  const least = values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  const most = values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
  return least >= 0 && least < most / 2 ? [0, most] : [least, most];
}

/** 1, 2, 5, 10, … in a range; powers of ten alone where that would be many. */
function logTicks(values: readonly number[]): number[] {
  const positive = values.filter((value) => value > 0);
  const [least, most] = [Math.min(...positive), Math.max(...positive)];
  const decades: number[] = [];
  for (let k = Math.floor(Math.log10(least)); k <= Math.ceil(Math.log10(most)); k++) decades.push(k);
  const steps = decades.length > 4 ? [1] : [1, 2, 5];
  return decades
    .flatMap((k) => steps.map((step) => Number(`${step}e${k}`)))
    .filter((value) => value >= least && value <= most);
}

/** A chart as a panel. The diagonal goes as far as the data. */
export function panelOf({ title, x, y, layers }: Chart): Panel {
  const points = layers.flatMap((layer): { x: number; ys: number[] }[] => {
    if (layer.kind === 'diagonal') return [];
    if (layer.kind === 'band')
      return layer.points.map(({ x: at, low, high }) => ({ x: at, ys: [low, high] }));
    return layer.points.map((point) => ({ x: point.x, ys: [point.y] }));
  });
  const [xs, ys] = [points.map((point) => point.x), points.flatMap((point) => point.ys)];
  const range = rangeOf([...xs, ...ys]);
  const withDiagonal = layers.some(({ kind }) => kind === 'diagonal');
  const axis = ({ label, log }: Chart['x'], values: readonly number[]) => ({
    label,
    ...(log && { type: 'log' as const, ticks: logTicks(values), tickFormat: String }),
    ...(withDiagonal && { domain: [...range] }),
  });
  return {
    title,
    options: { x: axis(x, xs), y: axis(y, ys), marks: layers.flatMap((layer) => marksOf(layer, range)) },
  };
}

/** Charts below one another, as one SVG. */
export function drawCharts(title: string, charts: readonly Chart[]): string {
  return drawPanels(title, charts.map(panelOf));
}
