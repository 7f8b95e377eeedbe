/**
 * Server-sent events out of a stream of bytes.
 *
 * @module
 */

export interface ServerEvent {
  /** `message` when the server names none. */
  readonly event: string;
  /** Lines joined by line feeds. */
  readonly data: string;
}

/** One block between empty lines; undefined when it carries no data (a comment that keeps the line open). */
function eventOf(block: string): ServerEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'event') event = value;
    else if (name === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}

/** The events as they come; an unfinished one at the end is dropped. Leaving the loop cancels the stream. */
export async function* readEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let waiting = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      // A carriage return at the end may be half of a line's end: it waits for the other half.
      waiting = (waiting + decoder.decode(value, { stream: true })).replace(/\r\n/g, '\n');
      const blocks = waiting.split('\n\n');
      waiting = blocks.pop()!;
      for (const block of blocks) {
        const event = eventOf(block);
        if (event !== undefined) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
