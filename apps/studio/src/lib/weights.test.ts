import type { CompareReport, InspectReport } from '@fletch/weights';
import { expect, test } from 'vitest';
import { mapOf, rowsOf, sortRows } from './weights.js';

const statistics = (norm: number) => ({
  norm,
  largest: 1,
  mean: 0,
  deviation: 1,
  zeros: 0,
  nan: 0,
  infinite: 0,
});
const tensor = (name: string, layer: number | null, norm: number | null) => ({
  name,
  layer,
  slot: name.replace(/^h\.\d+\./, ''),
  block: '',
  kind: 'linear',
  fused: null,
  shape: [2, 2],
  dtype: 'F32',
  parameters: 4,
  statistics: norm === null ? null : statistics(norm),
});
const report = {
  layers: 2,
  tensors: [tensor('h.0.a.weight', 0, 2), tensor('h.1.a.weight', 1, 20), tensor('h.10.b', null, null)],
} as unknown as InspectReport;
const comparison = {
  tensors: [
    { name: 'h.0.a.weight', changes: [{ relative: 0.5 }] },
    { name: 'h.1.a.weight', changes: [{ relative: 0 }] },
  ],
} as unknown as CompareReport;

test('rows are sorted by numbers and by names as people count; what has no number stands last', () => {
  const rows = rowsOf(report, comparison);
  const names = (key: 'norm' | 'name' | 'change', down: boolean) =>
    sortRows(rows, key, down).map(({ name }) => name);
  expect(names('norm', true)).toEqual(['h.1.a.weight', 'h.0.a.weight', 'h.10.b']);
  expect(names('norm', false)).toEqual(['h.0.a.weight', 'h.1.a.weight', 'h.10.b']);
  expect(names('name', false)).toEqual(['h.0.a.weight', 'h.1.a.weight', 'h.10.b']);
  expect(names('change', true)).toEqual(['h.0.a.weight', 'h.1.a.weight', 'h.10.b']);
});

test('the map has a row for a name and a column for a layer', () => {
  const map = mapOf(report, null)!;
  expect(map.rows.map(({ slot }) => slot)).toEqual(['a']);
  expect(map.rows[0]!.cells.map((cell) => cell?.value)).toEqual([1, 10]);
  expect(map.rows[0]!.cells[0]!.shade).toBeCloseTo(0.12, 10);
  expect(map.rows[0]!.cells[1]!.shade).toBe(1);
  expect(mapOf(report, comparison)!.rows[0]!.cells.map((cell) => cell?.shade)).toEqual([1, 0]);
  expect(mapOf({ ...report, tensors: [] }, null)).toBeNull();
});
