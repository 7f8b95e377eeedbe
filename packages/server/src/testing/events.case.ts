/**
 * Reads server-sent events.
 *
 * @module
 */

/** The events of a whole answer as `[event, data]`. */
export const eventsOf = (text: string) =>
  text
    .split('\n\n')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [, event] = /event: (.*)/.exec(part)!;
      return [event, JSON.parse(/data: (.*)/.exec(part)![1]!)] as [string, Record<string, unknown>];
    });
