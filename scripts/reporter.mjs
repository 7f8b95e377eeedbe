/**
 * Vitest reporter: counts what the last line of `npm test` says, and writes it to the file that
 * FLETCH_TEST_SUMMARY names. A test that prints fails: libraries are silent.
 */
import { writeFileSync } from 'node:fs';

/** Counts of a finished run and, per problem that vitest itself does not print as a failed test, one line. */
export function summarize(modules, unhandledErrors, logs) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const problems = [];
  const notes = [];
  for (const module of modules) {
    const printing = logs.filter((log) => log.moduleId === module.moduleId);
    const noisy = new Set(printing.map((log) => log.testId));
    const known = new Set();
    for (const test of module.children.allTests()) {
      known.add(test.id);
      const { state, note } = test.result();
      const fails = state === 'failed' || (state === 'passed' && noisy.has(test.id));
      if (fails) counts.failed++;
      else if (state === 'passed') counts.passed++;
      else counts.skipped++;
      if (state === 'skipped') notes.push(`skipped: ${test.fullName}${note ? `: ${note}` : ''}`);
    }
    // Neither the file itself nor its suites are tests, but what goes wrong there hides tests.
    const broken = [module, ...module.children.allSuites()].filter((node) => node.errors().length > 0);
    const loose = printing.some((log) => !known.has(log.testId));
    counts.failed += broken.length + (loose ? 1 : 0);
    for (const node of broken) problems.push(`did not load or set up: ${node.fullName ?? module.moduleId}`);
    for (const { content, name } of printing)
      problems.push(`printed to the console: ${name ?? module.moduleId}: ${content.trim()}`);
  }
  counts.failed += unhandledErrors.length;
  for (const error of unhandledErrors) problems.push(`unhandled error: ${error.message}`);
  return { ...counts, problems, notes };
}

export default class SummaryReporter {
  #vitest;
  #logs = [];

  onInit(vitest) {
    this.#vitest = vitest;
  }

  onUserConsoleLog(log) {
    const entity = log.taskId ? this.#vitest.state.getReportedEntityById(log.taskId) : undefined;
    this.#logs.push({
      testId: log.taskId,
      moduleId: entity?.module?.moduleId ?? entity?.moduleId,
      name: entity?.fullName,
      content: log.content,
    });
  }

  onTestRunEnd(modules, unhandledErrors) {
    const summary = summarize(modules, unhandledErrors, this.#logs);
    if (process.env.FLETCH_TEST_SUMMARY)
      writeFileSync(process.env.FLETCH_TEST_SUMMARY, JSON.stringify(summary));
  }
}
