import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Kernel suites share two cores and one xtables lock, so files run one after another.
    fileParallelism: false,
    // Machines are shared and slow at times; no test is about its own duration.
    testTimeout: 30_000,
    reporters: ['default', './test/summary-reporter.ts'],
  },
})
