/** The server, in a process of its own. */

import { readFileSync } from 'node:fs';
import { open } from '@fletch/search';
import { serve } from '@fletch/server';
import { answerCalls } from './child.mjs';
import { watchLag } from './lag.mjs';

/** Resident bytes without those of mapped files, which the system takes back when it needs them. */
function ownMemory() {
  try {
    const [, kilobytes] = /^RssAnon:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return Number(kilobytes) * 1024;
  } catch {
    return process.memoryUsage.rss();
  }
}

let store;
let server;
const lag = watchLag();

answerCalls({
  async start({ folder }) {
    store = await open(folder);
    server = await serve({ store, port: 0, encoderNames: [] });
    return server.url;
  },
  resetLag: () => lag.reset(),
  readLag: () => lag.read(),
  usage: () => ({
    memory: ownMemory(),
    handles: process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate')
      .length,
  }),
  async close() {
    await server?.close();
    await store?.close();
  },
});
