import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Kernel suites share two cores and one xtables lock, so files run one after another.
    fileParallelism: false,
    reporters: ['default', './test/summary-reporter.ts'],
  },
})
