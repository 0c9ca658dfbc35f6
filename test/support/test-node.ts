import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { runAgent, type RunningAgent } from './agent.ts'
import { createNamespace, type Namespace } from './namespace.ts'

/** A node as a test sees it, anew for each test: an empty network namespace, and a directory of manifests. */
export interface TestNode {
  readonly namespace: Namespace
  readonly directory: string
  /** Starts an agent on the directory; it is killed at the end of the test if it runs still. */
  readonly start: (args: readonly string[], env?: Readonly<Record<string, string>>) => RunningAgent
  /** Puts a cluster of rulesets/clusters in the place of a file, in one step. */
  readonly put: (cluster: string, file?: string) => Promise<void>
}

export function testNode(): TestNode {
  let parts: { readonly namespace: Namespace; readonly directory: string } | undefined
  const agents: RunningAgent[] = []
  const made = () => {
    if (parts === undefined) throw new Error('A test node is there only while a test runs')
    return parts
  }
  beforeEach(async () => {
    parts = { namespace: await createNamespace(), directory: await mkdtemp(join(tmpdir(), 'pointsman-test-')) }
  })
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.end('SIGKILL')))
    const { namespace, directory } = made()
    await namespace[Symbol.asyncDispose]()
    await rm(directory, { recursive: true })
  })
  return {
    get namespace() {
      return made().namespace
    },
    get directory() {
      return made().directory
    },
    start(args, env) {
      const agent = runAgent(made().namespace, ['-f', made().directory, ...args], env)
      agents.push(agent)
      return agent
    },
    async put(cluster, file = 'cluster.yaml') {
      await copyFile(`rulesets/clusters/${cluster}.yaml`, join(made().directory, 'new'))
      await rename(join(made().directory, 'new'), join(made().directory, file))
    },
  }
}
