/**
 * Parameters of payload indexes, checked.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { languageName, stemmerLanguages, stopwordLanguages } from '../filter/text/languages.js';
import type { PayloadFieldSchema, PayloadFieldType, PayloadIndexParams } from '../types/index.js';

/** Says what is wrong with a parameter, or nothing. */
type Check = (value: unknown) => string | undefined;

const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'expected true or false');
const count: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'expected an unsigned integer';
const oneOf =
  (...names: string[]): Check =>
  (value) =>
    names.includes(value as string) ? undefined : `expected one of ${names.join(', ')}`;

const common = { on_disk: flag, enable_hnsw: flag, memory: oneOf('cold', 'cached', 'pinned') };

/** The parameters of each type of index. */
const params: { readonly [T in PayloadFieldType]: { readonly [parameter: string]: Check } } = {
  keyword: { ...common, is_tenant: flag, prefix: flag },
  integer: { ...common, lookup: flag, range: flag, is_principal: flag },
  float: { ...common, is_principal: flag },
  bool: common,
  geo: common,
  datetime: { ...common, is_principal: flag },
  text: {
    ...common,
    tokenizer: oneOf('prefix', 'whitespace', 'word', 'multilingual'),
    min_token_len: count,
    max_token_len: count,
    lowercase: flag,
    ascii_folding: flag,
    phrase_matching: flag,
    stopwords,
    stemmer,
  },
  uuid: { ...common, is_tenant: flag },
};

/** The types of payload indexes. */
export const indexTypes = Object.keys(params) as PayloadFieldType[];

/**
 * Reads what `createPayloadIndex` takes: a type, or an object with one. Parameters that are null are left out, unknown
 * ones ignored, as Qdrant does.
 *
 * @param at - where it stood, for messages
 * @throws FletchError `INVALID_ARGUMENT`; `details.ofValue` when it is well-formed but for a value
 */
export function readIndexSchema(input: unknown, at = 'field_schema'): PayloadFieldSchema {
  if (typeof input === 'string') return readType(input, at);
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw invalid(at, 'expected the type of the index, or an object with it');
  const given = input as { readonly [parameter: string]: unknown };
  const type = readType(given.type, `${at}.type`);
  const read: [string, unknown][] = [['type', type]];
  for (const [name, check] of Object.entries(params[type])) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined || value === null) continue;
    const fault = check(value);
    if (fault !== undefined) throw invalid(`${at}.${name}`, `${fault}, got ${JSON.stringify(value)}`);
    read.push([name, value]);
  }
  if (given.lookup === false && given.range === false && type === 'integer')
    throw invalid(
      `${at}.lookup`,
      "Validation error: the 'lookup' and 'range' capabilities can't be both disabled",
      true,
    );
  return structuredClone(Object.fromEntries(read)) as unknown as PayloadIndexParams;
}

/** The parameters of an index that may be given by its type alone. */
export function paramsOf(schema: PayloadFieldSchema): PayloadIndexParams {
  return typeof schema === 'string' ? { type: schema } : schema;
}

function readType(type: unknown, at: string): PayloadFieldType {
  if (indexTypes.includes(type as PayloadFieldType)) return type as PayloadFieldType;
  throw invalid(at, `expected one of ${indexTypes.join(', ')}, got ${JSON.stringify(type) ?? 'nothing'}`);
}

function stopwords(value: unknown): string | undefined {
  if (typeof value === 'string') return stopwordLanguage(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'expected a language or {languages, custom}';
  const { languages = null, custom = null } = value as { languages?: unknown; custom?: unknown };
  if (custom !== null && !isStrings(custom)) return 'custom: expected a list of words';
  if (languages === null) return undefined;
  if (!isStrings(languages)) return 'languages: expected a list of languages';
  return languages.map(stopwordLanguage).find((fault) => fault !== undefined);
}

function stopwordLanguage(language: string): string | undefined {
  return stopwordLanguages.includes(languageName(language))
    ? undefined
    : `there are stop words of ${stopwordLanguages.join(', ')} only; pass others as custom words`;
}

function stemmer(value: unknown): string | undefined {
  const { type, language } = Object(value) as { type?: unknown; language?: unknown };
  if (type === 'none') return undefined;
  if (type !== 'snowball') return 'expected {type: "snowball", language} or {type: "none"}';
  if (typeof language === 'string' && stemmerLanguages.includes(languageName(language))) return undefined;
  return `language: expected one of ${stemmerLanguages.join(', ')}`;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function invalid(at: string, what: string, ofValue = false): FletchError {
  return new FletchError('INVALID_ARGUMENT', `${at}: ${what}`, { details: { at, what, ofValue } });
}
