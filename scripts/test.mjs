/**
 * `npm test`: prepares the clone, checks it, runs every test. The last line is `tests: N passed, N failed`, with
 * `, N skipped` when some were. Arguments go to vitest: `npm test -- packages/search`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare, root } from './prepare.mjs';

/** The last line of a test run. */
export function testsLine({ passed, failed, skipped = 0 }) {
  return `tests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * Adds to the reporter's counts what it cannot know: that vitest crashed, or that nothing ran.
 *
 * @param summary - null when vitest ended before it reported
 */
export function judge(summary, exitCode) {
  const counts = summary ?? { passed: 0, failed: 0, skipped: 0, problems: [], notes: [] };
  const problems = [...counts.problems];
  let { failed } = counts;
  if (summary === null) problems.push(`vitest ended with code ${exitCode} before it reported`);
  else if (counts.passed + counts.failed === 0) problems.push('no test ran');
  else if (exitCode !== 0 && failed === 0) problems.push(`vitest ended with code ${exitCode}`);
  if (failed === 0 && problems.length > 0) failed = 1;
  return { ...counts, failed, problems };
}

function run(args, env) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...args], { cwd: root, stdio: 'inherit', env });
  return new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

async function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), 'fletch-test-'));
  const file = join(folder, 'summary.json');
  try {
    const plain = process.stdout.isTTY ? {} : { NO_COLOR: '1' };
    const code = await run(args, { ...process.env, ...plain, FLETCH_TEST_SUMMARY: file });
    let summary = null;
    try {
      summary = JSON.parse(readFileSync(file, 'utf8'));
    } catch {}
    return judge(summary, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(args) {
  try {
    await prepare({ say: console.log });
  } catch (error) {
    console.log(error.message);
    console.log(testsLine({ passed: 0, failed: 1 }));
    return 1;
  }
  const { runChecks } = await import('./checks.mjs');
  console.log('checks');
  const checked = await runChecks();
  const tested = await runTests(args);
  for (const line of [...tested.notes, ...tested.problems]) console.log(line);
  const total = {
    passed: checked.passed + tested.passed,
    failed: checked.failed + tested.failed,
    skipped: tested.skipped,
  };
  console.log(testsLine(total));
  return total.failed > 0 ? 1 : 0;
}

if (process.argv[1] && relative(process.argv[1], fileURLToPath(import.meta.url)) === '')
  process.exitCode = await main(process.argv.slice(2));
