/**
 * Random collections, filters and queries, answered by the HTTP API and by the oracle.
 *
 * `FLETCH_CONGRUENCE` is the number of queries to compare (default 10,000), `FLETCH_SEED` the seed.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, type Store } from '@fletch/search';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { createApp } from '../app.js';
import { asker, testEncoders } from '../testing/setup.case.js';
import { type Script, scripts } from './arbitraries/steps.case.js';
import { runScript, Tally } from './run.case.js';

const QUERIES = Number(process.env.FLETCH_CONGRUENCE ?? 10_000);
const SEED = Number(process.env.FLETCH_SEED ?? 20_240_517);
/** Steps of a script at most; half of them on average. */
const STEPS = 120;
const MINUTES = 60_000;

test(`${QUERIES} random queries are answered as by the oracle`, {
  timeout: Math.max(10, QUERIES / 1000) * MINUTES,
}, async () => {
  const failures: Error[] = [];
  const onError = (error: unknown) => failures.push(error as Error);
  const ask = asker(createApp({ store: await openStore(), encoders: testEncoders(), onError }));
  const tally = new Tally();
  // Scripts vary in length: as many runs as it takes, each with a seed that follows from the first.
  for (let run = 0; tally.compared < QUERIES; run++)
    await checkScripts(20, SEED + run, async (script) => {
      failures.length = 0;
      await runScript(ask, script, tally).catch((error: Error) => {
        error.message += failures.map(({ stack }) => `\n\n${stack}`).join('');
        throw error;
      });
    });
  const { compared, refused, open } = tally;
  const all = compared + refused + open;
  expect(compared).toBeGreaterThanOrEqual(QUERIES);
  // Most queries have one answer: else the test would look at nothing.
  expect(open / all, JSON.stringify([...tally.reasons])).toBeLessThan(0.15);
  expect(refused / all).toBeLessThan(0.35);
  if (process.env.FLETCH_CONGRUENCE_REPORT)
    process.stderr.write(
      `${JSON.stringify({ compared, refused, open, kinds: [...tally.kinds], reasons: [...tally.reasons] }, null, 1)}\n`,
    );
});

const folders: string[] = [];
const stores: Store[] = [];

afterAll(async () => {
  for (const store of stores) await store.close();
  for (const folder of folders) await rm(folder, { recursive: true });
});

/** A store in memory where the system has such a place: thousands of durable writes take minutes on a disk. */
async function openStore(): Promise<Store> {
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fletch-congruence-'));
  folders.push(folder);
  const store = await open(folder, { threads: 1 });
  stores.push(store);
  return store;
}

/** Throws the disagreement of the smallest script that fast-check finds. */
async function checkScripts(
  runs: number,
  seed: number,
  run: (script: Script) => Promise<void>,
): Promise<void> {
  // Without bias: the values meet each other by their small number, edge cases are among them.
  const property = fc.asyncProperty(fc.noBias(scripts(STEPS)), run);
  const details = await fc.check(property, { numRuns: runs, seed, interruptAfterTimeLimit: 1.5 * MINUTES });
  if (!details.failed) return;
  const cause = details.errorInstance;
  throw new Error(
    `FLETCH_SEED=${seed} (shrunk ${details.numShrinks} times): ${cause instanceof Error ? cause.message : cause}`,
    { cause },
  );
}
