/**
 * Options that several commands share, and how their values are read.
 *
 * @module
 */
import { homeFolder } from '@fletch/base';
import type { Filter } from '@fletch/search';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** What every command takes. */
export interface SharedOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** What commands on a store take. */
export interface StoreOptions extends SharedOptions {
  readonly store: string;
}

/** What commands take that can ask a server instead. */
export interface UrlOptions extends StoreOptions {
  readonly url?: string;
  readonly apiKey?: string;
}

/** Adds `--json` and `--verbose`. */
export function withShared(command: Command): Command {
  return command
    .option('--json', 'print one JSON value on stdout; everything else goes to stderr')
    .option('--verbose', 'show causes and stacks of errors');
}

/** Adds `--store` beside the shared options. */
export function withStore(command: Command): Command {
  return withShared(command).addOption(
    new Option('--store <folder>', 'folder of the collections')
      .env('FLETCH_HOME')
      .default(homeFolder(), '~/.fletch'),
  );
}

/** Adds `--url` and `--api-key`. */
export function withUrl(command: Command): Command {
  return command
    .option('--url <address>', 'ask a running server instead of opening the store', address)
    .addOption(new Option('--api-key <key>', 'key of that server').env('FLETCH_API_KEY'));
}

/** Reads a whole number of at least `least`. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || text.trim() === '' || value < least || value > most)
      throw new InvalidArgumentError(
        `It must be a whole number ${most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`}.`,
      );
    return value;
  };
}

/** Reads `a,b,c`. */
export function list(text: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new InvalidArgumentError('Give at least one name, separated by commas.');
  return names;
}

/** Reads `1,2,3`. */
export function wholes(least: number): (text: string) => number[] {
  return (text) => list(text).map(whole(least));
}

/** Reads a filter; whether it is a good one is the store's to say. */
export function filterJson(text: string): Filter {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(
      `It is not JSON (${(error as Error).message}). Example: '{"must":[{"key":"pos","match":{"value":"noun"}}]}'`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidArgumentError('It must be a JSON object with must, should or must_not.');
  return value as Filter;
}

/** Reads an address of a server. */
export function address(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('It must be an address like http://localhost:6333.');
  return text.replace(/\/+$/, '');
}
