import type { Corefile } from '../config/corefile/corefile.ts'
import type { NodeSearchList } from '../dns/search-list.ts'
import { interfaceAddresses } from '../host/local-addresses.ts'
import type { Log } from '../host/log.ts'
import { unixSeconds } from '../host/unix-seconds.ts'
import type { ClusterState } from '../model/cluster-state.ts'
import type { Address } from '../net/address.ts'
import type { AnsweredCluster } from './answered-cluster.ts'
import { DnsService, type DnsServiceOptions } from './dns-service.ts'
import { DnsZones } from './dns-zones.ts'
import { NodeLocalDns, type NodeLocalDnsOptions } from './node-local-dns.ts'
import { WorkerServing } from './worker-serving.ts'

export interface AgentDnsOptions extends DnsServiceOptions {
  /** Threads that answer. */
  readonly workers: number
  /** What pods have in their search lists from their node. */
  readonly search: NodeSearchList
  /** Whether names of a service wait until its rules are in the kernel; there must be tools then. Absent: no. */
  readonly afterRules?: boolean
  /** Absent: this node does not take the cluster DNS addresses. */
  readonly nodeLocal?: NodeLocalDnsOptions
}

export interface ClusterDnsEnvironment {
  readonly cluster: AnsweredCluster
  /** Called with each Corefile before it is answered by. */
  readonly prepare: (corefile: Corefile) => Promise<void>
  /** Asks for an {@link ClusterDns.apply} with a check. */
  readonly lookAgain: () => void
}

/** What answers names of the cluster on this node: in threads of its own, where the Corefile says and at the cluster DNS addresses. */
export class ClusterDns {
  readonly #serving: WorkerServing
  readonly #service: DnsService
  readonly #nodeLocal: NodeLocalDns | undefined

  constructor(
    options: AgentDnsOptions & { readonly nodeName: string },
    { cluster, prepare, lookAgain }: ClusterDnsEnvironment,
    log: Log,
  ) {
    const { workers: count, search: node, nodeName, nodeLocal } = options
    const isComplete = () => cluster.isComplete
    const zoneLog = (sentence: string) => log.error(sentence)
    const serving = new WorkerServing(
      {
        count,
        zones: (exchange) => new DnsZones(cluster.state, { nodeName, node, exchange, isComplete }, zoneLog),
        serial: unixSeconds,
        print: (line) => process.stdout.write(`${line}\n`),
      },
      log,
    )
    const readySources = [{ name: 'kubernetes', isReady: isComplete }]
    const service = new DnsService(options, { serving, readySources, addresses: interfaceAddresses, prepare }, log)
    this.#serving = serving
    this.#service = service
    const listeners = { update: (addresses: readonly Address[]) => service.setNodeLocal(addresses) }
    this.#nodeLocal = nodeLocal && new NodeLocalDns(nodeLocal, listeners, log, lookAgain)
  }

  /** What names are answered by; undefined before there is any. */
  get zones(): DnsZones | undefined {
    return this.#serving.zones
  }

  /** Names lead to a changed endpoint, so long after it changed. */
  observeNames(seconds: number): void {
    this.#service.counts.programmed(seconds)
  }

  /** Answers where the Corefile says; throws a sentence when it cannot. The cluster DNS addresses come with {@link apply}. */
  async start(state: Pick<ClusterState, 'services'>): Promise<void> {
    if (this.#nodeLocal) this.#service.reserve(this.#nodeLocal.addresses(state))
    await this.#service.start()
  }

  /** Takes the cluster DNS addresses that there are; with `check` what somebody else changed of them is repaired. Never throws. */
  async apply(state: Pick<ClusterState, 'services'>, check: boolean): Promise<void> {
    await this.#nodeLocal?.apply(state, check)
  }

  /** Interfaces may have got or lost addresses: listens on those there are. */
  checkAddresses(): Promise<void> {
    return this.#service.checkAddresses()
  }

  /** Looks now whether the Corefile has changed. */
  reload(): Promise<void> {
    return this.#service.reload()
  }

  /** Is no longer ready, and answers for as long as the Corefile says, or until somebody is in a hurry. */
  lameduck(hurry: AbortSignal): Promise<void> {
    return this.#service.lameduck(hurry)
  }

  /** Leaves the cluster DNS addresses, also those that an agent before us has taken. */
  async leave(): Promise<void> {
    await this.#nodeLocal?.remove()
  }

  stop(): Promise<void> {
    return this.#service.stop()
  }
}
