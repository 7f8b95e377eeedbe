/**
 * The types of payload indexes and the parameters that each takes.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { PayloadFieldSchema, PayloadFieldType } from '@fletch/search';

/** One parameter as a form shows it. What is left as it is, is not sent. */
export interface Parameter {
  readonly name: string;
  readonly kind: 'flag' | 'number' | 'choice';
  /** Of a choice; the first is the default. */
  readonly choices?: readonly string[];
  /** Of a flag, when it is on unless switched off. */
  readonly on?: true;
}

const flag = (name: string): Parameter => ({ name, kind: 'flag' });
const number = (name: string): Parameter => ({ name, kind: 'number' });
const choice = (name: string, ...choices: string[]): Parameter => ({ name, kind: 'choice', choices });

const STEMMED =
  'arabic armenian danish dutch english finnish french german greek hungarian italian norwegian portuguese romanian russian spanish swedish tamil turkish'.split(
    ' ',
  );
const STOPPED =
  'arabic azerbaijani basque bengali catalan chinese danish dutch english finnish french german greek hebrew hinglish hungarian indonesian italian japanese kazakh nepali norwegian portuguese romanian russian slovene spanish swedish tajik turkish'.split(
    ' ',
  );

export const FIELD_TYPES: { readonly [T in PayloadFieldType]: readonly Parameter[] } = {
  keyword: [flag('is_tenant'), flag('prefix'), flag('on_disk')],
  integer: [
    { name: 'lookup', kind: 'flag', on: true },
    { name: 'range', kind: 'flag', on: true },
    flag('is_principal'),
    flag('on_disk'),
  ],
  float: [flag('is_principal'), flag('on_disk')],
  bool: [flag('on_disk')],
  geo: [flag('on_disk')],
  datetime: [flag('is_principal'), flag('on_disk')],
  text: [
    choice('tokenizer', 'word', 'whitespace', 'prefix', 'multilingual'),
    number('min_token_len'),
    number('max_token_len'),
    { name: 'lowercase', kind: 'flag', on: true },
    flag('ascii_folding'),
    flag('phrase_matching'),
    choice('stopwords', 'none', ...STOPPED),
    choice('stemmer', 'none', ...STEMMED),
    flag('on_disk'),
  ],
  uuid: [flag('is_tenant'), flag('on_disk')],
};

/** Values of a form: flags as booleans, all else as text. */
export type ParameterValues = Readonly<Record<string, string | boolean>>;

function chosenValue(
  { name, kind, choices, on }: Parameter,
  given: string | boolean | undefined,
): Json | undefined {
  if (given === undefined || given === '') return undefined;
  if (kind === 'flag') return given === (on ?? false) ? undefined : given;
  if (kind === 'number') return Number.isFinite(Number(given)) ? Number(given) : undefined;
  if (given === choices![0]) return undefined;
  return name === 'stemmer' ? { type: 'snowball', language: given } : given;
}

/** What to send: the type alone where nothing else was chosen. */
export function fieldSchema(type: PayloadFieldType, values: ParameterValues): PayloadFieldSchema {
  const chosen = FIELD_TYPES[type].flatMap((parameter) => {
    const value = chosenValue(parameter, values[parameter.name]);
    return value === undefined ? [] : [[parameter.name, value] as const];
  });
  return chosen.length === 0 ? type : ({ type, ...Object.fromEntries(chosen) } as PayloadFieldSchema);
}

/** The parameters of an index as one line; empty for none. */
export function parameterLine(params: object | undefined): string {
  return Object.entries(params ?? {})
    .filter(([name, value]) => name !== 'type' && value != null && value !== false)
    .map(([name, value]) => {
      if (value === true) return name;
      const stemmer = (value as { language?: unknown }).language;
      return `${name}: ${typeof stemmer === 'string' ? stemmer : typeof value === 'object' ? JSON.stringify(value) : value}`;
    })
    .join(', ');
}
