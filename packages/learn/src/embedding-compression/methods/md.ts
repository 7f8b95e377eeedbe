/**
 * Mixed dimensions (Ginart et al., ISIT 2021): the more rows a field has, the narrower they are; and the same width for all.
 *
 * @module
 */
import { largest } from '../budget.js';
import type { EmbeddingSettings, MethodSpec } from '../types.js';
import { fieldTableBytes, fieldTables, restoreFieldTables } from './field-tables.js';
import { budgetBytes, requireBudget } from './table.js';

/** Widths `dim · (n_f / n_min)^−α`, at least 1, rounded to powers of two. */
export function mixedWidths(
  { fields, dim }: Pick<EmbeddingSettings, 'fields' | 'dim'>,
  alpha: number,
): number[] {
  const least = Math.min(...fields.sizes);
  return fields.sizes.map((size) => {
    const width = dim * (size / least) ** -alpha;
    return Math.min(dim, Math.max(1, 2 ** Math.round(Math.log2(width))));
  });
}

const share = (settings: Pick<EmbeddingSettings, 'fields' | 'dim'>, widths: readonly number[]) =>
  fieldTableBytes(settings, widths, false) / (4 * settings.fields.rows * settings.dim);

/** Steps of α between 0 and 1. */
const GRID = 1000;

export const md: MethodSpec = {
  title: 'MDE',
  family: 'intra-feature',
  floor: (settings) => share(settings, mixedWidths(settings, 1)),
  start(settings) {
    requireBudget('md', settings, this.floor(settings));
    // The widths, and with them the bytes, fall as α grows.
    const tooWide = largest(
      0,
      GRID,
      (i) => fieldTableBytes(settings, mixedWidths(settings, i / GRID), false) > budgetBytes(settings),
    );
    const { stage, store } = fieldTables(settings, mixedWidths(settings, (tooWide + 1) / GRID));
    return { stages: [stage], store };
  },
  restore: restoreFieldTables,
};

/** The widest rows of one width for all fields that fit the budget, with a projection for each field. */
export const small: MethodSpec = {
  title: 'smaller dimension',
  family: 'baseline',
  floor: (settings) =>
    share(
      settings,
      settings.fields.sizes.map(() => 1),
    ),
  start(settings) {
    requireBudget('small', settings, this.floor(settings));
    const { fields, dim } = settings;
    const all = (width: number) => fields.sizes.map(() => width);
    const width = largest(1, dim, (w) => fieldTableBytes(settings, all(w), false) <= budgetBytes(settings));
    const { stage, store } = fieldTables(settings, all(width));
    return { stages: [stage], store };
  },
  restore: restoreFieldTables,
};
