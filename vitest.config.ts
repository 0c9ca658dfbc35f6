import { defineConfig } from 'vitest/config'

/** What runs a whole cluster, a Docker engine, kernels of its own or clients that ask as fast as they can: each fills the machine. */
const large = ['test/{beside,cluster,docker,uml}/*.test.ts', 'test/kernel/{dns-load,hand-over,life-traffic}.test.ts']

export default defineConfig({
  test: {
    // Machines are shared and slow at times; no test is about its own duration.
    testTimeout: 30_000,
    // The program is started hundreds of times, which takes two thirds of the time once its code is there.
    env: { NODE_COMPILE_CACHE: `${import.meta.dirname}/node_modules/.cache/node` },
    reporters: ['default', './test/summary-reporter.ts'],
    projects: [
      {
        extends: true,
        // Many of these wait for kernels, tools and clocks most of the time.
        test: {
          name: 'small',
          include: ['test/**/*.test.ts'],
          exclude: large,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'large', include: large, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
