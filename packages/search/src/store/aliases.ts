/**
 * Other names of collections, in one small file of the store.
 *
 * @module
 */
import { access } from 'node:fs/promises';
import { describeFileError, FletchError, isFletchError } from '@fletch/base';
import type { AliasAction, AliasDescription } from '../types/index.js';
import { formatMajor, readManifest, writeManifest } from './manifest.js';
import { checkName } from './names.js';

/** A file that is damaged stops nothing but the use of aliases: they throw its error. */
export class Aliases {
  readonly #path: string;
  #names: Map<string, string>;
  readonly #damage: FletchError | undefined;

  private constructor(path: string, names: Map<string, string>, damage?: FletchError) {
    this.#path = path;
    this.#names = names;
    this.#damage = damage;
  }

  /** Reads the file, if there is one. */
  static async open(path: string): Promise<Aliases> {
    // A file that cannot be read now is not one that is not there: the next change would write over it.
    const there = await access(path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw describeFileError(error, path);
      },
    );
    if (!there) return new Aliases(path, new Map());
    try {
      const { aliases } = await readManifest(path, formatMajor);
      if (!Array.isArray(aliases) || !aliases.every(isPair))
        throw new FletchError('CORRUPT', `${path} is damaged: it has no list of aliases.`, {
          details: { path },
        });
      return new Aliases(path, new Map(aliases));
    } catch (error) {
      if (isFletchError(error, 'CORRUPT') || isFletchError(error, 'FORMAT_TOO_NEW'))
        return new Aliases(path, new Map(), error);
      throw error;
    }
  }

  /** What is wrong with the file. */
  get damage(): FletchError | undefined {
    return this.#damage;
  }

  /** The collection that an alias stands for. Throws `CORRUPT` when that cannot be known. */
  resolve(name: string): string | undefined {
    if (this.#damage) throw this.#damage;
    return this.#names.get(name);
  }

  /** All of them, or those of one collection, in order of their names. */
  list(collection?: string): AliasDescription[] {
    if (this.#damage) throw this.#damage;
    return [...this.#names]
      .filter(([, target]) => collection === undefined || target === collection)
      .map(([alias_name, collection_name]) => ({ alias_name, collection_name }))
      .sort((a, b) => (a.alias_name < b.alias_name ? -1 : 1));
  }

  /**
   * Carries out all actions in their order, or none of them; they are on disk when this resolves.
   *
   * @throws FletchError `NOT_FOUND`, `ALREADY_EXISTS`, `INVALID_ARGUMENT`, `CORRUPT`, `DISK_FULL`, `IO`
   */
  async update(actions: readonly AliasAction[], isCollection: (name: string) => boolean): Promise<void> {
    if (this.#damage) throw this.#damage;
    if (!Array.isArray(actions)) throw invalid('actions: expected a list of actions.');
    const names = new Map(this.#names);
    actions.forEach((action, i) => {
      carryOut(names, action, `actions[${i}]`, isCollection);
    });
    await this.#save(names);
  }

  /** Removes the aliases of a collection. */
  async forget(collection: string): Promise<void> {
    const kept = [...this.#names].filter(([, target]) => target !== collection);
    if (kept.length < this.#names.size) await this.#save(new Map(kept));
  }

  async #save(names: Map<string, string>): Promise<void> {
    await writeManifest(this.#path, { fletch: 'aliases', format: formatMajor, aliases: [...names] });
    this.#names = names;
  }
}

function carryOut(
  names: Map<string, string>,
  action: AliasAction,
  at: string,
  isCollection: (name: string) => boolean,
): void {
  if (typeof action !== 'object' || action === null) throw unknownAction(at);
  if ('create_alias' in action) {
    const { alias_name: alias, collection_name: target } = action.create_alias ?? {};
    checkText(target, `${at}.create_alias.collection_name`);
    checkAlias(alias, `${at}.create_alias.alias_name`);
    if (!isCollection(target)) throw noCollection(target);
    if (isCollection(alias)) throw taken(alias);
    names.set(alias, target);
  } else if ('delete_alias' in action) {
    const { alias_name: alias } = action.delete_alias ?? {};
    checkText(alias, `${at}.delete_alias.alias_name`);
    names.delete(alias);
  } else if ('rename_alias' in action) {
    const { old_alias_name: from, new_alias_name: to } = action.rename_alias ?? {};
    checkText(from, `${at}.rename_alias.old_alias_name`);
    checkAlias(to, `${at}.rename_alias.new_alias_name`);
    const target = names.get(from);
    if (target === undefined)
      throw new FletchError('NOT_FOUND', `Alias ${from} does not exists!`, { details: { alias: from } });
    if (isCollection(to)) throw taken(to);
    names.delete(from);
    names.set(to, target);
  } else throw unknownAction(at);
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}

function checkText(value: unknown, at: string): asserts value is string {
  if (typeof value !== 'string') throw invalid(`${at}: expected a name.`);
}

function checkAlias(value: unknown, at: string): asserts value is string {
  checkText(value, at);
  checkName(value);
}

function unknownAction(at: string): FletchError {
  return invalid(`${at}: expected create_alias, delete_alias or rename_alias.`);
}

function noCollection(name: string): FletchError {
  return new FletchError('NOT_FOUND', `Collection \`${name}\` doesn't exist!`, {
    details: { collection: name },
  });
}

function taken(name: string): FletchError {
  return new FletchError('ALREADY_EXISTS', `Collection \`${name}\` already exists!`, {
    details: { collection: name },
  });
}

function invalid(message: string): FletchError {
  return new FletchError('INVALID_ARGUMENT', message);
}
