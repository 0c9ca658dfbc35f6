import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { Field } from '../../src/model/field.ts'
import type { RunningAgent } from '../support/agent.ts'
import { create, deployment, emptyNamespace, pathOf, service, type ApiObject } from '../support/api-objects.ts'
import { ClusterClients, type Reached } from '../support/cluster-clients.ts'
import { differences } from '../support/cluster-oracle.ts'
import { saying } from '../support/dns-node.ts'
import { TestCluster, type AgentStart } from '../support/test-cluster.ts'
import { until } from './until.ts'

/** What must be reached all the time. */
const web = service('shop', 'web', { type: 'NodePort' })
const pods = deployment('shop', 'web', 3)
/** What changes meanwhile. */
const other = deployment('shop', 'other', 1)

/** One cluster for all tests of a file, with a shop in it, and a new agent for each test. */
export class Shop {
  #cluster: TestCluster | undefined
  #reached: Reached = { clusterIp: '', nodePort: 0, names: [] }
  #changes = 0
  /** The agent of this test; a test that ends it puts the next in its place. */
  agent: RunningAgent | undefined

  constructor() {
    beforeAll(async () => {
      this.#cluster = await TestCluster.start()
      this.#reached = await open(this.#cluster)
    }, 120_000)
    beforeEach(async () => {
      this.agent = await this.answering()
      // Names are answered before the rules of both families are written.
      await this.agreed()
    }, 120_000)
    afterEach(async () => {
      const { server, gate } = this.cluster.parts
      await this.cluster.endAgents()
      // Whatever a test that failed has left.
      server.signal('SIGCONT')
      gate.slow(undefined)
      gate.open()
    })
    afterAll(() => this.#cluster?.[Symbol.asyncDispose]())
  }

  get cluster(): TestCluster {
    if (this.#cluster === undefined) throw new Error('The cluster is there only while tests run')
    return this.#cluster
  }

  get reached(): Reached {
    return this.#reached
  }

  /** A further agent on the node, which answers DNS. */
  async answering(start: AgentStart = {}): Promise<RunningAgent> {
    const agent = this.cluster.run(start)
    await agent.line(saying('answering DNS'))
    return agent
  }

  /** Until the agent logs a line with these words. */
  async says(words: string): Promise<void> {
    const silence = delay(60_000, undefined, { ref: false }).then(() => {
      throw new Error(`The agent has not said "${words}" within a minute`)
    })
    await Promise.race([this.agent?.line(saying(words)), silence])
  }

  /** A Service comes, the one before goes, and pods come or go. */
  async change(): Promise<void> {
    const { server } = this.cluster.parts
    const number = ++this.#changes
    await create(server, extra(number))
    await server.call('DELETE', pathOf(extra(number - 1))).catch(() => undefined)
    await server.call('PATCH', pathOf(other), { spec: { replicas: 1 + (number % 2) } })
  }

  /** Until kernel and DNS are what kubectl lists, but for the objects of these names. */
  async agreed(...skip: readonly string[]): Promise<void> {
    await until(() => differences(this.cluster, skip), [], 120_000)
  }

  /**
   * Lets a fault happen while clients connect and, unless `names` is empty, ask; then kernel and DNS must come to agree with the
   * cluster, and no client may have failed.
   */
  async serves(fault: () => Promise<void>, { names = this.#reached.names }: Partial<Reached> = {}): Promise<void> {
    const clients = await ClusterClients.start(this.cluster, { ...this.#reached, names })
    const outcomes = await Promise.allSettled([fault().then(() => this.agreed())])
    expectNone([
      ...outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : [])),
      ...(await clients.stop()),
    ])
  }
}

function expectNone(failures: readonly unknown[]): void {
  expect(failures).toEqual([])
}

function extra(number: number): ApiObject {
  return service('shop', `extra-${number}`, { selector: { app: 'other' } })
}

/** Resolves when every pod of the shop is ready. */
async function open({ parts: { server } }: TestCluster): Promise<Reached> {
  await create(server, emptyNamespace('shop'), web, pods, service('shop', 'other'), other)
  const ready = async () => new Field(await server.call('GET', pathOf(pods))).get('status').get('readyReplicas').value
  await until(ready, 3, 60_000)
  const spec = new Field(await server.call('GET', pathOf(web))).get('spec')
  const domain = 'svc.cluster.local'
  return {
    clusterIp: spec.get('clusterIP').text() ?? '',
    nodePort: spec.get('ports').items()[0]?.get('nodePort').integer(1, 65535) ?? 0,
    names: [`web.shop.${domain} A`, `web.shop.${domain} AAAA`, `kubernetes.default.${domain} A`],
  }
}
