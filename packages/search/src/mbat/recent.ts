/**
 * Things that are made by name, the last used of which are kept.
 *
 * @module
 */
export class Recent<T> {
  readonly #most: number;
  readonly #make: (name: string) => T;
  readonly #kept = new Map<string, T>();

  constructor(most: number, make: (name: string) => T) {
    this.#most = most;
    this.#make = make;
  }

  get(name: string): T {
    let value = this.#kept.get(name);
    if (value === undefined) {
      value = this.#make(name);
      if (this.#kept.size >= this.#most) this.#kept.delete(this.#kept.keys().next().value!);
    } else this.#kept.delete(name);
    this.#kept.set(name, value);
    return value;
  }
}
