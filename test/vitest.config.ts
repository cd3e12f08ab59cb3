// The test runner. Unit tests run two files at a time, because the machines have two cores, each process loading the sources
// once for all of its files; the end-to-end tests start clusters of processes and run one file at a time, afterwards.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/e2e/**',
            'test/conformance/**',
            'test/kubectl/transcripts.test.ts',
            'test/kubectl/flags.test.ts',
          ],
          maxWorkers: 2,
          // Modules keep nothing that a test could stumble over, and loading them anew for each file took half of the time.
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          maxWorkers: 1,
          maxConcurrency: 6,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'kubectl',
          include: ['test/kubectl/transcripts.test.ts', 'test/kubectl/flags.test.ts'],
          maxWorkers: 1,
          maxConcurrency: 3,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
