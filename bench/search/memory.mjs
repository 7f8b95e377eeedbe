/** Resident memory of an index, measured in a process of its own. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const self = fileURLToPath(import.meta.url);

/** Growth of the resident set by reading the index at `path` and searching it. */
export function residentBytes(engine, settings, path) {
  const answer = execFileSync(process.execPath, [
    '--expose-gc',
    self,
    engine,
    JSON.stringify(settings),
    path,
  ]);
  return Number(answer);
}

if (process.argv[1] === self) {
  const [engine, json, path] = process.argv.slice(2);
  const { engines } = await import('./engines.mjs');
  const settings = JSON.parse(json);
  const resident = () => {
    globalThis.gc();
    return process.memoryUsage.rss();
  };
  const index = await engines[engine](settings);
  const before = resident();
  await index.load(path);
  const query = index.prepare(new Float32Array(settings.dimension).fill(1));
  index.searcher(64)(query, 10);
  console.log(resident() - before);
  process.exit(0);
}
