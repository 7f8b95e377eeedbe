/**
 * One vocabulary for models with several: which row of each table stands for which token.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { readJsonObject } from '../../checkpoint/companions.js';
import type { RecipeModel } from './models.js';
import type { PlannedSource } from './plan.js';

/** Where a row of a table is from: no place is zeros, several are averaged. */
export type RowSource = readonly { readonly source: PlannedSource; readonly row: number }[];

/** Tokens and their ids, in the order of the ids. */
type Vocabulary = ReadonlyMap<string, number>;

/** The vocabulary of the merged model. */
export interface Tokens {
  /** Rows of its tables. */
  readonly size: number;
  /** The tokenizer's files are this model's. */
  readonly donor: RecipeModel;
  /** What takes the place of its `tokenizer.json`. */
  readonly tokenizerJson: string | undefined;
  /** Rows of `source` in the order of the merged vocabulary; what it lacks is taken from the base, or from those that have it. */
  rowsOf(source: PlannedSource, all: readonly PlannedSource[], base: PlannedSource | undefined): RowSource[];
}

interface TokenizerJson {
  readonly model?: { readonly vocab?: Record<string, number> | [string, number][] };
  readonly added_tokens?: readonly { readonly id: number; readonly content: string }[];
}

async function readTokenizer({ checkpoint }: RecipeModel): Promise<TokenizerJson | null> {
  return (await readJsonObject(checkpoint.folder, 'tokenizer.json', {
    allowLinks: true,
  })) as TokenizerJson | null;
}

/** All tokens with ids below the rows that the model has. */
function vocabularyOf(tokenizer: TokenizerJson, rows: number): Vocabulary {
  const { vocab = {} } = tokenizer.model ?? {};
  const listed: [string, number][] = Array.isArray(vocab)
    ? vocab.map(([token], id) => [token, id])
    : Object.entries(vocab);
  const all = [...listed, ...(tokenizer.added_tokens ?? []).map(({ content, id }) => [content, id] as const)];
  return new Map(all.filter(([, id]) => id < rows).sort(([, a], [, b]) => a - b));
}

const rowsIn = ({ checkpoint, layout }: RecipeModel): number => {
  const size = checkpoint.config?.vocab_size;
  if (typeof size === 'number') return size;
  for (const [name, { shape }] of checkpoint.tensors)
    if (layout.roles.get(name)?.kind === 'embedding' && !/wpe|position|type/.test(name)) return shape[0]!;
  return Number.POSITIVE_INFINITY;
};

/** The base's tokenizer with the tokens that only others have behind its own. */
function union(base: TokenizerJson, own: Vocabulary, others: readonly Vocabulary[]): TokenizerJson {
  const added = new Map<string, number>();
  let next = Math.max(-1, ...own.values()) + 1;
  for (const other of others)
    for (const token of other.keys()) if (!own.has(token) && !added.has(token)) added.set(token, next++);
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false };
  const kept = (base.added_tokens ?? []).filter(({ content }) => own.has(content));
  return {
    ...base,
    added_tokens: [...kept, ...Array.from(added, ([content, id]) => ({ id, content, ...plain }))],
  };
}

/**
 * The merged vocabulary.
 *
 * @param source - `union`, `base`, or the name of a model
 * @throws FletchError `NOT_FOUND` when the tokenizer of the base or of the named model is not there
 */
export async function mergeTokens(
  source: string,
  models: ReadonlyMap<string, RecipeModel>,
  base: RecipeModel,
  warn: (message: string) => void,
): Promise<Tokens> {
  const donor = source === 'union' || source === 'base' ? base : models.get(source);
  const tokenizer = donor && (await readTokenizer(donor));
  if (!donor || !tokenizer)
    throw new FletchError(
      'NOT_FOUND',
      `tokenizer_source is "${source}", but ${donor ? `"${donor.name}" has no tokenizer.json` : 'no model of the recipe is called so'}.`,
      { details: { tokenizer: source } },
    );
  const vocabularies = new Map<RecipeModel, Vocabulary>();
  const donors = vocabularyOf(tokenizer, rowsIn(donor));
  for (const model of models.values()) {
    const own = model === donor ? tokenizer : await readTokenizer(model);
    if (!own) warn(`"${model.name}" has no tokenizer.json: it counts as that of "${donor.name}".`);
    vocabularies.set(model, own ? vocabularyOf(own, rowsIn(model)) : donors);
  }
  const merged =
    source === 'union'
      ? union(
          tokenizer,
          donors,
          [...vocabularies].filter(([model]) => model !== donor).map(([, one]) => one),
        )
      : tokenizer;
  const out = vocabularyOf(merged, source === 'union' ? Number.POSITIVE_INFINITY : rowsIn(donor));
  const size = Math.max(-1, ...out.values()) + 1;
  return {
    size,
    donor,
    tokenizerJson: source === 'union' ? `${JSON.stringify(merged, undefined, 2)}\n` : undefined,
    rowsOf(wanted, all, under) {
      const rows = new Array<RowSource>(size).fill([]);
      for (const [token, id] of out) {
        const place = (one: PlannedSource | undefined) => {
          const row = one && vocabularies.get(one.model)!.get(token);
          return one && row !== undefined ? { source: one, row } : undefined;
        };
        const own = place(wanted);
        const fromBase = own ?? place(under);
        rows[id] = fromBase ? [fromBase] : all.map(place).filter((one) => one !== undefined);
      }
      return rows;
    },
  };
}
