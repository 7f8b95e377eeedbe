import { expect, test } from 'vitest';
import { summarize } from './reporter.mjs';
import { judge, testsLine } from './test.mjs';

const none = { passed: 0, failed: 0, skipped: 0, problems: [], notes: [] };

test('the last line tells skipped tests only when there are some', () => {
  expect(testsLine({ passed: 3, failed: 0, skipped: 0 })).toBe('tests: 3 passed, 0 failed');
  expect(testsLine({ passed: 3, failed: 1, skipped: 2 })).toBe('tests: 3 passed, 1 failed, 2 skipped');
});

test('a crash, an empty run and an exit code without a failure each fail', () => {
  expect(judge(null, 134)).toMatchObject({ failed: 1, problems: [expect.stringContaining('134')] });
  expect(judge(none, 0)).toMatchObject({ failed: 1, problems: ['no test ran'] });
  expect(judge({ ...none, passed: 5 }, 1)).toMatchObject({ passed: 5, failed: 1 });
  expect(judge({ ...none, passed: 5 }, 0)).toMatchObject({ passed: 5, failed: 0, problems: [] });
  expect(judge({ ...none, passed: 5, failed: 2 }, 1)).toMatchObject({ failed: 2 });
});

const testCase = (id: string, state: string, note?: string) => ({
  id,
  fullName: `test ${id}`,
  result: () => ({ state, note }),
});

function module(tests: object[], errors: object[] = [], suites: object[] = []) {
  return {
    moduleId: 'x.test.ts',
    errors: () => errors,
    children: { allTests: () => tests, allSuites: () => suites },
  };
}

test('tests are counted by state, and skipped ones say why', () => {
  const tests = [testCase('1', 'passed'), testCase('2', 'failed'), testCase('3', 'skipped', 'no browser')];
  expect(summarize([module(tests)], [], [])).toEqual({
    passed: 1,
    failed: 1,
    skipped: 1,
    problems: [],
    notes: ['skipped: test 3: no browser'],
  });
});

test('a file that does not load, a broken suite and an unhandled error are failures', () => {
  const suite = { fullName: 'suite', errors: () => [new Error('hook')] };
  const counts = summarize(
    [module([], [new Error('syntax')]), module([testCase('1', 'passed')], [], [suite])],
    [{ message: 'late rejection' }],
    [],
  );
  expect(counts).toMatchObject({ passed: 1, failed: 3 });
  expect(counts.problems).toEqual([
    'did not load or set up: x.test.ts',
    'did not load or set up: suite',
    'unhandled error: late rejection',
  ]);
});

test('printing fails the test that printed, or else its file', () => {
  const modules = [module([testCase('1', 'passed'), testCase('2', 'passed')])];
  const log = (testId: string | undefined) => ({
    testId,
    moduleId: 'x.test.ts',
    name: 'n',
    content: 'hello\n',
  });
  expect(summarize(modules, [], [log('1'), log('1')])).toMatchObject({ passed: 1, failed: 1 });
  expect(summarize(modules, [], [log(undefined)])).toMatchObject({ passed: 2, failed: 1 });
});
