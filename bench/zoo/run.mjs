/**
 * How long the recipes of the zoo take: each is trained from nothing in a cache of its own, with the data of the usual one.
 *
 * Options: --recipes a,b (default: all), --threads 2, --estimate 30 (time so many steps instead, and reckon the whole),
 * --kept (nothing is trained: what the usual cache holds). Prints the table of docs/zoo.md.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const docs = fileURLToPath(new URL('../../docs/benchmarks/', import.meta.url));
const log = (text) => console.error(text);
const round = (value) => Math.round(value * 10) / 10;

/** Works, and says how long it took: on the clock, and all threads together. */
async function timed(work) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return { value, seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
}

/** What is told of a trained model. */
const factsOf = ({ parameters, cpuSeconds, quality, plan }) => ({
  parameters,
  steps: plan.training.steps,
  cpu_seconds: cpuSeconds,
  data: quality.data,
  figures: quality.figures,
});

/** Trains a recipe whole. */
async function whole({ obtain }, recipe, threads) {
  const { value, seconds, cpu } = await timed(() => obtain(recipe, { threads, fresh: true }));
  return { seconds: round(seconds), whole_cpu_seconds: round(cpu), ...factsOf(value.record) };
}

/** Loads the data, times some steps after the first five, and reckons the whole. */
async function estimate({ train }, { optimizerOf }, recipe, threads, steps) {
  const loading = await timed(() => recipe.prepare({ threads }));
  const prepared = loading.value;
  let started;
  await train({
    name: recipe.plan.name,
    params: prepared.params,
    ...(prepared.carried !== undefined && { carried: prepared.carried }),
    loss: prepared.loss,
    optimizer: optimizerOf(recipe.plan.training, prepared.params, prepared.specs),
    clip: recipe.plan.training.clip,
    steps: steps + 5,
    threads,
    draw(step) {
      if (step === 5) started = { time: performance.now(), cpu: process.cpuUsage() };
      return prepared.draw(step);
    },
  });
  const { user, system } = process.cpuUsage(started.cpu);
  const each = (performance.now() - started.time) / 1000 / steps;
  await prepared.close?.();
  const total = recipe.plan.training.steps;
  return {
    seconds: round(loading.seconds + each * total),
    cpu_seconds: round(loading.cpu + ((user + system) / 1e6 / steps) * total),
    estimated: true,
  };
}

export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      recipes: { type: 'string' },
      threads: { type: 'string', default: String(availableParallelism()) },
      estimate: { type: 'string' },
      kept: { type: 'boolean', default: false },
    },
  });
  const models = await import('@fletch/models');
  const array = await import('@fletch/array');
  const { cacheFolder } = await import('@fletch/base');
  const wanted = values.recipes?.split(',') ?? models.recipes.map(({ plan }) => plan.name);
  if (values.kept) {
    const entries = await Promise.all(wanted.map((name) => models.zooEntry(name)));
    const trained = entries.filter(({ record }) => record);
    write(trained.map(({ name, record }) => ({ recipe: name, ...factsOf(record) })));
    return;
  }
  const usual = cacheFolder();
  const own = mkdtempSync(join(tmpdir(), 'fletch-zoo-bench-'));
  const rows = [];
  try {
    // Data are fetched once and for all; models are what is measured.
    for (const name of ['npm', 'datasets', 'apt']) {
      mkdirSync(join(usual, name), { recursive: true });
      symlinkSync(join(usual, name), join(own, name));
    }
    process.env.FLETCH_CACHE = own;
    for (const name of wanted) {
      const recipe = models.zooRecipe(name);
      const threads = Number(values.threads);
      const figures = values.estimate
        ? await estimate(array, models, recipe, threads, Number(values.estimate))
        : await whole(models, recipe, threads);
      rows.push({ recipe: name, threads, ...figures });
      log(JSON.stringify(rows.at(-1)));
    }
  } finally {
    rmSync(own, { recursive: true });
  }
  write(rows);
}

function write(rows) {
  const result = {
    date: new Date().toISOString(),
    machine: { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version },
    rows,
  };
  mkdirSync(docs, { recursive: true });
  writeFileSync(`${docs}zoo.json`, `${JSON.stringify(result, null, 2)}\n`);
  console.log(table(rows.filter(({ figures }) => figures)));
}

const figure = (value) => String(Number(value.toPrecision(4)));

/** The table of docs/zoo.md. */
function table(rows) {
  const lines = rows.map(({ recipe, parameters, steps, cpu_seconds, figures }) => {
    const measured = figures.map(
      ({ name, value, baseline }) =>
        `${name} **${figure(value)}**${baseline ? ` (${baseline.name} ${figure(baseline.value)})` : ''}`,
    );
    const size = `${figure(parameters / 1e6)} M`;
    return `| \`${recipe}\` | ${size} | ${steps} | ${Math.round(cpu_seconds)} s | ${measured.join('; ')} |`;
  });
  const head = '| recipe | parameters | steps | processor time | on held-out data |\n|---|---|---|---|---|';
  return [head, ...lines].join('\n');
}
