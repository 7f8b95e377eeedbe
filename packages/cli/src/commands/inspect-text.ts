/**
 * What `fletch inspect` found, for people.
 *
 * @module
 */
import type {
  CompareReport,
  InspectReport,
  IntruderComparison,
  TensorComparison,
  TensorGroup,
  TensorReport,
} from '@fletch/weights';
import { bytes, count, oneLine, plural } from '../output/format.js';
import { sparkline } from '../output/sparkline.js';
import { table } from '../output/table.js';

/** Three digits that matter, never longer than nine characters. */
export const figure = (value: number | null): string =>
  value === null
    ? '–'
    : value === 0
      ? '0'
      : Number.isFinite(value)
        ? String(Number(value.toPrecision(3)))
        : '∞';

const percent = (value: number): string => (value === 0 ? '0 %' : `${figure(100 * value)} %`);

const shapeOf = ({ shape }: { readonly shape: readonly number[] }): string =>
  shape.length === 0 ? 'scalar' : shape.join('×');

/** Lines of a list, and how many more there are. */
const some = (lines: readonly string[], top: number): string[] =>
  lines.length <= top ? [...lines] : [...lines.slice(0, top), `… and ${count(lines.length - top)} more`];

const groupText = (groups: readonly TensorGroup[]): string =>
  groups.map(({ name, tensors, size }) => `${name} ${bytes(size)} (${plural(tensors, 'tensor')})`).join(', ');

/** Facts in two columns. */
const facts = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([name, value]) => `${name.padEnd(13)} ${value}`).join('\n');

/** Mean norms of the matrices of each kind over the layers, small to large. */
function norms({ tensors, layers }: InspectReport): string {
  const slots = new Map<string, number[]>();
  for (const { layer, slot, statistics, shape } of tensors)
    if (layer !== null && statistics && shape.length >= 2) {
      const row = slots.get(slot) ?? Array<number>(layers).fill(0);
      row[layer] = statistics.norm;
      slots.set(slot, row);
    }
  const rows = [...slots].filter(([, row]) => row.length > 1);
  if (rows.length === 0) return '';
  return table(rows, [
    { title: `norm in layers 0–${layers - 1}`, value: ([slot]) => slot },
    { title: 'least', value: ([, row]) => figure(Math.min(...row)), align: 'right' },
    { title: 'most', value: ([, row]) => figure(Math.max(...row)), align: 'right' },
    { title: 'layer by layer', value: ([, row]) => sparkline(row, 48) },
  ]);
}

function tensorTable(report: InspectReport, top: number): string {
  const withSpectra = report.tensors.some(({ spectrum }) => spectrum);
  const sorted = report.tensors.toSorted((a, b) => b.parameters - a.parameters);
  const rows = sorted.slice(0, top);
  const of = (value: (tensor: TensorReport) => string, title: string) => ({
    title,
    value,
    align: 'right' as const,
  });
  const text = table(rows, [
    { title: `largest tensors`, value: ({ name }: TensorReport) => name },
    { title: 'kind', value: ({ kind, fused }: TensorReport) => (fused ? `${kind} ${fused}` : kind) },
    of(shapeOf, 'shape'),
    of(({ dtype }) => dtype, 'type'),
    of(({ statistics }) => figure(statistics?.norm ?? null), 'norm'),
    of(({ statistics }) => figure(statistics?.largest ?? null), 'max |w|'),
    of(({ statistics }) => figure(statistics?.deviation ?? null), 'std'),
    ...(withSpectra
      ? [
          of(({ spectrum }) => figure(spectrum?.values[0] ?? null), 'σ₁'),
          of(({ spectrum }) => figure(spectrum?.effectiveRank ?? null), 'eff. rank'),
          {
            title: 'spectrum',
            value: ({ spectrum }: TensorReport) => (spectrum ? sparkline(spectrum.values, 16) : ''),
          },
        ]
      : []),
  ]);
  return sorted.length > top ? `${text}\n… and ${count(sorted.length - top)} more (--top, --json)` : text;
}

/** What is wrong or odd. */
function findings(
  { nonFinite, unread, duplicates, repeatedLayers, tensors }: InspectReport,
  top: number,
): string[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const bad = nonFinite.map((name) => {
    const { nan, infinite } = byName.get(name)!.statistics!;
    return `  ${name}: ${count(nan)} NaN, ${count(infinite)} infinite`;
  });
  const alike = duplicates.map(
    ({ names: [a, b], difference }) =>
      `  ${b} ${difference === 0 ? 'is a copy of' : `differs by ${percent(difference)} from`} ${a}`,
  );
  return [
    ...(bad.length > 0
      ? [`${plural(bad.length, 'tensor')} with numbers that are not finite:`, ...some(bad, top)]
      : []),
    ...(unread.length > 0
      ? [`${plural(unread.length, 'tensor')} of types that are not read: ${oneLine(unread.join(', '), 100)}`]
      : []),
    ...(alike.length > 0
      ? [`${plural(alike.length, 'pair')} of matrices that are alike:`, ...some(alike, top)]
      : []),
    ...repeatedLayers.map(([first, second]) => `Layer ${second} repeats layer ${first}.`),
  ];
}

/** A report on one checkpoint. */
export function inspectionText(report: InspectReport, top: number): string {
  const { path, format, architecture, title, layers, parameters, size, dtypes, files, companions } = report;
  const head = facts([
    ['model', path],
    ['architecture', architecture === null ? 'not known' : `${title}, ${plural(layers, 'layer')}`],
    ['parameters', `${count(parameters)} in ${plural(report.tensors.length, 'tensor')}, ${bytes(size)}`],
    ['types', groupText(dtypes)],
    ['files', `${format}: ${oneLine(groupText(files), 160)}`],
    ...(companions.length > 0 ? [['beside them', companions.join(', ')] as const] : []),
  ]);
  const found = findings(report, top);
  return [head, found.join('\n'), norms(report), tensorTable(report, top)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function changeTable({ tensors, models }: CompareReport, top: number): string {
  const most = ({ changes }: TensorComparison) => Math.max(...changes.map(({ relative }) => relative));
  const rows = tensors.filter(
    (tensor) => most(tensor) > 0 || tensor.changes.some(({ nonFinite }) => nonFinite > 0),
  );
  if (rows.length === 0) return 'Nothing changed: all numbers are the same.';
  rows.sort((a, b) => most(b) - most(a));
  const text = table(rows.slice(0, top), [
    { title: 'changed most', value: ({ name }: TensorComparison) => name },
    { title: 'shape', value: shapeOf, align: 'right' },
    { title: 'norm', value: ({ norm }) => figure(norm), align: 'right' },
    ...models.map((_, i) => ({
      title: models.length === 1 ? 'change' : `change ${i + 1}`,
      value: ({ changes }: TensorComparison) =>
        changes[i]!.nonFinite > 0
          ? `${count(changes[i]!.nonFinite)} not finite`
          : percent(changes[i]!.relative),
      align: 'right' as const,
    })),
  ]);
  return rows.length > top ? `${text}\n… and ${count(rows.length - top)} more (--top, --json)` : text;
}

function cosineTable({ cosines, models }: CompareReport): string {
  if (models.length < 2) return '';
  return table(
    cosines.map((row, i) => ({ row, i })),
    [
      { title: 'cosine of task vectors', value: ({ i }) => `${i + 1}` },
      ...models.map((_, j) => ({
        title: String(j + 1),
        value: ({ row }: { row: readonly (number | null)[] }) => (row[j] === null ? '–' : row[j]!.toFixed(3)),
        align: 'right' as const,
      })),
    ],
  );
}

function intruderTable({ intruders, models }: CompareReport, top: number): string {
  if (!intruders) return '';
  const total = (model: number) =>
    intruders.filter((one) => one.model === model).reduce((sum, { indices }) => sum + indices.length, 0);
  const head = `Intruder dimensions (new high-ranking singular vectors): ${models
    .map((_, i) => (models.length === 1 ? count(total(i)) : `${count(total(i))} in ${i + 1}`))
    .join(', ')}`;
  const rows = intruders.toSorted(
    (a, b) => b.indices.length - a.indices.length || b.effectiveRank - a.effectiveRank,
  );
  if (rows.length === 0) return head;
  const text = table(rows.slice(0, top), [
    { title: 'matrix', value: ({ name }: IntruderComparison) => name },
    ...(models.length > 1
      ? [{ title: 'model', value: ({ model }: IntruderComparison) => `${model + 1}` }]
      : []),
    { title: 'intruders', value: ({ indices }) => count(indices.length), align: 'right' },
    { title: 'at', value: ({ indices }) => oneLine(indices.join(' '), 24) },
    {
      title: 'least cosine',
      value: ({ maxCosine }) => Math.min(...maxCosine.slice(0, 10)).toFixed(2),
      align: 'right',
    },
    { title: 'by chance', value: ({ randomCosine }) => randomCosine.toFixed(2), align: 'right' },
    { title: 'rank of change', value: ({ effectiveRank }) => figure(effectiveRank), align: 'right' },
    { title: 'σ₁ before', value: ({ baseSigma }) => figure(baseSigma[0] ?? 0), align: 'right' },
    { title: 'after', value: ({ sigma }) => figure(sigma[0] ?? 0), align: 'right' },
  ]);
  return `${head}\n${text}`;
}

/** A report on several checkpoints. */
export function comparisonText(report: CompareReport, top: number): string {
  const { base, models, tensors, changed, taskNorms, relativeNorms, differences, skipped } = report;
  const head = facts([
    ['base', base],
    ...models.map(
      (path, i) =>
        [
          models.length === 1 ? 'model' : `model ${i + 1}`,
          `${path}: ${count(changed[i]!)} of ${plural(tensors.length, 'tensor')} changed, task vector ${figure(taskNorms[i]!)} (${percent(relativeNorms[i]!)} of the base)`,
        ] as const,
    ),
  ]);
  const odd = [
    ...(differences.length > 0
      ? [
          'Not in all, or of another shape:',
          ...some(
            differences.map((one) => `  ${one}`),
            top,
          ),
        ]
      : []),
    ...(skipped.length > 0
      ? [
          'Not compared:',
          ...some(
            skipped.map((one) => `  ${one}`),
            top,
          ),
        ]
      : []),
  ];
  return [head, odd.join('\n'), cosineTable(report), changeTable(report, top), intruderTable(report, top)]
    .filter((part) => part !== '')
    .join('\n\n');
}
