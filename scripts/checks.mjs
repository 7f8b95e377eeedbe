/**
 * What is checked without running the code: format and lint, types, floors, the lock.
 */

import { fileURLToPath } from 'node:url';
import { capture } from './install.mjs';
import { missingFromLock, readLock } from './lock.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (path) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));

async function program(file, ...args) {
  const { code, output } = await capture(process.execPath, [bin(file), ...args], { cwd: root });
  return code === 0 ? [] : [output];
}

async function floors() {
  const { checkFloors } = await import('./floors.mjs');
  return checkFloors(root).map(({ file, line, message }) => `${file}:${line}  ${message}`);
}

function lock() {
  return missingFromLock(readLock()).map(
    ({ name, path }) => `package-lock.json lacks ${name} (optional in ${path}): run node scripts/lock.mjs`,
  );
}

/** Each check resolves to its complaints; none means that it passed. */
export const checks = [
  { name: 'format and lint (biome)', run: () => program('@biomejs/biome/bin/biome', 'check', '.') },
  { name: 'types (tsc)', run: () => program('typescript/bin/tsc', '-p', '.', '--pretty', 'false') },
  { name: 'floors: who may import whom', run: floors },
  { name: 'package-lock.json is complete', run: lock },
];

/** Runs every check and prints how each went. */
export async function runChecks(say = console.log) {
  const counts = { passed: 0, failed: 0 };
  for (const { name, run } of checks) {
    let complaints;
    try {
      complaints = await run();
    } catch (error) {
      complaints = [error.stack ?? String(error)];
    }
    say(complaints.length === 0 ? `  ok      ${name}` : `  FAILED  ${name}\n${complaints.join('\n')}\n`);
    if (complaints.length === 0) counts.passed++;
    else counts.failed++;
  }
  return counts;
}
