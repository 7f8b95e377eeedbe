/**
 * What a container keeps from one invocation to the next.
 *
 * @module
 */

/**
 * Data that stay in the memory of a function's process, with a tag that says what they are: the same tag again finds them there,
 * another one replaces them (SQUASH's data retention exploitation, section 3.4).
 */
export class Container {
  #tag: string | null = null;
  #value: Promise<unknown> | undefined;

  /**
   * The data of a tag.
   *
   * @param load - reads them when they are not there
   */
  async retained<T>(tag: string, load: () => Promise<T>): Promise<{ value: T; warm: boolean }> {
    if (this.#tag === tag) return { value: (await this.#value) as T, warm: true };
    this.forget();
    const value = load();
    this.#tag = tag;
    this.#value = value;
    try {
      return { value: await value, warm: false };
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** Drops what is kept. */
  forget(): void {
    this.#tag = null;
    this.#value = undefined;
  }
}
