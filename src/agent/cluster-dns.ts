import type { Corefile } from '../config/corefile/corefile.ts'
import type { NodeSearchList } from '../dns/search-list.ts'
import { interfaceAddresses } from '../host/local-addresses.ts'
import type { Log } from '../host/log.ts'
import { unixSeconds } from '../host/unix-seconds.ts'
import type { AnsweredCluster } from './answered-cluster.ts'
import { DnsService, type DnsServiceOptions } from './dns-service.ts'
import { DnsZones } from './dns-zones.ts'
import { WorkerServing } from './worker-serving.ts'

export interface AgentDnsOptions extends DnsServiceOptions {
  /** Threads that answer. */
  readonly workers: number
  /** What pods have in their search lists from their node. */
  readonly search: NodeSearchList
  /** Whether names of a service wait until its rules are in the kernel; there must be tools then. Absent: no. */
  readonly afterRules?: boolean
}

interface ClusterDns {
  readonly serving: WorkerServing
  readonly service: DnsService
}

/**
 * What answers names of the cluster, in threads of its own.
 *
 * @param prepare Called with each Corefile before it is answered by.
 */
export function clusterDns(
  options: AgentDnsOptions & { readonly nodeName: string },
  answered: AnsweredCluster,
  prepare: (corefile: Corefile) => Promise<void>,
  log: Log,
): ClusterDns {
  const { workers: count, search: node, nodeName } = options
  const isComplete = () => answered.isComplete
  const zoneLog = (sentence: string) => log.error(sentence)
  const serving = new WorkerServing(
    {
      count,
      zones: (exchange) => new DnsZones(answered.state, { nodeName, node, exchange, isComplete }, zoneLog),
      serial: unixSeconds,
      print: (line) => process.stdout.write(`${line}\n`),
    },
    log,
  )
  const readySources = [{ name: 'kubernetes', isReady: isComplete }]
  return {
    serving,
    service: new DnsService(options, { serving, readySources, addresses: interfaceAddresses, prepare }, log),
  }
}
