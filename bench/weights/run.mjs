/**
 * Merging checkpoints against the disk: reading both models and writing one by plain streams is what it cannot be faster
 * than. Everything runs in processes of its own, in turn; the least of the rounds counts.
 *
 * `node bench/run.mjs weights [--gigabytes 1] [--rounds 3] [--only linear,ties,tsvm] [--folder DIR] [--out file.json]`
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeModel, writeTasks } from './models.mjs';

async function child(job) {
  const process_ = fork(fileURLToPath(new URL('./child.mjs', import.meta.url)), [JSON.stringify(job)]);
  const [result] = await once(process_, 'message');
  if (result.error) throw new Error(result.error);
  return result;
}

const least = (values) => Math.min(...values);

export async function run(options) {
  const { values } = parseArgs({
    args: options,
    options: {
      gigabytes: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: 'linear,slerp,ties,tsvm' },
      folder: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'fletch-bench-'));
  mkdirSync(folder, { recursive: true });
  const only = values.only.split(',');
  const rounds = Number(values.rounds);
  const results = {};
  try {
    const methods = only.filter((name) => name !== 'tsvm');
    if (methods.length > 0) {
      const names = ['base', 'a', 'b'];
      for (const [seed, name] of names.entries())
        if (!existsSync(join(folder, name)))
          await writeModel(join(folder, name), seed, Number(values.gigabytes));
      const recipes = {
        linear: 'merge_method: linear\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 0.5}\n',
        slerp: 'merge_method: slerp\nbase_model: a\nmodels: [{model: b}]\nparameters: {t: 0.4}\n',
        ties: 'merge_method: ties\nbase_model: base\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 0.5, density: 0.3}\n',
      };
      for (const name of methods) writeFileSync(join(folder, `${name}.yml`), recipes[name]);
      const times = { streams: [] };
      for (let round = 0; round < rounds; round++) {
        const floor = await child({ kind: 'streams', folder });
        times.streams.push(floor.seconds);
        times.cpu = [...(times.cpu ?? []), floor.cpuSeconds];
        for (const name of methods) {
          const found = await child({ kind: 'merge', folder, name });
          times[name] = [...(times[name] ?? []), found];
          console.log(
            `round ${round + 1}: ${name} ${found.seconds.toFixed(2)} s, ${found.megabytes} MB; streams ${floor.seconds.toFixed(2)} s`,
          );
        }
      }
      for (const name of methods)
        results[name] = {
          seconds: least(times[name].map((one) => one.seconds)),
          streams: least(times.streams),
          ratio: least(times[name].map((one) => one.seconds)) / least(times.streams),
          cpuSeconds: least(times[name].map((one) => one.cpuSeconds)),
          streamsCpuSeconds: least(times.cpu),
          ratios: times[name].map((one, i) => one.seconds / times.streams[i]),
          megabytes: Math.max(...times[name].map((one) => one.megabytes)),
        };
    }
    if (only.includes('tsvm')) {
      await writeTasks(join(folder, 'tasks'));
      const found = await child({ kind: 'merge', folder: join(folder, 'tasks'), name: 'tsvm' });
      results.tsvm = found;
    }
  } finally {
    if (!values.folder) rmSync(folder, { recursive: true, force: true });
  }
  console.log(JSON.stringify(results, undefined, 2));
  if (values.out) writeFileSync(values.out, `${JSON.stringify(results, undefined, 2)}\n`);
}
