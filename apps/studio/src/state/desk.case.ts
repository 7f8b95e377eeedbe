/** The studio with a desk over the fake client, at an address, for the tests of the pages beside the search. */
import { type FakeBrowser, fakeBrowser } from './address.case.js';
import { createDesk, type Desk } from './desk.js';
import { type FakeClient, fakeClient } from './fake.case.js';
import { createRouter } from './route.js';
import { createStudio } from './studio.js';

export interface OpenDesk {
  readonly desk: Desk;
  readonly client: FakeClient;
  readonly browser: FakeBrowser;
}

export async function openDesk(hash: string, client = fakeClient()): Promise<OpenDesk> {
  const browser = fakeBrowser(hash);
  const studio = createStudio(client, createRouter(browser));
  const desk = createDesk(client, studio);
  await studio.collections.refresh();
  return { desk, client, browser };
}

/** A function that notes its calls as `[name, …arguments]` and answers with what `answer` gives. */
export function noting<T>(calls: unknown[][], name: string, answer: () => T) {
  return async (...parameters: unknown[]): Promise<T> => {
    calls.push([name, ...parameters.filter((parameter) => !(parameter instanceof AbortSignal))]);
    return answer();
  };
}
