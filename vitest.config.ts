import { defineConfig } from 'vitest/config';

// Tests import the TypeScript sources of every package (the "source" export condition); worker threads
// and child processes run the built files, so `npm test` builds first.
const conditions = ['source', 'node', 'import', 'module', 'default'];

// What has a build for bundlers has another for Node, whose loader needs it.
const onNode = conditions.filter((condition) => condition !== 'module');

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions: onNode, externalConditions: onNode } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'apps/*/src/**/*.test.ts',
      'apps/*/src/**/*.test.tsx',
      'scripts/**/*.test.ts',
    ],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', './scripts/reporter.mjs'],
  },
});
