/**
 * `docs/results.md` and its plots, made from the kept results.
 *
 * @module
 */
import { join } from 'node:path';
import { type LongWork, replaceFile, throwIfAborted } from '@fletch/base';
import { catalogue, experimentOf } from './catalogue.js';
import type { ClaimResult } from './claims.js';
import type { Row } from './experiment.js';
import { drawPanels } from './plot.js';
import { outdated, readResult, resultsFolder, type StoredResult } from './result.js';

export interface ReportOptions extends LongWork {
  /** Folder of the documentation: `results.md` and `results/<id>.svg` are written there. */
  readonly folder: string;
  /** Folder of the kept results. Default: the package's own. */
  readonly results?: string;
}

/**
 * Writes the report.
 *
 * @returns the paths that were written
 * @throws FletchError `IO`, `DISK_FULL`, `INVALID_INPUT_FILE` for a damaged result, `ABORTED`
 */
export async function writeReport({
  folder,
  results = resultsFolder,
  signal,
}: ReportOptions): Promise<string[]> {
  const written: string[] = [];
  const write = async (name: string, content: string) => {
    throwIfAborted(signal);
    const path = join(folder, name);
    await replaceFile(path, async (file) => {
      await file.writeFile(content);
    });
    written.push(path);
  };
  const entries = await catalogue();
  const overview: string[] = [];
  const sections: string[] = [];
  for (const { id, number, title, status, summary, package: home } of entries) {
    const result = status === 'built' ? await readResult(id, results) : undefined;
    overview.push(
      `| ${number} | ${result ? `[${title}](#${anchor(number, title)})` : title} | \`${home}\` | ${verdict(status, result)} |`,
    );
    if (!result) continue;
    const experiment = await experimentOf(id);
    await write(`results/${id}.svg`, drawPanels(title, experiment.plot(result)));
    sections.push(section(result, { number, title, summary }, outdated(result, experiment)));
  }
  await write('results.md', page(overview, sections));
  return written;
}

/** The plot of a kept result as SVG. */
export async function plotOf(id: string, title: string, result: StoredResult): Promise<string> {
  return drawPanels(title, (await experimentOf(id)).plot(result));
}

function page(overview: readonly string[], sections: readonly string[]): string {
  return `# Results

What the laboratory measured, system by system. Made by \`fletch lab report\` from \`packages/lab/results\`; run one again with
\`npm run -s fletch -- lab run <id> --profile full\`. Thresholds were fixed before the runs; a claim that does not hold stays here.

| | system | package | full profile |
|---:|---|---|---|
${overview.join('\n')}

${sections.join('\n\n')}
`;
}

function verdict(status: string, result: StoredResult | undefined): string {
  if (status === 'planned') return 'planned';
  if (!result) return 'built, not run in full yet';
  const held = result.claims.filter(({ holds }) => holds).length;
  return result.holds
    ? `holds (${held} of ${held})`
    : `**not reproduced** (${held} of ${result.claims.length} hold)`;
}

function section(
  result: StoredResult,
  facts: { readonly number: number; readonly title: string; readonly summary: string },
  changes: readonly string[],
): string {
  const { id, seeds, seconds, date, machine, versions, data, claims, rows, paper } = result;
  const stale =
    changes.length === 0
      ? ''
      : `\n> This result is of an earlier experiment: ${changes.join('; ')}. Run it again.\n`;
  return `## ${facts.number} · ${facts.title}

${facts.summary}

On ${data}. Seeds ${seeds.join(', ')}; ${Math.round(seconds)} s; ${date.slice(0, 10)}; ${machine.cpu}, ${machine.cores} cores; Fletch ${versions.fletch}, Node ${versions.node}, ONNX Runtime ${versions.onnxruntime}.
${stale}
${claimTable(claims)}

![${facts.title}](results/${id}.svg)

${rowTable(rows)}${paper.length > 0 ? `\n\nThe paper's figures:\n\n${rowTable(paper)}` : ''}`;
}

function claimTable(claims: readonly ClaimResult[]): string {
  const lines = claims.map(
    ({ id, text, value, spread, relation, threshold, holds }) =>
      `| ${id} | ${text} | ${figure(value)}${spread > 0 ? ` ± ${figure(spread)}` : ''} | ${relation} ${figure(threshold)} | ${holds ? 'holds' : '**does not hold**'} |`,
  );
  return ['| | claim | measured | asked | |', '|---|---|---:|---:|---|', ...lines].join('\n');
}

/** A table of rows, with the columns in order of appearance. */
export function rowTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (columns.length === 0) return '';
  const numeric = (column: string) => rows.some((row) => typeof row[column] === 'number');
  return [
    `| ${columns.join(' | ')} |`,
    `|${columns.map((column) => (numeric(column) ? '---:' : '---')).join('|')}|`,
    ...rows.map((row) => `| ${columns.map((column) => cell(row[column])).join(' | ')} |`),
  ].join('\n');
}

function cell(value: Row[string] | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'number' ? figure(value) : String(value).replace(/\|/g, '\\|');
}

/** Four significant digits. */
function figure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–';
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Math.abs(value) >= 10_000 || Math.abs(value) < 0.001
    ? value.toExponential(2)
    : String(Number(value.toPrecision(4)));
}

/** As GitHub makes it from a heading. */
function anchor(number: number, title: string): string {
  return `${number} · ${title}`
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replace(/ /g, '-');
}
