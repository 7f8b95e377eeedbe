import { expect, it } from 'vitest';
import { readEvents, type ServerEvent } from './sse.js';

/** The text's bytes in pieces of `size`. */
function streamOf(text: string, size: number) {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (let i = 0; i < bytes.length; i += size) controller.enqueue(bytes.slice(i, i + size));
      controller.close();
    },
  });
}

async function all(text: string, size: number) {
  const events: ServerEvent[] = [];
  for await (const event of readEvents(streamOf(text, size))) events.push(event);
  return events;
}

const TEXT =
  'event: a\ndata: {"é": 1}\n\n: comment\n\ndata:x\ndata: y\n\nevent: b\r\ndata: z: w\r\n\r\ndata: cut';

it.each([1, 2, 3, 7, 1000])('events come whole out of pieces of %i bytes', async (size) => {
  expect(await all(TEXT, size)).toEqual([
    { event: 'a', data: '{"é": 1}' },
    { event: 'message', data: 'x\ny' },
    { event: 'b', data: 'z: w' },
  ]);
});

it('who leaves cancels the stream', async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
    cancel() {
      cancelled = true;
    },
  });
  for await (const _ of readEvents(stream)) break;
  expect(cancelled).toBe(true);
});
