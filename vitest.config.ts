import { defineConfig } from 'vitest/config'

const every = 'test/**/*.test.ts'

/** What runs control planes, a Docker engine or kernels of its own: each fills the machine, and the first builds what all share. */
const large = [
  'test/{beside,cluster,docker,uml}/*.test.ts',
  'test/kube/{api-server,binaries,credentials,events}.test.ts',
  'test/agent/api-source.test.ts',
  'test/cli/cluster.test.ts',
]

export default defineConfig({
  test: {
    // Machines are shared and slow at times; no test is about its own duration.
    testTimeout: 30_000,
    reporters: ['default', './test/summary-reporter.ts'],
    projects: [
      {
        extends: true,
        // Many of these wait for kernels, tools and clocks most of the time.
        test: { name: 'small', include: [every], exclude: large, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: { name: 'large', include: large, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
