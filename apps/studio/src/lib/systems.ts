/**
 * The systems of the laboratory in the order and the words that people see.
 *
 * @module
 */
import type { LabSystem } from '../api/lab.js';

/** Packages that systems live in, and the field that each is about. */
const FIELDS: Readonly<Record<string, string>> = {
  search: 'Vector search',
  text: 'Text',
  recommend: 'Recommendation',
  weights: 'Weights of models',
  learn: 'Representation learning',
  estimate: 'Estimation',
  insight: 'Insight into models',
};

export interface Field {
  readonly field: string;
  readonly about: string;
  readonly systems: readonly LabSystem[];
}

/** Systems by field; fields that are not known here come last, under their package's name. */
export function byField(systems: readonly LabSystem[]): Field[] {
  const known = Object.keys(FIELDS);
  const fields = [...new Set([...known, ...systems.map((system) => system.package)])];
  return fields
    .map((field) => ({
      field,
      about: FIELDS[field] ?? field,
      systems: systems.filter((system) => system.package === field).sort((a, b) => a.number - b.number),
    }))
    .filter(({ systems: own }) => own.length > 0);
}

export const VERDICTS = {
  holds: 'reproduced',
  fails: 'not reproduced',
  built: 'not measured yet',
  planned: 'planned',
} as const;

/** A system, or as much of it as tells its verdict. */
export type Judged = Pick<LabSystem, 'status'> & { readonly result: { readonly holds: boolean } | null };

export function verdictOf({ status, result }: Judged): keyof typeof VERDICTS {
  if (result !== null) return result.holds ? 'holds' : 'fails';
  return status;
}

/** Whether every word occurs in what is said of a system. */
export function matchesText({ number, id, title, summary, claim }: LabSystem, text: string): boolean {
  const said = `${number} ${id} ${title} ${summary} ${claim}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => said.includes(word));
}

/** Names of all columns, in order of appearance. */
export const columnsOf = (rows: readonly Readonly<Record<string, unknown>>[]): string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row))),
];
