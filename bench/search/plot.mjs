/** Recall–QPS curves as an SVG. */

const [WIDTH, HEIGHT] = [720, 440];
const MARGIN = { left: 70, right: 130, top: 44, bottom: 50 };
const colours = ['#d1495b', '#2e6f95', '#66a182', '#8d6a9f', '#c58b2a', '#5b6770', '#1b9aaa', '#a23b72'];

/** Grows to the right as recall nears 1: 0.9 and 0.99 are as far apart as 0.99 and 0.999. */
const strain = (recall) => -Math.log10(1 - Math.min(recall, 0.9999));

function text(x, y, content, options = '') {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${options}>${content}</text>`;
}

/** @param result - what the benchmark stores for one data set */
export function plotCurves({ title, count, dimension, m, rows }) {
  const points = rows.flatMap(({ curve }) => curve);
  const qps = points.map((point) => point.qps);
  const [low, high] = [Math.min(...qps), Math.max(...qps)].map(Math.log10);
  const [from, to] = [0.3, Math.max(...points.map(({ recall }) => strain(recall)))];
  const x = (recall) =>
    MARGIN.left + ((strain(recall) - from) / (to - from)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value) =>
    HEIGHT -
    MARGIN.bottom -
    ((Math.log10(value) - low) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const parts = [
    text(MARGIN.left, 24, `${title}, ${count} × ${dimension}, M ${m}, one thread`, 'font-weight="600"'),
  ];
  for (const recall of [0.5, 0.8, 0.9, 0.95, 0.99, 0.999].filter((r) => strain(r) <= to)) {
    parts.push(
      `<path d="M${x(recall)} ${MARGIN.top}V${HEIGHT - MARGIN.bottom}" stroke="#ddd"/>`,
      text(x(recall), HEIGHT - MARGIN.bottom + 18, recall, 'text-anchor="middle"'),
    );
  }
  for (const value of [100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000]) {
    if (Math.log10(value) < low || Math.log10(value) > high) continue;
    parts.push(
      `<path d="M${MARGIN.left} ${y(value)}H${WIDTH - MARGIN.right}" stroke="#ddd"/>`,
      text(MARGIN.left - 8, y(value) + 4, value, 'text-anchor="end"'),
    );
  }
  rows.forEach(({ engine, curve }, i) => {
    const colour = colours[i % colours.length];
    const shown = curve.filter(({ recall }) => strain(recall) >= from);
    const path = shown.map((p, j) => `${j ? 'L' : 'M'}${x(p.recall).toFixed(1)} ${y(p.qps).toFixed(1)}`);
    parts.push(`<path d="${path.join('')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const p of shown)
      parts.push(
        `<circle cx="${x(p.recall).toFixed(1)}" cy="${y(p.qps).toFixed(1)}" r="3" fill="${colour}"/>`,
      );
    const legend = MARGIN.top + 16 + 20 * i;
    parts.push(
      `<path d="M${WIDTH - MARGIN.right + 14} ${legend - 4}h18" stroke="${colour}" stroke-width="2"/>`,
      text(WIDTH - MARGIN.right + 38, legend, engine),
    );
  });
  parts.push(
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 12, 'recall@10', 'text-anchor="middle"'),
    text(14, MARGIN.top - 10, 'queries per second'),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}
