/**
 * Draws an experiment's panels as one SVG.
 *
 * @module
 */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Panel } from './experiment.js';

const WIDTH = 720;
const HEIGHT = 340;
const HEADING = 34;
const LEGEND = 22;
const GAP = 18;

/** Colours that colour-blind readers tell apart (Okabe and Ito, 2008). */
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#999999'];

interface Legend {
  readonly names: readonly string[];
  colour(name: string): string;
}

/** The panels below one another, each with its heading and, where colours mean something, a legend. */
export function drawPanels(title: string, panels: readonly Panel[]): string {
  const parts: string[] = [];
  let y = HEADING;
  for (const { title: heading, options } of panels) {
    const { svg, height, legend } = drawPanel(options);
    parts.push(text(12, y + 14, heading, 'font-size="13" font-weight="600"'));
    y += 22;
    if (legend) {
      const { svg: entries, lines } = drawLegend(legend, y);
      parts.push(entries);
      y += lines * LEGEND;
    }
    parts.push(svg.replace('<svg ', `<svg x="0" y="${y}" `));
    y += height + GAP;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" font-family="system-ui, sans-serif" color="#333" fill="#333">
<rect width="100%" height="100%" fill="#fff"/>
${text(12, 24, title, 'font-size="16" font-weight="600"')}
${parts.join('\n')}
</svg>
`;
}

function drawPanel(options: Plot.PlotOptions): { svg: string; height: number; legend: Legend | undefined } {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const height = options.height ?? HEIGHT;
  const plot = Plot.plot({
    width: WIDTH,
    height,
    marginLeft: 60,
    marginBottom: 40,
    grid: true,
    ...options,
    // An ordinal palette only: quantities keep Plot's own scheme.
    color: { ...(isCategorical(options) && { range: palette }), ...options.color, legend: false },
    document: document as unknown as Document,
  });
  const element = plot.tagName.toLowerCase() === 'svg' ? plot : plot.querySelector('svg')!;
  element.setAttribute('width', String(WIDTH));
  element.setAttribute('height', String(height));
  element.setAttribute('font-size', '11');
  return { svg: element.outerHTML, height, legend: legendOf(plot) };
}

function isCategorical({ color }: Plot.PlotOptions): boolean {
  return color?.type === undefined && color?.scheme === undefined && color?.range === undefined;
}

function legendOf(plot: Plot.Plot): Legend | undefined {
  const scale = plot.scale('color');
  const names = scale?.type === 'ordinal' || scale?.type === 'categorical' ? scale.domain : undefined;
  if (!scale || !names) return undefined;
  return { names: Array.from(names, String), colour: (name) => String(scale.apply(name)) };
}

/** Names with their colours, on as many lines as they take. */
function drawLegend({ names, colour }: Legend, y: number): { svg: string; lines: number } {
  let x = 60;
  let line = 0;
  const entries = names.map((name) => {
    const width = 30 + name.length * 6.4;
    if (x > 60 && x + width > WIDTH) {
      x = 60;
      line++;
    }
    const top = y + line * LEGEND;
    const entry = `<rect x="${x.toFixed(0)}" y="${top + 4}" width="10" height="10" fill="${colour(name)}"/>${text(x + 14, top + 13, name, 'font-size="11"')}`;
    x += width;
    return entry;
  });
  return { svg: entries.join(''), lines: line + 1 };
}

function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return `<text x="${x.toFixed(0)}" y="${y}" ${attributes}>${escaped}</text>`;
}
