/** One measured job in a process of its own. */
import { createReadStream, createWriteStream, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { mergeRecipe } from '../../packages/weights/dist/index.js';

const job = JSON.parse(process.argv[2]);
const chunk = { highWaterMark: 2 ** 22 };

/** Reads both models and writes one of them, made durable as a merged one is. */
async function streams(folder) {
  const file = (name) =>
    join(
      folder,
      name,
      readdirSync(join(folder, name)).find((one) => one.endsWith('.safetensors')),
    );
  const target = join(folder, 'copy.bin');
  let read = 0;
  const drain = async (path) => {
    for await (const part of createReadStream(path, chunk)) read += part.length;
  };
  await Promise.all([
    drain(file('a')),
    pipeline(createReadStream(file('b'), chunk), createWriteStream(target, chunk)),
  ]);
  const handle = await open(target, 'r+');
  await handle.sync();
  await handle.close();
  rmSync(target);
  return read;
}

async function merge({ folder, name }) {
  const out = join(folder, `merged-${name}`);
  rmSync(out, { recursive: true, force: true });
  const { seconds } = await mergeRecipe(join(folder, `${name}.yml`), { out });
  rmSync(out, { recursive: true, force: true });
  return seconds;
}

try {
  const started = performance.now();
  let seconds = job.kind === 'merge' ? await merge(job) : undefined;
  if (seconds === undefined) {
    await streams(job.folder);
    seconds = (performance.now() - started) / 1000;
  }
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  process.send({
    seconds,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    megabytes: Math.round(maxRSS / 1024),
  });
} catch (error) {
  process.send({ error: error.stack ?? String(error) });
}
