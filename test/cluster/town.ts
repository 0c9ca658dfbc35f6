import { afterAll, beforeAll } from 'vitest'
import type { Place } from '../../src/host/lab/addresses.ts'
import type { Connect } from '../../src/host/lab/peers.ts'
import { Field } from '../../src/model/field.ts'
import type { Family } from '../../src/net/family.ts'
import { programmed } from '../support/agent.ts'
import { create, emptyNamespace, pathOf, type ApiObject } from '../support/api-objects.ts'
import { dnsAddress } from '../support/cluster-basics.ts'
import { asker, TestCluster } from '../support/test-cluster.ts'
import { isReady } from '../support/test-kubelet.ts'
import { until } from './until.ts'

/** Where to connect to; TCP unless it says so. */
type Door = Omit<Connect, 'protocol'> & Partial<Pick<Connect, 'protocol'>>

/** One cluster with one agent for all tests of a file, and what can be seen of it from the API and from pods. */
export class Town {
  #cluster: TestCluster | undefined

  constructor() {
    beforeAll(async () => {
      this.#cluster = await TestCluster.start()
      await this.#cluster.run().line(programmed('IPv6'))
    }, 120_000)
    afterAll(() => this.#cluster?.[Symbol.asyncDispose]())
  }

  get cluster(): TestCluster {
    if (this.#cluster === undefined) throw new Error('The cluster is there only while tests run')
    return this.#cluster
  }

  /** A new namespace with these objects in it. */
  async settle(name: string, ...objects: readonly ApiObject[]): Promise<void> {
    await create(this.cluster.parts.server, emptyNamespace(name), ...objects)
  }

  /** So that others have room for their pods. */
  async leave(name: string): Promise<void> {
    await this.cluster.parts.server.call('DELETE', pathOf(emptyNamespace(name)))
  }

  /** The names of the pods of an app that are ready and not on their way out, once there are so many. */
  async pods(space: string, app: string, count: number): Promise<readonly string[]> {
    await until(async () => (await this.addresses(space, app)).size, count)
    return [...(await this.addresses(space, app)).keys()].sort()
  }

  /** Their IPv4 addresses. */
  async addresses(space: string, app: string): Promise<ReadonlyMap<string, string>> {
    const path = `/api/v1/namespaces/${space}/pods?labelSelector=app%3D${app}`
    const all = new Field(await this.cluster.parts.server.call('GET', path)).get('items').items()
    const stays = all.filter((pod) => pod.get('metadata').get('deletionTimestamp').value === undefined)
    return new Map(
      stays
        .filter(isReady)
        .map((pod) => [pod.get('metadata').get('name').text() ?? '', pod.get('status').get('podIP').text() ?? '']),
    )
  }

  async clusterIp(object: ApiObject, family: Family = 'IPv4'): Promise<string> {
    const ips = (await this.#specOf(object)).get('clusterIPs').items()
    return ips.map((ip) => ip.text() ?? '').find((ip) => ip.includes(':') === (family === 'IPv6')) ?? ''
  }

  async nodePort(object: ApiObject): Promise<number> {
    return (await this.#specOf(object)).get('ports').items()[0]?.get('nodePort').integer(1, 65535) ?? 0
  }

  /** Who answers 24 connections, or what became of them, in words. */
  async answering(from: Place, to: Door): Promise<readonly string[]> {
    const attempts = { protocol: 'tcp', count: 24, concurrency: 8, timeout: 5000, ...to } as const
    const summary = await this.cluster.parts.lab.connect(from, attempts)
    return [
      ...Object.keys(summary.servers),
      ...(summary.refused > 0 ? ['refused'] : []),
      ...(summary.timeouts > 0 ? ['timed out'] : []),
      ...Object.keys(summary.errors),
    ].sort()
  }

  /** Until these and nobody else answer. */
  async answer(names: readonly string[], from: Place, to: Door): Promise<void> {
    await until(() => this.answering(from, to), names)
  }

  /** Until a single connection is refused: the kernel tells few clients at once. */
  async refuses(from: Place, to: Door): Promise<void> {
    const once = async () => (await this.cluster.parts.lab.connect(from, { protocol: 'tcp', ...to, count: 1 })).refused
    await until(once, 1)
  }

  /** What a pod gets for its answers, sorted, such as `A 10.96.0.80`; the status where there is none. */
  async lookUp(...question: readonly string[]): Promise<readonly string[]> {
    const args = [`@${dnsAddress}`, ...question, '+tries=2', '+nocookie']
    const text = await this.cluster.parts.lab.exec(asker, 'dig', args)
    const records = text.split('\n').filter((line) => line !== '' && !line.startsWith(';'))
    const answers = records.filter((line) => !line.includes('\tSOA\t'))
    const status = /status: (\w+)/.exec(text)?.[1] ?? ''
    return answers.length === 0 ? [status] : answers.map((line) => line.split(/\s+/).slice(3).join(' ')).sort()
  }

  /** Its spec, as the API server has completed it. */
  async #specOf(object: ApiObject): Promise<Field> {
    return new Field(await this.cluster.parts.server.call('GET', pathOf(object))).get('spec')
  }
}
