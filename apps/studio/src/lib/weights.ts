/**
 * Tensors as rows of a table and cells of a map.
 *
 * @module
 */
import type { CompareReport, InspectReport } from '@fletch/weights';

/** A row of the table of tensors. */
export interface TensorRow {
  readonly name: string;
  readonly kind: string;
  readonly shape: string;
  readonly dtype: string;
  readonly parameters: number;
  /** Null where numbers are not read. */
  readonly norm: number | null;
  readonly largest: number | null;
  readonly deviation: number | null;
  /** NaN and infinite numbers. */
  readonly bad: number;
  /** Norm of the change over that of the base; null when nothing is compared. */
  readonly change: number | null;
}

/** The columns that rows can be sorted by. */
export type SortKey = Exclude<keyof TensorRow, 'shape' | 'bad'>;

/** The tensors of a report, with how much they changed when there is a comparison. */
export function rowsOf({ tensors }: InspectReport, comparison: CompareReport | null): TensorRow[] {
  const changes = new Map(comparison?.tensors.map(({ name, changes: [first] }) => [name, first!.relative]));
  return tensors.map(({ name, kind, fused, shape, dtype, parameters, statistics }) => ({
    name,
    kind: fused === null ? kind : `${kind}, ${fused}`,
    shape: shape.length === 0 ? '1' : shape.join(' × '),
    dtype,
    parameters,
    norm: statistics?.norm ?? null,
    largest: statistics?.largest ?? null,
    deviation: statistics?.deviation ?? null,
    bad: statistics ? statistics.nan + statistics.infinite : 0,
    change: changes.get(name) ?? null,
  }));
}

/** Sorted by a column: texts from A, numbers from the largest; what has none last. */
export function sortRows(rows: readonly TensorRow[], key: SortKey, descending: boolean): TensorRow[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [a[key], b[key]];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    const order =
      typeof x === 'string' ? x.localeCompare(y as string, 'en', { numeric: true }) : x - (y as number);
    return sign * order;
  });
}

/** A cell of the map: a tensor, and how dark it is. */
export interface MapCell {
  readonly name: string;
  readonly value: number;
  /** From 0 to 1. */
  readonly shade: number;
}

/** Tensors of the layers: a row for each name within a layer, a column for each layer. */
export interface TensorMap {
  readonly layers: number;
  readonly rows: readonly { readonly slot: string; readonly cells: readonly (MapCell | null)[] }[];
  readonly least: number;
  readonly most: number;
}

/**
 * The map of norms, each relative to the root of the tensor's size so that large and small ones can be compared; of changes
 * when there is a comparison. Shades are logarithmic. Null for models without layers.
 */
export function mapOf(report: InspectReport, comparison: CompareReport | null): TensorMap | null {
  const changes = new Map(comparison?.tensors.map(({ name, changes: [first] }) => [name, first!.relative]));
  const slots = new Map<string, Map<number, { name: string; value: number }>>();
  for (const { name, layer, slot, shape, statistics, parameters } of report.tensors) {
    if (layer === null || shape.length < 2 || !statistics) continue;
    const value = comparison
      ? (changes.get(name) ?? 0)
      : statistics.norm / Math.sqrt(Math.max(1, parameters));
    const row = slots.get(slot) ?? new Map();
    slots.set(slot, row.set(layer, { name, value }));
  }
  const values = [...slots.values()].flatMap((row) => [...row.values()].map(({ value }) => value));
  if (values.length === 0 || report.layers < 1) return null;
  const positive = values.filter((value) => value > 0);
  const [least, most] = [Math.min(...positive), Math.max(...positive)];
  // The largest is darkest, also when it is the only one.
  const spread = Math.log(most / least) || 1;
  const shadeOf = (value: number) => (value > 0 ? 1 + (0.88 * Math.log(value / most)) / spread : 0);
  return {
    layers: report.layers,
    least: positive.length > 0 ? least : 0,
    most: positive.length > 0 ? most : 0,
    rows: [...slots].map(([slot, row]) => ({
      slot: slot.replace(/\.weight$/, ''),
      cells: Array.from({ length: report.layers }, (_, layer) => {
        const cell = row.get(layer);
        return cell === undefined ? null : { ...cell, shade: shadeOf(cell.value) };
      }),
    })),
  };
}
