/**
 * Small things kept between visits. Without storage (private windows, blocked cookies) they last one visit.
 *
 * @module
 */

export type Keep = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Wraps a storage that may throw at any call, or not exist. */
export function safeStorage(find: () => Storage): Keep {
  const memory = new Map<string, string>();
  const attempt = <T>(work: (storage: Storage) => T, otherwise: () => T): T => {
    try {
      return work(find());
    } catch {
      return otherwise();
    }
  };
  return {
    getItem: (key) =>
      attempt(
        (storage) => storage.getItem(key),
        () => memory.get(key) ?? null,
      ),
    setItem: (key, value) =>
      attempt(
        (storage) => storage.setItem(key, value),
        () => void memory.set(key, value),
      ),
    removeItem: (key) =>
      attempt(
        (storage) => storage.removeItem(key),
        () => void memory.delete(key),
      ),
  };
}
